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
    export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
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

@test "symbolize goes on where debuginfod is not there" {
    PATH=/nowhere run "$prof_path" symbolize --no-cache --debuginfod fetched.data
    [ "$status" -eq 0 ]
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
