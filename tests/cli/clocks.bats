#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# clocks.bats - which clock runs, when it runs, and who walks the stacks.

# shellcheck disable=SC2016 # $ meant for other shells
load helpers

# perf_is_permitted: on this machine, for this user.
perf_is_permitted() {
    capture_prof probe record --strict --clock perf -o probe.data true
    [ "$(cat probe.end)" = "exited with 0" ]
}

# refused ARGUMENT...: prof where the kernel refuses perf events.
refused() {
    require_target refuses_perf
    capture refused "$PROF_TARGETS/refuses_perf" "$PROF_BUILD/bin/prof" "$@"
}

@test "perf events give the rate that was asked for" {
    perf_is_permitted || skip "perf events are refused here"
    capture_prof run record -F 4999 "$PROF_BUILD/examples/split"
    info_of prof.data
    assert_true info.out 'it["engine"] == "perf+timer" and it["lost_samples"] == 0'
    # 10 % for what a busy machine takes from signals
    assert_true info.out '0.9 * 4999 <= it["achieved_hz"] <= 1.1 * 4999'
    assert_accounted info.out
}

@test "timers alone are enough" {
    capture_prof run record --clock timer "$PROF_BUILD/examples/split"
    info_of prof.data
    assert_true info.out 'it["engine"] == "timer"'
    assert_accounted info.out
}

@test "where perf events are refused, timers sample, and prof says why" {
    refused record "$PROF_TARGETS/spin" 200
    assert_end refused "exited with 0"
    assert_line refused.err '^prof: perf events are refused, .*; sampled by timers alone'
    info_of prof.data
    assert_true info.out 'it["engine"] == "timer" and it["samples"] > 0'
}

@test "a clock that was chosen by hand and is refused means no profile" {
    refused record --clock perf "$PROF_TARGETS/spin" 20
    assert_end refused "exited with 0"
    assert_one_sentence refused 'perf events are refused, .*; running it without profiling'
    [ ! -e prof.data ]
    refused record --clock perf --strict "$PROF_TARGETS/spin" 20
    assert_end refused "exited with 125"
}

@test "time in the kernel has a frame of its own with either clock" {
    for clock in auto timer; do
        capture_prof run record --clock "$clock" dd if=/dev/zero of=/dev/null bs=1M count=6000
        capture_prof export export -f collapsed prof.data
        assert_line export.out ';\[kernel\] '
    done
}

@test "every engine finds the way to main where it can" {
    local engine
    for engine in auto cfi libunwind; do
        capture_prof run record --unwind "$engine" "$PROF_BUILD/examples/split"
        info_of prof.data
        assert_true info.out 'it["complete_stacks"] >= 0.95 * it["samples"] > 50'
        capture_prof export export -f collapsed prof.data
        assert_line export.out ';main;serve_request;render_page;escape_text '
    done
}

@test "frame pointers alone lead nowhere in code that keeps none" {
    capture_prof run record --unwind fp "$PROF_TARGETS/spin" 200
    info_of prof.data
    assert_true info.out 'it["complete_stacks"] < 0.5 * it["samples"]'
    assert_true info.out 'it["stop_reasons"]["no_cfi"] > 0'
}

@test "nothing is sampled before the delay is over" {
    capture_prof run record --delay 0.3 "$PROF_TARGETS/spin" 900
    info_of prof.data
    assert_true info.out 'it["losses"]["paused"] > 20 and it["samples"] > 50'
    assert_true info.out 'it["accounted_cpu_s"] < 0.75'
}

@test "the duration begins where the delay ends" {
    capture_prof run record --delay 0.2 -d 0.2 "$PROF_TARGETS/spin" 900
    assert_end run "exited with 0"
    info_of prof.data
    assert_true info.out 'it["samples"] > 0 and 0.3 < it["duration_s"] < 0.8'
}

@test "a signal to prof switches sampling off and on" {
    # the parent of that shell is prof
    capture_prof run record --toggle USR1 sh -c '
        "$0" 200; kill -USR1 $PPID; "$0" 400; kill -USR1 $PPID; "$0" 200' "$PROF_TARGETS/spin"
    assert_end run "exited with 0"
    assert_line run.err '^prof: sampling is off$'
    assert_line run.err '^prof: sampling is on$'
    info_of prof.data
    assert_true info.out 'it["losses"]["paused"] > 30'
    assert_true info.out '0.25 < it["accounted_cpu_s"] < 0.6'
}

@test "a run that begins paused is sampled from the signal on" {
    capture_prof run record --paused --toggle USR2 sh -c '
        "$0" 200; kill -USR2 $PPID; "$0" 300' "$PROF_TARGETS/spin"
    info_of prof.data
    assert_true info.out 'it["losses"]["paused"] > 15 and it["samples"] > 20'
    assert_true info.out '0.2 < it["accounted_cpu_s"] < 0.45'
    capture_prof nothing record --paused "$PROF_TARGETS/spin" 100
    assert_line nothing.err '^prof: nothing was sampled: sampling was switched off'
}

@test "a paused run begins in one way" {
    capture_prof run record --paused --delay 1 true
    assert_end run "exited with 2"
    assert_one_sentence run 'both say when sampling begins'
}
