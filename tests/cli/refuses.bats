#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# refuses.bats - programs no library can be preloaded into: prof says so before the run, in one
# sentence with a way out, and runs them as they are.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ meant for other shells; tests are subshells
load helpers

# assert_refused SENTENCE COMMAND...: it runs as ever, unprofiled; with --strict it does not run.
assert_refused() {
    local subcommand
    capture plain "${@:2}" || return
    for subcommand in run record; do
        capture_prof refused "$subcommand" "${@:2}" || return
        assert_same_files "standard output" plain.out refused.out || return
        assert_same_files "the way it ended" plain.end refused.end || return
        assert_one_sentence refused "$1.*; running it without profiling" || return
        capture_prof strict "$subcommand" --strict "${@:2}" || return
        assert_end strict "exited with 125" || return
        assert_one_sentence strict "$1" || return
        assert_no_line strict.err 'running it' || return
        [ ! -s strict.out ] || fail "it ran all the same: $(cat strict.out)" || return
    done
    assert_nothing_left
}

assert_nothing_left() {
    [ ! -e prof.data ] || fail "an empty recording was left" || return
    [ ! -e flamegraph.svg ] || fail "an empty picture was left"
}

@test "a static program" {
    require_target spin_static
    assert_refused "'.*/spin_static' is statically linked, .*; link it dynamically, or record it with perf" \
        "$PROF_TARGETS/spin_static" 20
}

@test "a static position-independent program" {
    cat >hello.c <<'END'
#include <stdio.h>
int main(void)
{
    puts("hello");
    return 9;
}
END
    cc -static-pie -o hello hello.c 2>/dev/null || skip "this machine cannot link static-pie"
    assert_refused "'./hello' is statically linked" ./hello
}

@test "a 32-bit program" {
    require_32bit
    assert_refused "'.*/spin_32bit' is a 32-bit program; profile a 64-bit build" \
        "$PROF_TARGETS/spin_32bit" 20
}

@test "a musl program" {
    require_target spin_musl
    assert_refused "'.*/spin_musl' uses the musl C library, .*; profile a glibc build" \
        "$PROF_TARGETS/spin_musl" 20
}

@test "a program of another architecture, which does not run either" {
    # A true program with another machine in its header: 183 is AArch64, 62 x86-64.
    cp "$PROF_TARGETS/spin" other
    if [ "$(uname -m)" = aarch64 ]; then
        printf '\076\000' | dd of=other bs=1 seek=18 conv=notrunc status=none
    else
        printf '\267\000' | dd of=other bs=1 seek=18 conv=notrunc status=none
    fi
    local status=0
    bash -c ./other 2>/dev/null || status=$?
    [ "$status" -eq 126 ] || skip "this machine runs programs of other architectures"
    capture_prof run run ./other
    assert_end run "exited with 126"
    assert_line run.err "^prof: './other' is for another processor architecture; .*"
    assert_nothing_left
}

@test "a script with a static interpreter" {
    require_target spin_static
    printf '#!%s 20\n' "$PROF_TARGETS/spin_static" >script
    printf '#! %s\n' "$folder/script" >script_of_script
    chmod +x script script_of_script
    assert_refused "'.*/spin_static' is statically linked" ./script
    assert_refused "'.*/spin_static' is statically linked" ./script_of_script
}

@test "a static program found by PATH" {
    require_target spin_static
    PATH=$PROF_TARGETS:$PATH
    assert_refused "'.*/spin_static' is statically linked" spin_static 20
}

# setuid_copy NAME MODE: a program that belongs to another user and another group.
setuid_copy() {
    cp "$PROF_TARGETS/exit_status" "$1"
    chown 65533:65533 "$1"
    chmod "$2" "$1"
}

@test "a set-user-ID program" {
    require_root
    setuid_copy other 4755
    assert_refused "'./other' is set-user-ID, .*; run it as the user it runs for, or profile a copy" \
        ./other 7
}

@test "a set-group-ID program" {
    require_root
    setuid_copy other 2755
    assert_refused "'./other' is set-group-ID, .*; .*profile a copy" ./other 7
}

@test "a set-user-ID program of one's own is profiled" {
    cp "$PROF_TARGETS/spin" mine
    chmod 4755 mine
    capture_prof run run -q ./mine 50
    assert_end run "exited with 0"
    [ ! -s run.err ]
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
}

@test "a program with file capabilities, for who is not root" {
    require_root
    command -v setcap >/dev/null || skip "setcap is not here"
    install_copy
    cp "$PROF_TARGETS/exit_status" capable
    setcap cap_net_raw+ep capable 2>/dev/null || skip "no file capabilities in $folder"
    chmod 777 .
    capture run "${as_nobody[@]}" copy/bin/prof run ./capable 7
    assert_end run "exited with 7"
    assert_one_sentence run "'./capable' has file capabilities, .*; profile a copy without them"
    assert_nothing_left
}

@test "a static program among others is left out, and that is said" {
    require_target spin_static
    capture_prof run run bash -c '"$1/spin_static" 1500; "$1/spin" 60' bash "$PROF_TARGETS"
    assert_end run "exited with 0"
    info_of prof.data
    # bash's own start takes a millisecond or two, which may or may not hold a sample.
    assert_true info.out '{p["exe"].rsplit("/", 1)[1] for p in it["processes"] if p["samples"]}
        - {"bash"} == {"spin"}'
    assert_true info.out 'it["losses"]["not_preloaded"] == 1'
    assert_line run.err '^prof: .*1 program was not sampled: it could not be preloaded'
}

@test "a script with a dynamic interpreter is profiled" {
    printf '#!/bin/sh\nexec "%s" 60\n' "$PROF_TARGETS/spin" >script
    chmod +x script
    capture_prof run run -q ./script
    assert_end run "exited with 0"
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
}

@test "a script without an interpreter line runs as in a shell" {
    printf 'echo "I am $0"; exit 7\n' >script
    chmod +x script
    capture_prof run run -q ./script
    assert_end run "exited with 7"
    [ "$(cat run.out)" = "I am ./script" ]
}

@test "a program that takes LD_PRELOAD away from what it starts is recorded alone" {
    capture_prof run run env -u LD_PRELOAD "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    [ "$(cat run.out)" = "about to exit" ]
    assert_line run.err '^prof: '
}
