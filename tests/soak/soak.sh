#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# soak.sh - runs the target programs over and over under both clocks, and compares what each prints
# and how it ends with a run without prof.
#
#   tests/soak/soak.sh [SECONDS]     at least so long (default: 600), and each program once
#
# PROF_BUILD and PROF_TARGETS as in tests/cli/helpers.bash. The last line counts; the exit status is
# 0 when every run was the same.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${PROF_BUILD:-$PWD/build}
targets=${PROF_TARGETS:-$PWD/build-tests/targets}
seconds=${1:-600}
runs=0
different=0

# Targets that print the same each time, with their arguments.
programs=(
    "aborts" "answers_signals 2000" "brings_own_malloc" "c11_threads" "cancels_anywhere 300"
    "cancels_threads" "clones_threads" "coroutines" "counts_eintr" "deep_coroutine"
    "die_by_signal 15" "dlopen_storm 100" "exceptions" "exec_chain 4"
    "execs_others $targets/opens_mask 100" "exit_at_once" "few_descriptors"
    "filters_system_calls prctl" "filters_system_calls later" "fork_workers" "forks_past_handlers"
    "jumps" "kills_newborns 300" "little_memory" "mallocs_in_odd_places" "overflows_stack"
    "owns_sigprof" "reads_signalfd" "realigns_frames" "recovers_from_segv" "recurses_deep 5000"
    "resets_sigprof" "sets_sigprof_by_old_calls" "small_alternate_stack" "small_stack" "spawns"
    "spin 200" "suspends_for_sigprof" "thread_storm 10000" "threads_inherit_mask"
    "unblocks_sigprof" "vfork_child_resets" "waits_for_any_signal" "waits_for_own_sigprof"
    "wants_eintr"
)

folder=$(mktemp -d "${TMPDIR:-/tmp}/prof-soak.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

# capture NAME COMMAND...: what it printed and how it ended, in one file.
capture() {
    local name=$1 status=0
    shift
    timeout -k 5 120 "$targets/wait_status" "$name.end" "$@" >"$name" 2>/dev/null </dev/null ||
        status=$?
    echo "ended with $status" >>"$name"
    cat "$name.end" >>"$name"
}

# compare CLOCK PROGRAM [ARG...]
compare() {
    local clock=$1 program=$2
    shift 2
    capture plain "$targets/$program" "$@"
    capture profiled "$build/bin/prof" record -q -F 4999 --clock "$clock" -o "$folder/prof.data" \
        -- "$targets/$program" "$@"
    runs=$((runs + 1))
    if ! diff plain profiled >difference; then
        different=$((different + 1))
        echo "$program $* differs under the clock $clock:"
        cat difference
    fi
}

clocks=(timer)
if "$build/bin/prof" record -q --clock perf -o probe.data true >/dev/null 2>&1; then
    clocks=(perf timer)
else
    echo "no perf events here: only the timer is tested"
fi
while [ "$runs" -eq 0 ] || [ "$SECONDS" -lt "$seconds" ]; do
    for line in "${programs[@]}"; do
        read -r -a words <<<"$line"
        [ -x "$targets/${words[0]}" ] || continue
        for clock in "${clocks[@]}"; do
            compare "$clock" "${words[@]}"
        done
    done
done
echo "$runs runs in $SECONDS s, $different different"
[ "$runs" -gt 0 ] && [ "$different" -eq 0 ]
