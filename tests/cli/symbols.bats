#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# symbols.bats - prof addr2line against the addr2line of binutils, on programs built here;
# prof symbolize.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $ for other shells; tests are subshells; helpers set variables
load helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    local sources=$repository/tests/unit/symbolizer # prof leaves ".." out of paths, binutils does not
    gcc -O2 -g -o c "$sources/matrix_c.c"
    g++ -O2 -g -o cpp "$sources/matrix_cpp.cpp"
    # every fourth byte of the source's own functions
    local name
    for name in c cpp; do
        nm -S --defined-only "$name" |
            awk '$3 ~ /[tTwW]/ && $4 ~ /main|with|rarely|shapes/ { print $1, $2 }' |
            while read -r start size; do
                for ((i = 0; i < 16#$size; i += 4)); do
                    printf '0x%x\n' $((16#$start + i))
                done
            done >"$name.addresses"
    done
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    prof_path=$PROF_BUILD/bin/prof
}

teardown() {
    cd /
}

# compare FILE OPTION...: both tools on the addresses of the file, as files on standard input.
compare() {
    local file=$1
    shift
    [ -s "$file.addresses" ]
    addr2line -e "$file" "$@" <"$file.addresses" >theirs
    "$prof_path" addr2line -e "$file" "$@" <"$file.addresses" >ours
    [ "$(wc -l <ours)" -gt 20 ]
    # binutils repeats the discriminator of the innermost function for those around it
    sed -i 's/ (discriminator [0-9]*)//' ours theirs
    diff ours theirs
}

@test "addr2line prints what binutils prints, with every set of options" {
    local options
    for options in -a -f -i -s -fi -ifC -af -apfiCs -pf -pi; do
        compare c "$options"
        compare cpp -C "$options"
    done
}

@test "addr2line without -C prints linkage names" {
    "$prof_path" addr2line -f -e cpp <cpp.addresses | grep -q '^_ZN6shapes'
}

@test "addr2line prints discriminators" {
    addr2line -e c <c.addresses >theirs
    "$prof_path" addr2line -e c <c.addresses >ours
    grep -q discriminator ours
    diff ours theirs
}

@test "addr2line takes options after addresses and addresses without 0x" {
    local start
    start=$(nm c | awk '$3 == "main" { print $1 }')
    run "$prof_path" addr2line "$start" -f -e c -s
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = main ]
    [[ ${lines[1]} == matrix_c.c:* ]]
}

# What a symbol is, and what a number: as binutils 2.40 takes it, which older releases do not.
@test "addr2line takes symbols with and without an offset" {
    [ "$(addr2line -e c main)" != '??:0' ] || skip "this addr2line knows no symbols"
    local file symbol
    gcc -g -c -O1 -o object.o "$repository/tests/unit/symbolizer/matrix_c.c"
    gcc -g -O1 -shared -fPIC -o exported.so "$repository/tests/unit/symbolizer/fixture.c"
    strip exported.so
    for file in c cpp object.o exported.so; do
        for symbol in main main+4 main+0x4 main+010 'main + 4' ' main' 'main+4 more' 'main more' main+zz \
            with_loop with_loop+ nothing nothing+4 main-4 abc abba+2 10+4 0x10+0x4 _start _init+1 puts \
            '' ' ' x +main exported exported+3 _ZN6shapes7counter3addEi+4 matrix_c.c \
            'shapes::counter::add(int)' 'shapes::counter::add(int)+4' shapes::counter::add; do
            addr2line -afse $file "$symbol" >theirs
            "$prof_path" addr2line -afse $file "$symbol" >ours
            diff ours theirs
        done
    done
    printf '%s\n' main main+4 '' nothing ' -4' "$(nm c | awk '$3 == "main" { print $1 }')" >names
    addr2line -afe c <names >theirs
    "$prof_path" addr2line -afe c <names >ours
    diff ours theirs
    "$prof_path" addr2line --isolate=always -afe c <names >ours
    diff ours theirs
}

@test "addr2line takes odd input as binutils does" {
    local text options start
    start=$(nm c | awk '$3 == "main" { print $1 }')
    for text in '' '\n' '\n\n\n' "$start" " $start\n" "$start $start\n" "$start\r\n" "xyz\n$start\n" \
        "0X$start\n0x0\n" "\t$start\n" "$start\\0junk\n$start\n" "$start;$start\n" \
        'ffffffffffffffffffff\n' '0xzz\n0x\nffffffffffffffff\n'; do
        # shellcheck disable=SC2059 # it is a format
        printf "$text" >odd
        for options in "" -f -af -pfias -ap "-j .text -f"; do
            # shellcheck disable=SC2086 # several words
            addr2line $options -e c <odd >theirs
            # shellcheck disable=SC2086
            "$prof_path" addr2line $options -e c <odd >ours
            diff ours theirs
        done
    done
    for text in '' ' ' abc 0xzz 0x "  $start" "$start more" "0x${start}xyz" 18446744073709551616 \
        ffffffffffffffffff "$start,$start" 0 1; do
        addr2line -pafe c "$text" >theirs </dev/null
        "$prof_path" addr2line -pafe c "$text" >ours </dev/null
        diff ours theirs
    done
}

@test "addr2line ends as binutils does where there is no program" {
    local file
    mkdir -p folder
    head -c 100 c >cut1
    head -c 4000 c >cut2
    echo text >cut3
    : >cut4
    for file in missing folder cut1 cut2 cut3 cut4 /dev/null; do
        run addr2line -fe $file 0
        local theirs=$status
        [ "$output" != "??" ]
        run "$prof_path" addr2line -fe $file 0
        [ "$status" -eq "$theirs" ]
        [[ $output == prof:*"$file"* ]]
    done
}

@test "addr2line counts from the start of a section with -j" {
    addr2line -j .text -fe c 0 10 20 30 >theirs
    "$prof_path" addr2line -j .text -fe c 0 10 20 30 >ours
    diff ours theirs
    run "$prof_path" addr2line -j .nonsense -e c 0
    [ "$status" -eq 1 ]
    [[ $output == *"has no section .nonsense"* ]]
}

# Every other byte of each function of object.o, by section.
compare_object() {
    local section start size functions=0
    while read -r section start size; do
        functions=$((functions + 1))
        for ((i = 0; i < 16#$size; i += 2)); do
            printf '0x%x\n' $((16#$start + i))
        done >object.addresses
        addr2line -j "$section" -fie object.o <object.addresses >theirs
        "$prof_path" addr2line -j "$section" -fie object.o <object.addresses >ours
        sed -i 's/ (discriminator [0-9]*)//' ours theirs
        diff ours theirs
    done < <(objdump -t object.o | awk '$3 == "F" { print $4, $1, $5 }')
    [ "$functions" -ge 3 ]
}

@test "addr2line reads object files, section by section" {
    local sources=$repository/tests/unit/symbolizer flags compilers=gcc
    ! command -v clang >/dev/null || compilers="gcc clang"
    for compiler in $compilers; do
        for flags in "-gdwarf-4 -O2" "-gdwarf-4 -O2 -ffunction-sections" "-gdwarf-5 -O2 -gz" \
            "-gdwarf-5 -O1 -ffunction-sections"; do
            # binutils is wrong about inlined calls of clang's DWARF 5
            [[ $compiler$flags != clang*dwarf-5* ]] || continue
            # shellcheck disable=SC2086 # several words
            $compiler $flags -c -o object.o "$sources/matrix_c.c"
            compare_object
        done
    done
    # types in groups of their own have sections of the same names; binutils loses inlined calls
    g++ -gdwarf-5 -O1 -c -o plain.o "$sources/matrix_cpp.cpp"
    g++ -gdwarf-5 -O1 -fdebug-types-section -c -o object.o "$sources/matrix_cpp.cpp"
    seq 0 2 100 | xargs printf '0x%x\n' >object.addresses
    "$prof_path" addr2line -j .text -Cfie plain.o <object.addresses >theirs
    "$prof_path" addr2line -j .text -Cfie object.o <object.addresses >ours
    grep -q 'shapes::' ours
    grep -q 'matrix_cpp.cpp:' ours
    diff ours theirs
    # the first section of code that is long enough
    gcc -g -O1 -c -o object.o "$sources/matrix_c.c"
    addr2line -afie object.o 0 4 8 >theirs
    "$prof_path" addr2line -afie object.o 0 4 8 >ours
    diff ours theirs
    # without debug information
    strip -g object.o
    addr2line -j .text -fe object.o 0 4 8 >theirs
    "$prof_path" addr2line -j .text -fe object.o 0 4 8 >ours
    diff <(grep -v : ours) <(grep -v : theirs)
}

@test "addr2line reads object files of other machines" {
    command -v clang >/dev/null || skip "there is no clang here"
    printf 'static volatile int sink;\nint first(int a)\n{\n    sink += a;\n    return sink;\n}\nint second(int a)\n{\n    return first(a) + 1;\n}\n' >other.c
    local machine version
    for machine in aarch64 i386 x86_64; do
        for version in 4 5; do
            clang --target=$machine-linux-gnu -gdwarf-$version -O1 -fno-inline -ffunction-sections \
                -c -o other.o other.c 2>/dev/null || skip "this clang knows no $machine"
            run "$prof_path" addr2line -sf -j .text.first -e other.o 0
            [[ $output == $'first\nother.c:'[34] ]]
            run "$prof_path" addr2line -sf -j .text.second -e other.o 0
            [[ $output == $'second\nother.c:'[89] ]]
        done
    done
}

@test "addr2line tells the line of code that is in no function" {
    printf '.text\nnop\nnop\nret\n' >bare.s
    gcc -g -c -o bare.o bare.s
    addr2line -fe bare.o 1 >theirs
    "$prof_path" addr2line -fe bare.o 1 >ours
    grep -q 'bare.s:3' ours
    diff ours theirs
}

@test "addr2line answers addresses that it does not know with question marks" {
    run "$prof_path" addr2line -fe c 0xffffffffff0000 nonsense
    [ "$status" -eq 0 ]
    [ "$output" = $'??\n??:0\n??\n??:0' ]
    run "$prof_path" addr2line -apfe c 0xffffffffff0000
    [ "$output" = '0x00ffffffffff0000: ?? ??:0' ]
}

@test "addr2line answers each line of a pipe before the next one comes" {
    local start line
    start=$(nm c | awk '$3 == "main" { print $1 }')
    coproc asked { "$prof_path" addr2line -f -e c; }
    for ((i = 0; i < 3; i++)); do
        echo "$start" >&"${asked[1]}"
        read -r -t 20 line <&"${asked[0]}"
        [ "$line" = main ]
        read -r -t 20 line <&"${asked[0]}"
        [[ $line == */matrix_c.c:* ]]
    done
    eval "exec ${asked[1]}>&-"
}

@test "addr2line reads a last line without its end" {
    local start
    start=$(nm c | awk '$3 == "main" { print $1 }')
    [ "$(printf '%s' "$start" | "$prof_path" addr2line -f -e c | head -n 1)" = main ]
}

@test "addr2line names a file that cannot be read and ends with status 1" {
    run "$prof_path" addr2line -e missing 0
    [ "$status" -eq 1 ]
    [[ $output == *missing* ]]
    echo text >text
    run "$prof_path" addr2line -e text 0
    [ "$status" -eq 1 ]
    [[ $output == *"not an ELF file"* ]]
}

# A C file whose functions have the linkage names of other languages.
build_mangled() {
    local number=0 name
    for name in _Z3addii _ZN4core3fmt9Formatter3pad17h0123456789abcdefE _RNvNtCs1234_7mycrate3foo3bar \
        ada__calendar__clock _ZN4java4lang6String6lengthEv _D8demangle4testFaZv plain .dotted; do
        number=$((number + 1))
        printf 'int f%d(int a) __asm__("%s");\nint f%d(int a) { return a + %d; }\n' \
            "$number" "$name" "$number" "$number"
    done >mangled.c
    echo 'int main(void) { return 0; }' >>mangled.c
    gcc -g -O1 -o mangled mangled.c
    nm mangled | awk '$2 == "T" && $3 !~ /^_(start|init|fini)/ { print $1 }' >mangled.addresses
}

@test "addr2line demangles in each style that binutils has" {
    build_mangled
    local style
    [ "$(wc -l <mangled.addresses)" -ge 8 ]
    for style in gnu-v3 java gnat dlang rust none; do
        addr2line --demangle=$style -fe mangled <mangled.addresses >theirs
        "$prof_path" addr2line --demangle=$style -fe mangled <mangled.addresses >ours
        diff ours theirs
    done
    # D is known without being asked for, which binutils does not do
    local options
    for options in -C --demangle --demangle=auto; do
        addr2line "$options" -fe mangled <mangled.addresses | grep -v demangle >theirs
        "$prof_path" addr2line "$options" -fe mangled <mangled.addresses | grep -v demangle >ours
        diff ours theirs
    done
    "$prof_path" addr2line -Cfe mangled <mangled.addresses | grep -q '^demangle.test(char)$'
    run "$prof_path" addr2line --demangle=klingon -e mangled 0
    [ "$status" -eq 2 ]
    [[ $output == *"no style 'klingon'"* ]]
}

@test "addr2line takes each option of binutils in its short and its long form" {
    local options start
    start=$(nm c | awk '$3 == "with_loop" { print $1 }')
    for options in "-a --exe=c" "--addresses -e c" "-i -f -e c" "--inlines --functions --exe c" \
        "-ps -e c" "--pretty-print --basenames -f -e c" "-j .text -e c" "--section=.text -f -e c" \
        "-b elf64-x86-64 -e c" "--target=elf64-x86-64 -e c" "-r -C -f -e c" "-R --demangle -f -e c" \
        "--no-recurse-limit --recurse-limit -e c" "--func --inl --base -e c"; do
        # shellcheck disable=SC2086 # several words
        addr2line $options "$start" "${start#00}" >theirs
        # shellcheck disable=SC2086
        "$prof_path" addr2line $options "$start" "${start#00}" >ours
        diff ours theirs
    done
    "$prof_path" addr2line --version | grep -q '^prof addr2line '
    "$prof_path" addr2line -v | grep -q '^prof addr2line '
}

@test "addr2line without -e takes a.out" {
    cp c a.out
    addr2line -f <c.addresses >theirs
    "$prof_path" addr2line -f <c.addresses >ours
    rm a.out
    # discriminators of outer functions are not shown here
    diff ours theirs
}

@test "addr2line reads options and addresses from @FILE" {
    local start
    start=$(nm c | awk '$3 == "main" { print $1 }')
    printf -- "-f -e 'c'\n  0x%s @rest" "$start" >words
    echo "0x$start -s" >rest
    addr2line -p @words >theirs
    "$prof_path" addr2line -p @words >ours
    diff ours theirs
    [ "$(wc -l <ours)" -eq 2 ]
    addr2line -p @missing -e c >theirs # an address that is none
    "$prof_path" addr2line -p @missing -e c >ours
    diff ours theirs
}

@test "addr2line lists the other names of a function with --aliases" {
    cat >folded.c <<'C'
static volatile int sink;
int folded(int a) { sink += a; return sink * 7; }
int folded_too(int a) __attribute__((alias("folded")));
int main(int argc, char **argv) { (void)argv; return folded(argc) - folded_too(argc); }
C
    gcc -g -O1 -o folded folded.c
    local start
    start=$(nm folded | awk '$3 == "folded" { print $1 }')
    run "$prof_path" addr2line --aliases -f -s -e folded "$start"
    [ "$output" = $'folded\nfolded.c:2\n (also) folded_too' ]
    # of a file of another user, which another process reads
    chmod o+w folded
    run "$prof_path" addr2line --aliases -f -s -e folded "$start"
    [ "$output" = $'folded\nfolded.c:2\n (also) folded_too' ]
    strip -g folded
    run "$prof_path" addr2line --aliases -pfe folded "$start"
    [ "$output" = $'folded at ??:?\n (also) folded_too' ]
    start=$(nm folded | awk '$3 == "main" { print $1 }')
    run "$prof_path" addr2line --aliases -pfe folded "$start"
    [ "$output" = 'main at ??:?' ]
}

@test "addr2line names stubs of the PLT" {
    local stub
    stub=$(objdump -d c | awk '/<puts@plt>:$/ { print $1 }')
    [ "$("$prof_path" addr2line -fe c "$stub" | head -n 1)" = puts@plt ]
}

@test "symbolize finds debug files that were not there at first, and says what is missing" {
    cp "$PROF_BUILD/examples/split" app
    objcopy --only-keep-debug app app.debug
    objcopy --strip-all app
    "$prof_path" record -q -o app.data ./app >output
    run "$prof_path" report app.data
    [[ $output != *escape_text* ]]
    run "$prof_path" symbolize app.data
    [ "$status" -eq 0 ]
    [[ $output == *"app: stripped"*"install its debug symbols or build with -g"* ]]
    local id
    id=$(readelf -n app | sed -n 's/.*Build ID: //p')
    mkdir -p "store/.build-id/${id:0:2}"
    mv app.debug "store/.build-id/${id:0:2}/${id:2}.debug"
    "$prof_path" symbolize -q --debug-dir store app.data
    "$prof_path" report app.data | grep -q escape_text
}

@test "symbolize finds programs below a sysroot" {
    cp "$PROF_BUILD/examples/split" moving
    "$prof_path" record -q -o moved.data ./moving >output
    mkdir -p "root/$PWD"
    mv moving "root/$PWD/"
    "$prof_path" symbolize -q --sysroot "$PWD/root" moved.data
    "$prof_path" report moved.data | grep -q escape_text
}

@test "symbolize refuses a recording that is not there" {
    run "$prof_path" symbolize missing.data
    [ "$status" -eq 125 ]
    [[ $output == *missing.data* ]]
}

@test "addr2line answers from its cache without the debug information, the same" {
    export XDG_CACHE_HOME=$PWD/own
    "$prof_path" addr2line -afiC -e cpp <cpp.addresses >first
    [ "$(find own/prof/symbols -type f | wc -l)" -eq 1 ]
    "$prof_path" addr2line -afiC -e cpp <cpp.addresses >second
    diff first second
    "$prof_path" addr2line --no-cache -afiC -e cpp <cpp.addresses >third
    diff first third
    rm -r own
    "$prof_path" addr2line --no-cache -afiC -e cpp <cpp.addresses >/dev/null
    [ ! -e own ]
}

@test "symbolize asks debuginfod only when told to" {
    cp "$PROF_BUILD/examples/split" fetched
    objcopy --only-keep-debug fetched served.debug
    objcopy --strip-all fetched
    "$prof_path" record -q -o fetched.data ./fetched >output
    local id
    id=$(readelf -n fetched | sed -n 's/.*Build ID: //p')
    mkdir -p bin
    # stands for the command of elfutils, which would go to the network
    printf '#!/bin/sh\necho "$@" >>asked\n[ "$2" = %s ] && echo "%s/served.debug"\n' "$id" "$PWD" \
        >bin/debuginfod-find
    chmod +x bin/debuginfod-find
    PATH=$PWD/bin:$PATH "$prof_path" symbolize -q --no-cache fetched.data
    [ ! -e asked ]
    PATH=$PWD/bin:$PATH "$prof_path" symbolize -q --no-cache --debuginfod fetched.data
    grep -q "debuginfo $id" asked
    "$prof_path" report fetched.data | grep -q escape_text
}

# enter_order: a folder with a recording of a program that spends most of its time itself, some in a
# library, both without debug information; bin/ is for a debuginfod-find.
enter_order() {
    mkdir -p order/bin
    cd order || return
    [ ! -e x.data ] || return 0
    printf 'unsigned library_work(unsigned n) { unsigned s = 1; while (n--) s = s * 1664525 + 1; return s; }' |
        gcc -O1 -g -Wl,--build-id=sha1 -shared -fPIC -x c -o lightly.so -
    printf 'unsigned library_work(unsigned); int main(void) { volatile unsigned s = library_work(50000000);
        for (unsigned i = 0; i < 600000000; i++) s += i; return s == 7; }' |
        gcc -O1 -g -Wl,--build-id=sha1 -x c -o heavily - -x none ./lightly.so
    objcopy --only-keep-debug heavily served.debug
    strip -s heavily
    strip --strip-debug lightly.so
    "$prof_path" record -q -o x.data ./heavily
}

@test "symbolize asks for the module with the most samples first" {
    enter_order
    printf '#!/bin/sh\necho "$2" >>asked\n' >bin/debuginfod-find
    chmod +x bin/debuginfod-find
    PATH=$PWD/bin:$PATH "$prof_path" symbolize -q --no-cache --debuginfod x.data
    [ "$(head -n 1 asked)" = "$(readelf -n heavily | sed -n 's/.*Build ID: //p')" ]
    grep -q "$(readelf -n lightly.so | sed -n 's/.*Build ID: //p')" asked
}

@test "symbolize shows on the terminal what it fetches, and Ctrl-C keeps what came of it" {
    enter_order
    # answers for the first that is asked for, and hangs at the second
    printf '#!/bin/sh\n[ ! -e once ] || exec cat hangs\n>once\necho "%s/served.debug"\n' "$PWD" \
        >bin/debuginfod-find
    chmod +x bin/debuginfod-find
    [ -p hangs ] || mkfifo hangs
    exec 8<>hangs
    PATH=$PWD/bin:$PATH timeout -k 5 60 python3 "$BATS_TEST_DIRNAME/on_terminal.py" \
        'fetching debug symbols of' '\x03' "$prof_path" symbolize --no-cache --debuginfod x.data \
        >shown 2>&1
    exec 8>&-
    grep -q 'fetching debug symbols of .* of .*% of the samples' shown
    grep -q 'interrupted: nothing more was fetched' shown
    grep -q 'with names, ' shown
    "$prof_path" report x.data | grep -q ' main '
}

@test "symbolize shows no progress where it is quiet, or stderr is no terminal" {
    enter_order
    [ -p hangs ] || mkfifo hangs
    # longer than the second after which there would be something to see
    printf '#!/bin/sh\nexec timeout 1.5 cat hangs\n' >bin/debuginfod-find
    chmod +x bin/debuginfod-find
    exec 8<>hangs
    PATH=$PWD/bin:$PATH "$prof_path" symbolize --no-cache --debuginfod x.data >plain 2>&1
    PATH=$PWD/bin:$PATH timeout -k 5 60 python3 "$BATS_TEST_DIRNAME/on_terminal.py" - '' \
        "$prof_path" symbolize -q --no-cache --debuginfod x.data >quiet 2>&1
    exec 8>&-
    [ "$(grep -c fetching plain)" -eq 0 ]
    [ ! -s quiet ]
}

@test "reports show on the terminal what takes long, and take it off again" {
    # the stacks come to their end when something is typed, which is after the line has been seen
    NO_COLOR=1 timeout -k 5 60 python3 "$BATS_TEST_DIRNAME/on_terminal.py" 'reading standard input' '\n' \
        sh -c '{ echo "a;b 1"; read -r _ </dev/tty; echo; } | "$0" report -' "$prof_path" >shown
    grep -q 'prof: reading standard input' shown
    grep -q $'\x1b\\[K1 sample' shown
}

@test "what has no names says so after the run and in info, with what would help" {
    cp "$PROF_BUILD/examples/split" nameless
    objcopy --strip-all nameless
    local command
    for command in run record; do
        "$prof_path" "$command" -o nameless.data ./nameless >output 2>said
        grep -E '^prof: [0-9.]+ % of the time is in code without names: nameless \(stripped; install its debug symbols or build with -g\)$' said
        [ "$(grep -c 'without names' said)" -eq 1 ]
    done
    "$prof_path" info nameless.data | grep -q '^note .*code without names: nameless (stripped'
    "$prof_path" run -q -o nameless.data ./nameless >output 2>said
    [ ! -s said ]
    "$prof_path" run -o named.data "$PROF_BUILD/examples/split" >output 2>said
    [ "$(grep -c 'without names' said)" -eq 0 ]
}

@test "the package with the symbols of an installed program is named" {
    [ -e /var/lib/dpkg/info/gzip.list ] || skip "gzip is not a package of dpkg"
    local id
    id=$(readelf -n /usr/bin/gzip | sed -n 's/.*Build ID: //p')
    [ ! -e "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug" ] || skip "gzip has its symbols"
    head -c 20000000 /dev/urandom >noise
    "$prof_path" run -o gzip.data gzip -c noise >output 2>said
    grep -q 'without names: gzip (stripped; install gzip-dbgsym' said
}

@test "symbolize goes on where debuginfod is not there" {
    PATH=/nowhere run "$prof_path" symbolize --no-cache --debuginfod fetched.data
    [ "$status" -eq 0 ]
}

# assert_halves RECORDING NAME...: the frames of the generated code by `prof export`, each with about
# half of the time.
assert_halves() {
    "$prof_path" export "$1" >folded
    python3 - "${@:2}" <<'PY'
import sys
total = 0
shares = dict.fromkeys(sys.argv[1:], 0)
for line in open("folded"):
    stack, weight = line.rsplit(" ", 1)
    total += int(weight)
    for name in shares:
        shares[name] += int(weight) * (stack.split(";")[-1] == name)
assert all(0.4 < share / total < 0.6 for share in shares.values()), (shares, total)
PY
}

@test "code of a JIT compiler has the names of its time from the jitdump that it maps" {
    mkdir -p jit && cd jit
    "$prof_path" record -q -F 997 -o jit.data "$PROF_TARGETS/compiles_at_run_time" 300 >output
    assert_halves jit.data first_code second_code
    "$prof_path" report --json jit.data | grep -q '"made_up.src"'
    "$prof_path" info jit.data | grep -q 'jit-.*dump: jitdump'
    # the names are in the recording, and can be looked up again as long as the dump is there
    "$prof_path" symbolize -q jit.data
    assert_halves jit.data first_code second_code
    rm jit-*.dump
    assert_halves jit.data first_code second_code
    "$prof_path" symbolize jit.data 2>said
    grep -q 'jit-.*dump.*is gone' said
    "$prof_path" export jit.data | grep -q '\[unknown\]'
}

@test "a jitdump that is not mapped is found in the folder of the command" {
    mkdir -p unmapped && cd unmapped
    "$prof_path" record -q -F 997 -o jit.data "$PROF_TARGETS/compiles_at_run_time" 200 unmapped \
        >output
    assert_halves jit.data first_code second_code
}

@test "perf-PID.map names code of a JIT compiler" {
    "$prof_path" record -q -F 997 -o map.data "$PROF_TARGETS/compiles_at_run_time" 200 map >output
    "$prof_path" report map.data >named
    rm "$(cat output)"
    grep -q made_by_hand named
}

@test "functions of node have names, by jitdump and by map" {
    command -v node >/dev/null || skip "there is no node here"
    mkdir -p node && cd node
    cat >work.js <<'JS'
function summed(n) { let sum = 0; for (let i = 0; i < n; i++) sum += Math.sqrt(i); return sum; }
let sum = 0;
for (let i = 0; i < 3000; i++) sum += summed(20000);
console.log(sum > 0);
JS
    "$prof_path" record -q -F 997 -o dump.data node --perf-prof work.js >output
    "$prof_path" report dump.data | grep -q 'summed'
    rm -f jit-*.dump
    "$prof_path" record -q -F 997 -o map.data node --perf-basic-prof work.js >output
    "$prof_path" report map.data | grep -q 'summed'
    rm -f "/tmp/perf-$("$prof_path" info --json map.data | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1).map"
}

@test "addr2line says the same with the file read in another process" {
    "$prof_path" addr2line --no-cache --isolate=never -afiC -e cpp <cpp.addresses >here
    "$prof_path" addr2line --no-cache --isolate=always -afiC -e cpp <cpp.addresses >elsewhere
    diff here elsewhere
    run "$prof_path" addr2line --isolate=always -e missing.program 0
    [ "$status" -eq 1 ]
    local text
    text=$(nm c | awk '$3 == "with_loop" { print $1 }')
    start=$(objdump -h c | awk '$2 == ".text" { print $4 }')
    "$prof_path" addr2line --isolate=always -fe c -j .text "$(printf '%x' $((16#$text - 16#$start)))" |
        grep -q with_loop
}

@test "symbolize gives the same names with files read in other processes" {
    cp "$PROF_BUILD/examples/split" apart
    "$prof_path" record -q -o apart.data ./apart >output
    "$prof_path" symbolize -q --no-cache --isolate=never apart.data
    "$prof_path" report apart.data >here
    "$prof_path" symbolize -q --no-cache --isolate=always apart.data
    "$prof_path" report apart.data >elsewhere
    grep -q escape_text elsewhere
    diff here elsewhere
}

@test "debuginfod is asked from the other process, too" {
    cp fetched others
    chmod o+w others
    "$prof_path" record -q -o others.data ./others >output
    rm -f asked
    PATH=$PWD/bin:$PATH "$prof_path" symbolize -q --no-cache --debuginfod others.data
    [ -s asked ]
    "$prof_path" report others.data | grep -q escape_text
}

# What lies beyond the end of a mapped file raises SIGBUS.
@test "addr2line goes on when the file is cut short under its eyes" {
    local status=0
    cp c cut
    rm -f cut.in
    mkfifo cut.in
    "$prof_path" addr2line --no-cache -fe cut <cut.in >cut.out 2>cut.err &
    local pid=$!
    exec 7>cut.in
    printf '%s\n' "$(nm c | awk '$3 == "with_loop" { print $1 }')" >&7
    tail -n +1 -f --pid=$pid cut.out | grep -q -m 1 with_loop # it is open now
    truncate -s 0 cut
    printf '%s\n' "$(nm c | awk '$3 == "main" { print $1 }')" >&7
    exec 7>&-
    wait $pid || status=$?
    [ "$status" -eq 0 ]
    [ "$(wc -l <cut.out)" -eq 4 ]
    grep -q 'became shorter while it was read' cut.err
}

# What others may link: it says nothing on its own, ends no program, and keeps no state but what
# belongs to the process (a count of names given up; limits of a thread, of a forked reader).
@test "the symbolizer as a library is quiet, returns, and has no state" {
    local library=$PROF_BUILD/symbolizer/libsymbolizer.a calls
    calls=$(nm -u "$library" | awk '{ print $2 }' | sort -u)
    [[ $calls == *text_printf* ]]
    run grep -x -E '(v|f|d|vf|vd)?printf|f?put(s|c|char)|fwrite|perror|std(out|err)|exit|abort|__fprintf_chk|__printf_chk' <<<"$calls"
    [ "$status" -eq 1 ] || fail "it calls" "$output"
    [ "$(nm "$library" | awk '$2 ~ /^[BbCD]$/ { print $3 }' | sort | tr '\n' ' ')" = \
        'data_at_begin limit names_left ' ] || fail "it keeps" "$(nm -A "$library" | awk '$2 ~ /^[BbCD]$/')"
}
