#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# survives.bats - something ends, or fills up, in the middle: what was sampled before is kept, and
# the program's result is its own.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ meant for other shells; tests are subshells
load helpers

teardown() {
    if mountpoint -q "$folder/small" 2>/dev/null; then
        umount "$folder/small"
    fi
    cd /
    rm -rf "$folder"
}

# has_samples RECORDING SECONDS: a readable recording accounts for so much CPU time at least.
has_samples() {
    [ -s "$1" ] || return
    cp "$1" "$folder/copy.data"
    "$PROF_BUILD/bin/prof" info --json "$folder/copy.data" >"$folder/has.json" 2>/dev/null &&
        [ "$(evaluate "$folder/has.json" "it['accounted_cpu_s'] >= $2")" = True ]
}

# start_prof NAME ARGUMENT...: prof in the background; its process id is in $prof_pid.
start_prof() {
    "$PROF_TARGETS/wait_status" "$folder/$1.end" "$PROF_BUILD/bin/prof" "${@:2}" \
        >"$folder/$1.out" 2>"$folder/$1.err" </dev/null 3>&- &
    waiter=$!
    has_child() {
        prof_pid=$(cat "/proc/$waiter/task/$waiter/children")
        [ -n "$prof_pid" ]
    }
    wait_until has_child
}

@test "a program killed by SIGKILL keeps all its samples" {
    capture_prof run run sh -c "'$PROF_TARGETS/spin' 300; kill -9 \$\$"
    assert_end run "killed by signal 9 "
    info_of prof.data
    assert_true info.out 'it["finished"] and it["signal"] == 9'
    # all but the last tick of the kernel, 10 ms at most, in both of its processes
    assert_true info.out '0.25 <= it["accounted_cpu_s"]'
    assert_line run.err '^prof: wrote prof.data and flamegraph.svg'
}

@test "a thread that kills its process at once costs nobody's samples" {
    capture_prof run run -q "$PROF_TARGETS/exit_at_once"
    info_of prof.data
    assert_true info.out 'it["finished"] and it["samples"] > 0'
}

@test "prof killed by SIGKILL leaves what it had, and the program runs on to its end" {
    local waiter prof_pid
    start_prof run run -o x.data sh -c "'$PROF_TARGETS/spin' 4000; echo ended well >end"
    # written once a second, so that this is what a second or two leave
    wait_until has_samples x.data 0.5
    kill -9 "$prof_pid"
    wait "$waiter"
    assert_end run "killed by signal 9 "
    [ ! -e end ]
    has_samples x.data 0.5
    assert_true has.json 'not it["finished"] and it["damage"] is None'
    wait_until test -e end
    [ "$(cat end)" = "ended well" ]
    [ "$(cat run.out)" = "spun for 4000 ms" ]
}

@test "a preloaded program runs on when its collector is killed" {
    local waiter collector candidate
    LD_PRELOAD=$PROF_BUILD/lib/prof/libprof.so PROF_OPTIONS="-o x.data" \
        "$PROF_TARGETS/wait_status" spin.end "$PROF_TARGETS/spin" 3000 >spin.out 3>&- &
    waiter=$!
    wait_until has_samples x.data 0.5
    # the collector has the recording open
    collector=
    for candidate in $(pgrep -x prof); do
        if [ "$(readlink "/proc/$candidate/cwd")" = "$folder" ]; then
            collector=$candidate
        fi
    done
    kill -9 "$collector"
    wait "$waiter"
    [ "$(cat spin.end)" = "exited with 0" ]
    [ "$(cat spin.out)" = "spun for 3000 ms" ]
    has_samples x.data 0.5
}

# assert_full NAME: the run's recording met the end of its space, and that is all that happened.
assert_full() {
    assert_end "$1" "exited with 7" || return
    [ "$(cat "$1.out")" = "program's output" ] || fail "lost output" || return
    [ "$(grep -c -E '^prof: .*(No space left|File too large)' "$1.err")" -eq 1 ] ||
        fail "not said once:" "$(cat "$1.err")"
}

# A second and more for the first pages, then many short threads to fill the rest: the name and the
# end of each is in a recording.
readonly fills='"$1/spin" 1500 >&2; "$1/thread_storm" 3000 >&2; echo "program'"'"'s output"; exit 7'

@test "a disk that fills up is said once, and the recording holds what came before" {
    require_root
    mkdir small
    mount -t tmpfs -o size=16k none small 2>/dev/null || skip "no mounts here"
    head -c 8192 /dev/zero >small/ballast
    capture_prof run record -F 4999 -o small/x.data sh -c "$fills" sh "$PROF_TARGETS"
    assert_full run
    cp small/x.data .
    info_of x.data
    assert_true info.out 'not it["finished"] and it["accounted_cpu_s"] >= 0.5'
}

