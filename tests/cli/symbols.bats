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

@test "addr2line counts from the start of a section with -j" {
    addr2line -j .text -fe c 0 10 20 30 >theirs
    "$prof_path" addr2line -j .text -fe c 0 10 20 30 >ours
    diff ours theirs
    run "$prof_path" addr2line -j .nonsense -e c 0
    [ "$status" -eq 1 ]
    [[ $output == *"has no section .nonsense"* ]]
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
