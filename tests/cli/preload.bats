#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# preload.bats - LD_PRELOAD=libprof.so without prof run: the same recording, and no trace in the
# program.

# shellcheck disable=SC2016,SC2154 # $ meant for other shells; variables of helpers.bash
load helpers

library() {
    printf '%s\n' "$PROF_BUILD/lib/prof/libprof.so"
}

# capture_preloaded NAME PROF_OPTIONS COMMAND...
capture_preloaded() {
    capture "$1" env LD_PRELOAD="$(library)" PROF_OPTIONS="$2" "${@:3}"
}

is_finished() {
    "$PROF_BUILD/bin/prof" info --json "$1" >"$folder/finished.json" 2>/dev/null &&
        [ "$(evaluate "$folder/finished.json" 'it["finished"]')" = True ]
}

@test "a preloaded program is recorded as under prof run" {
    shares_are_true() {
        capture_preloaded preloaded "-F 499 -o x.data" "$PROF_BUILD/examples/split" || return
        assert_end preloaded "exited with 0" || return
        [ ! -s preloaded.err ] || return
        wait_until is_finished x.data || return
        capture_prof report report --json x.data || return
        python3 "$BATS_TEST_DIRNAME/check_shares.py" preloaded.out report.out
    }
    shares_are_true || shares_are_true
    info_of x.data
    assert_true info.out 'it["requested_hz"] == 499 and it["damage"] is None'
    assert_true info.out 'it["command"].endswith("examples/split")'
    assert_accounted info.out
}

@test "without options the recording is prof.data at 997 Hz" {
    capture preloaded env -u PROF_OPTIONS LD_PRELOAD="$(library)" "$PROF_TARGETS/spin" 50
    wait_until is_finished prof.data
    info_of prof.data
    assert_true info.out 'it["requested_hz"] == 997 and it["samples"] > 0'
}

@test "every sample is in the recording when the program has returned" {
    local turn at_once
    for turn in 1 2 3 4 5; do
        capture_preloaded preloaded "-o $turn.data" "$PROF_TARGETS/spin" 40
        info_of "$turn.data"
        at_once=$(evaluate info.out 'it["samples"]')
        wait_until is_finished "$turn.data"
        [ "$at_once" -gt 0 ]
        [ "$at_once" -eq "$(evaluate finished.json 'it["samples"]')" ]
    done
}

@test "exit status and death by signal are the program's" {
    capture_preloaded status "-o x.data" "$PROF_TARGETS/exit_status" 42
    assert_end status "exited with 42"
    capture_preloaded signal "-o y.data" "$PROF_TARGETS/die_by_signal" 9
    assert_end signal "killed by signal 9 "
    wait_until is_finished y.data
    assert_true finished.json 'it["samples"] > 0'
}

@test "output is the program's own" {
    seq 50000 >input
    # shellcheck disable=SC2034 # read by capture
    target_stdin=input
    capture_preloaded preloaded "-o x.data" "$PROF_TARGETS/copies_stdin"
    cmp input preloaded.out
    [ ! -s preloaded.err ]
}

@test "who waits for the end of the output does not wait for prof" {
    # The pipe ends with the program; a collector that kept it open would hold cat for as long as
    # the other one spins.
    capture pipe bash -c '
        { LD_PRELOAD=$1 PROF_OPTIONS="-o x.data" sh -c "\"$2\" 20000 >&- 2>&- & echo \$!"; } 2>&1 | cat
    ' bash "$(library)" "$PROF_TARGETS/spin"
    kill "$(cat pipe.out)"
    [ "$(wc -l <pipe.out)" -eq 1 ]
}

@test "bad PROF_OPTIONS are said in one sentence, and the program runs" {
    local options
    for options in "-F x" "-F 0" "--nonsense" "-o" "words" "--svg x.svg"; do
        capture_preloaded bad "$options" "$PROF_TARGETS/exit_status" 5
        assert_end bad "exited with 5"
        assert_one_sentence bad 'PROF_OPTIONS: .*; running without profiling'
        [ "$(cat bad.out)" = "about to exit" ]
    done
    [ ! -e prof.data ]
}

