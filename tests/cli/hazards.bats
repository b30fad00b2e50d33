#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hazards.bats - programs that a sampler could get in the way of, under each of the two clocks; which
# hazard is which: profiler/sampler/HAZARDS.md.

# shellcheck disable=SC2034,SC2154 # variables that helpers.bash sets or reads
load helpers

# The clocks that can be had here.
clocks() {
    if "$PROF_BUILD/bin/prof" run -q --clock perf -o "$folder/probe.data" true >/dev/null 2>&1; then
        echo perf
    else
        echo "# no perf events here: only the timer is tested" >&3
    fi
    echo timer
}

# check_clocks RATE TARGET [ARG...]
check_clocks() {
    local clock rate=$1
    require_target "$2"
    for clock in $(clocks); do
        prof_run_options=(-q -F "$rate" --clock "$clock")
        assert_same_as_unprofiled "$PROF_TARGETS/$2" "${@:3}" ||
            fail "with the clock $clock" || return
        [ "$(cat "$folder/unprofiled.end")" != "exited with 99" ] ||
            fail "$2 could not set itself up:" "$(cat "$folder/unprofiled.err")" || return
        assert_recorded || return
    done
}

@test "no wake-up is lost between threads that answer each other's signals" {
    check_clocks 4999 answers_signals 5000
}

@test "a system call filter meets no call of ours, nor a return from our signal" {
    check_clocks 4999 filters_system_calls prctl
    check_clocks 4999 filters_system_calls syscall
}
@test "a system call filter over all threads meets no call of ours" {
    check_clocks 4999 filters_system_calls threads
}
@test "threads may start behind a system call filter" {
    check_clocks 4999 filters_system_calls later
}

@test "a thread that is cancelled inside our handler cleans up under its own mask" {
    check_clocks 4999 cancels_anywhere 800
}

@test "children may be killed in their first instants" {
    check_clocks 4999 kills_newborns 1000
}

@test "nothing of ours is pending when a program without the sampler is executed" {
    require_target opens_mask
    check_clocks 9999 execs_others "$PROF_TARGETS/opens_mask" 200
}

@test "the same without random addresses" {
    require_target opens_mask
    setarch -R true 2>/dev/null || skip "addresses stay random here"
    local clock
    for clock in $(clocks); do
        capture fixed setarch -R "$PROF_BUILD/bin/prof" run -q -F 9999 --clock "$clock" \
            -o "$folder/prof.data" -- "$PROF_TARGETS/execs_others" "$PROF_TARGETS/opens_mask" 100
        assert_end fixed "exited with 0" || fail "$(cat fixed.out)"
    done
}

@test "threads made by clone itself are sampled, and none the worse for it" {
    check_clocks 4999 clones_threads
    # the main thread and two others, in the parent and in its child
    info_of prof.data
    assert_true info.out 'sum(thread["samples"] >= 10 for thread in it["threads"]) == 6'
}

@test "a thread that is older than the sampler is found and sampled" {
    check_clocks 4999 works_early
    info_of prof.data
    assert_true info.out 'sum(thread["samples"] >= 10 for thread in it["threads"]) == 2'
}

# check_gives_up WHAT: where this user may give it up.
check_gives_up() {
    require_target drops_privileges
    capture alone "$PROF_TARGETS/drops_privileges" "$1"
    [ "$(cat alone.end)" = "exited with 5" ] || skip "not permitted here"
    check_clocks 4999 drops_privileges "$1"
}

@test "a program may change its root" { check_gives_up chroot; }
@test "a program may drop its privileges" { check_gives_up setuid; }
@test "a program may forbid to be looked at" { check_gives_up dumpable; }
@test "a program may lock all of its memory" { check_gives_up mlockall; }

@test "no signal may be queued" {
    require_target c11_threads
    local clock
    for clock in $(clocks); do
        capture plain prlimit --sigpending=0 "$PROF_TARGETS/c11_threads"
        capture limited prlimit --sigpending=0 "$PROF_BUILD/bin/prof" record -F 4999 \
            --clock "$clock" "$PROF_TARGETS/c11_threads"
        cmp plain.out limited.out
        cmp plain.end limited.end
        assert_line limited.err '^prof: .*threads were not sampled: no timer could be had'
    done
}

# check_allocator LIBRARY: preloaded beside the sampler.
check_allocator() {
    local library target
    library=$(find /usr/lib /lib -name "$1" 2>/dev/null | head -n 1)
    [ -n "$library" ] || skip "$1 is not here"
    for target in "thread_storm 1000" "fork_workers" "dlopen_storm 30" "exceptions"; do
        # shellcheck disable=SC2086 # a target and its arguments
        LD_PRELOAD=$library check_clocks 4999 $target
    done
}

@test "jemalloc may be the allocator" { check_allocator "libjemalloc.so.2"; }
@test "tcmalloc may be the allocator" { check_allocator "libtcmalloc_minimal.so.4"; }