@test "a disk that is full from the beginning is said, and the program runs" {
    require_root
    mkdir small
    mount -t tmpfs -o size=16k none small 2>/dev/null || skip "no mounts here"
    head -c 16384 /dev/zero >small/ballast
    capture_prof run run -o small/x.data sh -c "$fills" sh "$PROF_TARGETS"
    assert_full run
    assert_line run.err 'running it without profiling'
    [ ! -s small/x.data ]
    capture_prof strict run --strict -o small/x.data "$PROF_TARGETS/exit_status" 7
    assert_end strict "exited with 125"
    [ ! -s strict.out ]
}

@test "a limit of the file size is no end of the program" {
    capture limited bash -c 'ulimit -f 4; exec "$@"' bash "$PROF_BUILD/bin/prof" run -F 4999 \
        -o x.data sh -c "$fills" sh "$PROF_TARGETS"
    assert_end limited "exited with 7"
    [ "$(cat limited.out)" = "program's output" ]
    assert_line limited.err '^prof: .*(File too large|without profiling)'
}

@test "a limit of the file size is the program's own limit still" {
    capture plain bash -c 'ulimit -f 4; exec "$@"' bash dd if=/dev/zero of=zeros bs=1k count=8
    capture limited bash -c 'ulimit -f 4; exec "$@"' bash "$PROF_BUILD/bin/prof" run -q \
        dd if=/dev/zero of=zeros bs=1k count=8
    assert_end plain "killed by signal 25 "
    assert_end limited "killed by signal 25 "
    [ "$(stat -c %s zeros)" -eq 4096 ]
}

@test "few descriptors, little memory and a small stack do not keep the program from running" {
    local limit
    for limit in "-n 8" "-v 100000" "-s 256"; do
        capture limited bash -c "ulimit $limit"'; exec "$@"' bash "$PROF_BUILD/bin/prof" run \
            "$PROF_TARGETS/exit_status" 7
        assert_end limited "exited with 7"
        [ "$(cat limited.out)" = "about to exit" ]
    done
}

@test "a folder without write permission is said, and the program runs" {
    install_copy
    cp "$PROF_TARGETS/exit_status" copy/
    mkdir locked
    chmod 555 locked
    cd locked
    capture run "${as_nobody[@]}" ../copy/bin/prof run ../copy/exit_status 7
    assert_end run "exited with 7"
    assert_one_sentence run 'cannot create prof.data: Permission denied; running it without profiling'
    capture strict "${as_nobody[@]}" ../copy/bin/prof run --strict ../copy/exit_status 7
    assert_end strict "exited with 125"
    [ ! -s ../strict.out ]
    assert_one_sentence strict 'cannot create prof.data: Permission denied'
}

@test "a folder that is not there is said, and the program runs" {
    capture_prof run run -o no/such/x.data "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    assert_one_sentence run 'cannot create no/such/x.data: No such file or directory; running it'
    capture_prof strict run --strict -o no/such/x.data "$PROF_TARGETS/exit_status" 7
    assert_end strict "exited with 125"
    [ ! -s strict.out ]
}

@test "a picture that cannot be written costs the picture only" {
    capture_prof run run --svg no/such/x.svg "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    assert_line run.err '^prof: cannot (create|write) no/such/x.svg: No such file'
    assert_line run.err '^prof: wrote prof.data'
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
}

@test "two runs at the same time do not write into one recording" {
    local waiter prof_pid
    start_prof first run -q "$PROF_TARGETS/spin" 2000
    wait_until test -s prof.data
    capture_prof second run "$PROF_TARGETS/exit_status" 7
    assert_end second "exited with 7"
    assert_one_sentence second 'another process is writing to .*prof.data; running it without profiling'
    wait "$waiter"
    info_of prof.data
    assert_true info.out 'it["finished"] and "spin" in it["command"] and it["damage"] is None'
}

@test "a library that is missing is said, and the program runs" {
    mkdir -p alone/bin
    cp "$PROF_BUILD/bin/prof" alone/bin/
    capture run alone/bin/prof run "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    assert_one_sentence run 'cannot read the sampler library .*/alone/lib/prof/libprof.so'
    capture strict alone/bin/prof run --strict "$PROF_TARGETS/exit_status" 7
    assert_end strict "exited with 125"
    [ ! -e prof.data ]
}

@test "no memory segment, no temporary file and no process is left behind" {
    local candidate
    mkdir temporary
    TMPDIR=$folder/temporary capture_prof run run -q "$PROF_TARGETS/spin" 20
    [ -z "$(find temporary -mindepth 1)" ]
    [ -z "$(find /dev/shm -name '*prof*' -newer run.out 2>/dev/null)" ]
    for candidate in $(pgrep -x prof); do
        [ "$(readlink "/proc/$candidate/cwd")" != "$folder" ] || fail "prof $candidate still runs"
    done
}