@test "a recording that cannot be created is said in one sentence, and the program runs" {
    capture_preloaded bad "-o $folder/no/such/x.data" "$PROF_TARGETS/exit_status" 5
    assert_end bad "exited with 5"
    assert_one_sentence bad 'cannot create .*/no/such/x.data: No such file'
}

@test "a library without its prof beside it says so, and the program runs" {
    mkdir -p alone/lib/prof
    cp "$(library)" alone/lib/prof/
    capture alone env LD_PRELOAD="$folder/alone/lib/prof/libprof.so" "$PROF_TARGETS/exit_status" 5
    assert_end alone "exited with 5"
    assert_one_sentence alone 'cannot find the prof command'
    [ ! -e prof.data ]
}

@test "the program has no child it did not make" {
    capture_preloaded preloaded "-o x.data" python3 -c '
import os
try:
    print("a child:", os.wait())
except ChildProcessError:
    print("no child")'
    [ "$(cat preloaded.out)" = "no child" ]
    wait_until is_finished x.data
}

@test "a shell that waits for all its children ends" {
    capture_preloaded preloaded "-o x.data" bash -c '"$1" 20 & wait; jobs; echo done' bash \
        "$PROF_TARGETS/spin"
    [ "$(cat preloaded.out)" = "spun for 20 ms
done" ]
}

@test "descriptors, environment, limits and signals are as without prof" {
    capture plain "$PROF_TARGETS/shows_surroundings" one
    capture_preloaded preloaded "-o x.data" "$PROF_TARGETS/shows_surroundings" one
    sed -i -E '/^environment (LD_PRELOAD|PROF_[A-Z_]*|_)=/d' plain.out preloaded.out
    assert_same_files "what the program sees" plain.out preloaded.out
}

@test "a program that becomes a daemon and closes everything is recorded to its end" {
    capture_preloaded preloaded "-o x.data" "$PROF_TARGETS/daemonizes"
    assert_end preloaded "exited with 0"
    wait_until is_finished x.data
    assert_true finished.json 'it["samples"] > 0'
    assert_true finished.json '0.06 < it["accounted_cpu_s"]'
}

@test "a child whose parent is gone at once is recorded to its end" {
    local turn
    for turn in 1 2 3 4 5; do # which of the two is heard of first is a matter of chance
        capture_preloaded preloaded "-o $turn.data" "$PROF_TARGETS/outlives_parent" 100
        assert_end preloaded "exited with 0"
        wait_until is_finished "$turn.data"
        assert_true finished.json 'len(it["processes"]) == 2'
        assert_true finished.json '0.06 < it["accounted_cpu_s"]'
    done
}

@test "what the program starts is in the same recording" {
    capture_preloaded preloaded "-o x.data" "$PROF_TARGETS/exec_chain" 2
    wait_until is_finished x.data
    assert_true finished.json 'len({p["pid"] for p in it["processes"]}) == 3'
    [ "$(find . -name '*.data' | wc -l)" -eq 1 ]
}

@test "without children only the program itself is sampled" {
    capture_preloaded preloaded "-o x.data --no-children" "$PROF_TARGETS/fork_workers"
    wait_until is_finished x.data
    assert_true finished.json 'len(it["processes"]) == 1 and it["samples"] > 0'
}

@test "after the duration the program goes on without sampling" {
    capture_preloaded preloaded "-o x.data -d 0.3" "$PROF_TARGETS/spin" 1500
    [ "$(cat preloaded.out)" = "spun for 1500 ms" ]
    wait_until is_finished x.data
    assert_true finished.json '0 < it["samples"] and it["cpu_s"] < 0.8'
}

@test "%p in the name is the program's process id" {
    capture_preloaded preloaded "-o x.%p.data" sh -c "'$PROF_TARGETS/spin' 20; echo \$\$"
    wait_until is_finished "x.$(tail -n 1 preloaded.out).data"
}

@test "prof run of a program that preloads by itself records once" {
    capture run env LD_PRELOAD="$(library)" PROF_OPTIONS="-o outer.data" \
        "$PROF_BUILD/bin/prof" run -q -o inner.data "$PROF_TARGETS/exit_status" 4
    assert_end run "exited with 4"
    info_of inner.data
    assert_true info.out '[p["exe"].rsplit("/", 1)[1] for p in it["processes"]] == ["exit_status"]'
    assert_true info.out 'it["samples"] > 0'
}
