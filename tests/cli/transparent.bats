#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# transparent.bats - every target program does the same with prof as without, and is profiled.

# shellcheck disable=SC2034,SC2154 # variables that helpers.bash sets or reads
load helpers

# check TARGET [ARG...]
check() {
    require_target "$1"
    assert_same_as_unprofiled "$PROF_TARGETS/$1" "${@:2}"
    [ "$(cat "$folder/unprofiled.end")" != "exited with 99" ] ||
        fail "$1 could not set itself up:" "$(cat "$folder/unprofiled.err")"
    assert_recorded
}

# check_refused TARGET REGEX: it runs as ever, and prof says why there is no profile of it.
check_refused() {
    require_target "$1"
    prof_run_options=()
    assert_same_as_unprofiled "$PROF_TARGETS/$1"
    assert_prof_said "$2"
}

@test "a busy loop ends as ever" { check spin 300; }
@test "an exit status and unflushed output arrive" { check exit_status 3; }
@test "exit status 0 arrives" { check exit_status 0; }
@test "exit status 125 of the program is not taken for prof's own" { check exit_status 125; }
@test "exit status 255 arrives" { check exit_status 255; }
@test "_exit with a spinning thread ends the program at once" { check exit_at_once; }

@test "death by SIGTERM stays death by SIGTERM" { check die_by_signal 15; }
@test "death by SIGKILL stays death by SIGKILL" { check die_by_signal 9; }
@test "death by SIGINT stays death by SIGINT" { check die_by_signal 2; }
@test "death by SIGSEGV stays death by SIGSEGV" { check die_by_signal 11; }
@test "death by SIGPROF stays death by SIGPROF" { check die_by_signal 27; }
@test "death by a real-time signal stays the same" { check die_by_signal 40; }
@test "abort runs the program's handler and dies of SIGABRT" { check aborts; }
@test "a stack overflow stays SIGSEGV" { check overflows_stack; }

@test "threads may come and go" { check thread_storm 2000; }
@test "detached threads may outlive main and end the program" { check detached_threads; }
@test "a thread with the smallest stack has room for the profiler" { check small_stack; }
@test "C11 threads return their results" { check c11_threads; }
@test "cancelled threads clean up" { check cancels_threads; }

@test "forked workers hand back their status" { check fork_workers; }
@test "a chain of fork and exec goes on to its end" { check exec_chain 4; }
@test "a child that runs no fork handlers leaves its parent alone" { check forks_past_handlers; }
@test "a child of vfork may reset its signals, and its parent keeps its own" {
    check vfork_child_resets
}
@test "posix_spawn, vfork, popen and system work" { check spawns; }
@test "a daemon may close every descriptor" { check daemonizes; }

@test "libraries may come and go while threads spin" { check dlopen_storm 100; }
@test "what a constructor has loaded may go, and something else take its place" {
    check unloads_early
}

@test "a program with a SIGPROF handler sees its own signals only" { check owns_sigprof; }
@test "a program may reset SIGPROF and is not killed by it" { check resets_sigprof; }
@test "sigwait for any signal returns those of the program only" { check waits_for_any_signal; }
@test "signalfd of all signals reads those of the program only" { check reads_signalfd; }
@test "a program that waits for its own SIGPROF gets it" { check waits_for_own_sigprof; }
@test "sigsuspend ends with the SIGPROF that was blocked before" { check suspends_for_sigprof; }
@test "a blocked SIGPROF is handled once, when it is unblocked" { check unblocks_sigprof; }
@test "SIGPROF may be set by the functions older than sigaction" { check sets_sigprof_by_old_calls; }
@test "threads inherit the mask their creator believes in" { check threads_inherit_mask; }
@test "no waiting call is interrupted" { check counts_eintr; }
@test "a waiting call is interrupted where the program wants it" { check wants_eintr; }
@test "a handler may spin on an alternate stack of 4 KiB" { check small_alternate_stack; }
@test "a handler that recovers from SIGSEGV on its own stack recovers" { check recovers_from_segv; }

@test "longjmp out of calls and handlers lands" { check jumps; }
@test "C++ exceptions are caught" { check exceptions; }
@test "coroutines on stacks of their own run" { check coroutines; }
@test "4,000 frames of recursion in a coroutine come back" { check deep_coroutine; }
@test "5,000 frames of recursion come back" { check recurses_deep 5000; }
@test "realigned frames come back" { check realigns_frames; }
@test "realigned frames with wide registers come back" { check realigns_frames_avx; }
@test "hand-written assembly computes the same" { check assembly; }
@test "functions with hostile names run" { check hostile_names; }

@test "descriptors from 3 up may be closed" { check closes_descriptors; }
@test "eight descriptors are as many as without prof" { check few_descriptors; }
@test "little address space is enough" { check little_memory; }
@test "malloc in odd places works" { check mallocs_in_odd_places; }
@test "a program's own malloc is never entered from the signal handler" { check brings_own_malloc; }
@test "a program may give up its system calls" { check enters_strict_seccomp; }
@test "a program built for gprof has its ticks, and prof has its samples" {
    check spin_gprof 300
    python3 - gmon.out <<'PY'
import struct, sys
file = open(sys.argv[1], "rb").read()
# After the header of 20 bytes: a tag, the histogram's bounds, size and rate, and its dimension.
tag, low, high, size, rate = struct.unpack_from("=BQQII", file, 20)
ticks = sum(struct.unpack_from(f"={size}H", file, 20 + 25 + 16))
# The kernel counts by its own ticks, of which a process on a busy machine may meet few.
assert tag == 0 and 0.05 <= ticks / rate <= 0.45, f"{ticks} ticks of 1/{rate} s in 0.3 s"
PY
}

@test "standard input arrives" {
    seq 400000 >"$folder/input"
    target_stdin=$folder/input
    check copies_stdin
    cmp "$folder/input" "$folder/profiled.out"
}

@test "arguments, environment, descriptors, limits and signals are as without prof" {
    assert_same_as_unprofiled -i '^environment (LD_PRELOAD|PROF_[A-Z_]*|_)=' \
        "$PROF_TARGETS/shows_surroundings" one "" "two  words" -- -q --help
    assert_recorded
}

@test "a static program runs, and prof says that it is static" { check_refused spin_static static; }
@test "a 32-bit program runs, and prof says that it is" {
    require_32bit
    check_refused spin_32bit '32[- ]bit|i386'
}
@test "a musl program runs, and prof says that it is" { check_refused spin_musl musl; }
@test "a musl program that a shell starts runs as ever" {
    require_target spin_musl
    # shellcheck disable=SC2016 # $ meant for the shell that is profiled
    assert_same_as_unprofiled sh -c '"$1" 50 && "$2" 50' sh "$PROF_TARGETS/spin" \
        "$PROF_TARGETS/spin_musl"
    assert_recorded
}
