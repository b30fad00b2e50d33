#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run.bats - prof run and prof record: what they leave, what they say, how they end.

# shellcheck disable=SC2016,SC2034,SC2154 # $ meant for other shells; variables of helpers.bash
load helpers

# functions_of RECORDING: the names in it, as collapsed stacks in collapsed.out.
collapse() {
    capture_prof collapsed export -f collapsed "$1" || return
    assert_end collapsed "exited with 0"
}

@test "a run leaves a recording and a picture, and says so" {
    capture run "$PROF_BUILD/bin/prof" run "$PROF_TARGETS/spin" 100
    assert_end run "exited with 0"
    [ "$(head -c 8 prof.data)" = PROFDATA ]
    grep -q '<svg ' flamegraph.svg
    assert_line run.err '^prof: [0-9]+ samples in .* CPU in 1 process, 1 thread$'
    assert_line run.err '^prof: accounted [0-9.]+ % of the CPU time at [0-9]+ Hz \(997 asked, (perf\+timer|timer) clock\); .* complete stacks; [0-9]+ lost$'
    assert_line run.err '^prof: .*target_spin_ms'
    assert_line run.err '^prof: wrote prof.data and flamegraph.svg'
    [ "$(find . -type f -printf '%P\n' | sort | tr '\n' ' ')" = "flamegraph.svg prof.data run.end run.err run.out " ]
}

@test "every line of prof begins with its name, and its output holds the program's only" {
    capture_prof run run "$PROF_TARGETS/spin" 50
    assert_no_line run.err '^([^p]|p[^r])'
    [ "$(cat run.out)" = "spun for 50 ms" ]
}

@test "record leaves a recording, no picture and no table" {
    capture_prof run record "$PROF_TARGETS/spin" 50
    assert_end run "exited with 0"
    [ -s prof.data ]
    [ ! -e flamegraph.svg ]
    assert_no_line run.err 'self %'
    assert_line run.err '^prof: wrote prof.data$'
}

@test "shares of CPU time are those the program counted itself" {
    shares_are_true() {
        capture_prof run run -q "$PROF_BUILD/examples/split" 150 || return
        capture_prof report report --json || return
        python3 "$BATS_TEST_DIRNAME/check_shares.py" run.out report.out
    }
    shares_are_true || shares_are_true
}

@test "the CPU time of a busy program is accounted for" {
    capture_prof run run -q "$PROF_TARGETS/spin" 500
    info_of prof.data
    # 500 ms asked for; what the loader and the program's end take comes on top.
    assert_true info.out '0.5 <= it["cpu_s"] < 0.7'
    assert_accounted info.out
    assert_true info.out 'it["complete_stacks"] >= 0.99 * it["samples"]'
    assert_true info.out 'sum(it["stop_reasons"].values()) == it["samples"]'
}

# check_accounted TARGET: its CPU time is in the samples, by either clock.
check_accounted() {
    require_target "$1"
    local clock
    for clock in auto timer; do
        capture_prof run run -q --clock "$clock" "$PROF_TARGETS/$1"
        assert_end run "exited with 0"
        info_of prof.data
        assert_true info.out '0.3 <= it["cpu_s"]'
        assert_accounted info.out
    done
    assert_true info.out 'it["engine"] == "timer"'
    assert_true info.out '0.9 * it["cpu_s"] <= it["accounted_cpu_s"] <= 1.02 * it["cpu_s"]'
}

@test "C11 threads are sampled" { check_accounted c11_threads; }
@test "a parent is sampled on when a child that runs no fork handlers exits" {
    check_accounted forks_past_handlers
}

@test "a quiet run says nothing" {
    capture_prof run run -q "$PROF_TARGETS/spin" 50
    [ ! -s run.err ]
    [ -s prof.data ]
    [ -s flamegraph.svg ]
}

@test "the table can be shorter or left out" {
    capture_prof one run -n 1 "$PROF_TARGETS/spin" 50
    capture_prof none run -n 0 "$PROF_TARGETS/spin" 50
    [ "$(grep -c -E '^prof: +[0-9.]+ % ' one.err)" -eq 1 ]
    assert_no_line none.err 'self %'
    assert_line none.err '^prof: wrote '
}

@test "colours are for terminals and those who ask" {
    capture_prof plain run "$PROF_TARGETS/spin" 50
    capture_prof always run --color always "$PROF_TARGETS/spin" 50
    capture terminal python3 "$BATS_TEST_DIRNAME/on_terminal.py" spun "" \
        env TERM=xterm "$PROF_BUILD/bin/prof" run "$PROF_TARGETS/spin" 50
    capture no_color python3 "$BATS_TEST_DIRNAME/on_terminal.py" spun "" \
        env TERM=xterm NO_COLOR=1 "$PROF_BUILD/bin/prof" run "$PROF_TARGETS/spin" 50
    assert_no_line plain.err $'\e'
    assert_line always.err $'\e\\['
    assert_no_line always.err '^prof: .*prof: '
    assert_line terminal.out $'\e\\['
    assert_line no_color.out '^prof: wrote'
    assert_no_line no_color.out $'\e'
}

@test "recording and picture go where they are told to" {
    mkdir there
    capture_prof run run -o there/a.data --svg there/a.svg "$PROF_TARGETS/spin" 50
    assert_line run.err '^prof: wrote there/a.data and there/a.svg'
    [ -s there/a.data ]
    [ -s there/a.svg ]
    [ ! -e prof.data ]
    [ ! -e flamegraph.svg ]
}

@test "%p becomes the process id, %n counts, %% is a per cent sign" {
    local -a made
    capture_prof first record -o 'x%%.%p.data' sh -c 'echo $PPID'
    [ -s "x%.$(cat first.out).data" ]
    capture_prof second record -q -o 'run.%n.data' "$PROF_TARGETS/spin" 20
    capture_prof third record -q -o 'run.%n.data' "$PROF_TARGETS/spin" 20
    made=(run.*.data)
    [ "${#made[@]}" -eq 2 ]
    info_of run.1.data
    info_of run.2.data
}

@test "an older recording is kept" {
    capture_prof first run -q "$PROF_TARGETS/spin" 20
    cp prof.data first.data
    capture_prof second run -q "$PROF_TARGETS/exit_status" 0
    cmp first.data prof.data.old
    info_of prof.data
    assert_true info.out '"exit_status" in it["command"]'
}

@test "a file that is no recording is not overwritten, and the program runs" {
    echo precious >notes.txt
    capture_prof run run -o notes.txt "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    assert_one_sentence run 'notes.txt is there already and is not a recording'
    [ "$(cat notes.txt)" = precious ]
}

@test "after the duration the program goes on without sampling" {
    capture_prof run run -d 0.3 "$PROF_TARGETS/spin" 1500
    assert_end run "exited with 0"
    [ "$(cat run.out)" = "spun for 1500 ms" ]
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
    assert_true info.out 'it["cpu_s"] < 0.5 and it["duration_s"] < 1'
}

@test "the rate is asked for, and what came of it is said" {
    capture_prof run run --clock timer -F 20 "$PROF_TARGETS/spin" 1000
    info_of prof.data
    assert_true info.out 'it["requested_hz"] == 20'
    # One sample in 50 ms of CPU time: 20 of them, and one more or less at either end.
    assert_true info.out '18 <= it["samples"] <= 22'
    capture_prof fast run -F 20000 "$PROF_TARGETS/spin" 100
    info_of prof.data
    assert_true info.out 'it["requested_hz"] == 20000'
    assert_true info.out 'it["achieved_hz"] * 1.1 > it["samples"] / it["accounted_cpu_s"]'
}

@test "options of the command are its own" {
    capture_prof run run "$PROF_TARGETS/shows_surroundings" -q -F 5 --help --
    assert_end run "exited with 0"
    assert_line run.out '^argument -q$'
    assert_line run.out '^argument -F$'
    assert_line run.out '^argument --help$'
    assert_line run.out '^argument --$'
}

@test "-- ends the options of prof" {
    cp "$PROF_TARGETS/exit_status" ./-q
    PATH=$folder:$PATH capture_prof run run -- -q 5
    assert_end run "exited with 5"
    assert_line run.err '^prof: wrote'
}

@test "an exit status is passed on" {
    local status
    for status in 0 1 2 125 126 127 128 255; do
        capture_prof run run -q "$PROF_TARGETS/exit_status" "$status"
        assert_end run "exited with $status"
    done
}

@test "prof dies of the signal its command died of, and has written everything before" {
    local signal
    for signal in 2 9 15 11; do
        rm -f prof.data flamegraph.svg
        capture_prof run run "$PROF_TARGETS/die_by_signal" "$signal"
        assert_end run "killed by signal $signal "
        [ -s flamegraph.svg ]
        info_of prof.data
        assert_true info.out "it['signal'] == $signal and it['exit_status'] is None"
        assert_true info.out 'it["samples"] > 0 and it["finished"]'
    done
}

@test "a command that is not there is status 127" {
    capture_prof path run ./no-such-program
    assert_end path "exited with 127"
    assert_one_sentence path "'./no-such-program' was not found"
    capture_prof name run no-such-program
    assert_end name "exited with 127"
    assert_one_sentence name "'no-such-program' was not found .*PATH"
    [ ! -e prof.data ]
}

@test "a command that cannot be executed is status 126" {
    echo data >file
    mkdir folder
    for command in ./file ./folder; do
        capture_prof run run "$command"
        assert_end run "exited with 126"
        assert_one_sentence run "'$command' is not an executable file"
    done
    [ ! -e prof.data ]
}

@test "an interpreter that is not there is said with its name" {
    printf '#!/no/such/interpreter\n' >script
    chmod +x script
    capture_prof run run ./script
    assert_end run "exited with 127"
    assert_line run.err '^prof: .*script'
    [ ! -e prof.data ]
}

# refused_usage SENTENCE ARGUMENT...: status 2, one sentence that also says where there is help.
refused_usage() {
    capture_prof usage "${@:2}" || return
    assert_end usage "exited with 2" || return
    assert_one_sentence usage "$1" || return
    [ ! -s usage.out ] || fail "it printed: $(cat usage.out)" || return
    [ ! -e prof.data ] || fail "it left a recording"
}

@test "a wrong option is status 2 and a sentence" {
    local spin=$PROF_TARGETS/spin
    refused_usage "--frequency must be between 1 and 20000, not 0; see 'prof help run'" run -F 0 "$spin"
    refused_usage "between 1 and 20000, not 20001" run -F 20001 "$spin"
    refused_usage "between 1 and 20000, not -5" run -F -5 "$spin"
    refused_usage "--frequency wants a whole number, not 'fast'" run --frequency fast "$spin"
    refused_usage "--frequency wants a whole number, not '99.5'" run -F 99.5 "$spin"
    refused_usage "--frequency wants a whole number, not 'nan'" run -F nan "$spin"
    refused_usage "--frequency wants a whole number, not ''" run -F "" "$spin"
    refused_usage "--duration must be between" run -d 0 "$spin"
    refused_usage "--color is one of auto, always, never, not 'pink'" run --color pink "$spin"
    refused_usage "-F wants an argument" run -F
    refused_usage "--output wants an argument" run --output
    refused_usage "there is no option --nonsense" run --nonsense "$spin"
    refused_usage "there is no option -Z" run -Z "$spin"
    refused_usage "there is no option -Z" run -Zq "$spin"
    refused_usage "there is no option --svg" record --svg x.svg "$spin"
}

@test "without a command prof says what is missing" {
    refused_usage "run needs a command to run" run
    refused_usage "run needs a command to run" run --
    refused_usage "record needs a command to run" record -q
}

@test "an empty command is not found" {
    capture_prof run run ""
    assert_end run "exited with 127"
    assert_one_sentence run "was not found"
}

@test "standard input reaches the command" {
    seq 100000 >input
    target_stdin=input
    capture_prof run run -q "$PROF_TARGETS/copies_stdin"
    cmp input run.out
}

@test "standard descriptors that are closed stay closed, and the recording is sound" {
    local closed
    for closed in '<&-' '2>&-' '<&- 2>&-'; do
        capture plain bash -c 'exec "$@" '"$closed" bash "$PROF_TARGETS/shows_surroundings"
        rm -f prof.data
        capture run bash -c 'exec "$@" '"$closed" bash "$PROF_BUILD/bin/prof" run \
            "$PROF_TARGETS/shows_surroundings"
        assert_end run "exited with 0"
        assert_same_files "descriptors" <(grep '^descriptor' plain.out) \
            <(grep '^descriptor' run.out)
        info_of prof.data
        assert_true info.out 'it["finished"] and it["damage"] is None and it["samples"] > 0'
    done
    capture run bash -c 'exec "$@" <&- >&- 2>&-' bash "$PROF_BUILD/bin/prof" run \
        "$PROF_TARGETS/spin" 50
    info_of prof.data
    assert_true info.out 'it["finished"] and it["damage"] is None and it["samples"] > 0'
}

@test "a pipe that closes ends the command as ever" {
    set +o pipefail
    capture run bash -c '"$1" run -q yes | head -n 1' bash "$PROF_BUILD/bin/prof"
    assert_end run "exited with 0"
    [ "$(cat run.out)" = y ]
}

@test "threads are in the recording by name" {
    capture_prof run run -q "$PROF_BUILD/examples/threads" 20
    info_of prof.data
    assert_true info.out 'len(it["threads"]) == 103'
    assert_true info.out '{t["name"] for t in it["threads"]} >= {"reader", "writer", "task-0"}'
    # The writer does twice the work of the reader; ten standard errors of 100 samples are 1 of 2.
    assert_true info.out '[t["samples"] for t in it["threads"] if t["name"] == "writer"][0] >
        [t["samples"] for t in it["threads"] if t["name"] == "reader"][0]'
}

@test "forked workers are in the recording, each as a process" {
    capture_prof run run -q "$PROF_BUILD/examples/workers" 20
    info_of prof.data
    assert_true info.out 'len({p["pid"] for p in it["processes"]}) == 5'
    assert_true info.out 'len({p["parent_pid"] for p in it["processes"][1:]}) == 1'
    assert_true info.out 'sum(p["samples"] > 0 for p in it["processes"]) >= 4'
    assert_true info.out 'sum(p["samples"] for p in it["processes"]) == it["samples"]'
    assert_true info.out 'sum(t["samples"] for t in it["threads"]) == it["samples"]'
}

@test "without children only the command itself is sampled" {
    capture_prof run run -q --no-children "$PROF_TARGETS/fork_workers"
    info_of prof.data
    assert_true info.out 'len(it["processes"]) == 1 and it["samples"] > 0'
}

@test "a program that executes others is followed, under each name" {
    capture_prof run run -q sh -c "'$PROF_TARGETS/spin' 100; exec '$PROF_TARGETS/exit_status' 4"
    assert_end run "exited with 4"
    info_of prof.data
    assert_true info.out '{p["exe"].rsplit("/", 1)[1] for p in it["processes"]} >=
        {"spin", "exit_status"}'
    # sh and what it turned into have one process id and are two programs
    assert_true info.out 'len(it["processes"]) == len({p["pid"] for p in it["processes"]}) + 1'
    assert_true info.out 'all(p["samples"] > 0 for p in it["processes"]
        if p["exe"].endswith(("spin", "exit_status")))'
}

@test "a chain of fork and exec is followed to its end" {
    capture_prof run run -q "$PROF_TARGETS/exec_chain" 3
    info_of prof.data
    assert_true info.out 'len({p["pid"] for p in it["processes"]}) == 4'
    # Between fork and exec a process is a program of its own, without time for a sample.
    assert_true info.out 'all(sum(p["samples"] for p in it["processes"] if p["pid"] == pid) > 0
        for pid in {p["pid"] for p in it["processes"]})'
}

@test "functions of plugins have the names of what was loaded then" {
    capture_prof run run -q "$PROF_BUILD/examples/plugin"
    collapse prof.data
    capture_prof report report --json -n 0
    # Two thirds against one third, of at least 100 samples: ten standard errors between them and one.
    assert_true report.out '0.2 < (lambda share: share["fast_transform"] / share["thorough_search"])(
        {f["function"]: f["self_s"] for f in it["functions"]}) < 0.9'
    assert_true report.out '{f["module"].rsplit("/")[-1] for f in it["functions"]
        if f["function"] == "fast_transform"} == {"codec_fast.so"}'
    assert_true report.out '{f["module"].rsplit("/")[-1] for f in it["functions"]
        if f["function"] == "thorough_search"} == {"codec_thorough.so"}'
    assert_line collapsed.out ';main;encode_with;codec_encode;thorough_search [0-9]+$'
    assert_line collapsed.out ';main;encode_with;codec_encode;fast_transform [0-9]+$'
}

@test "C++ names are demangled, and inlined functions have frames of their own" {
    [ -x "$PROF_BUILD/examples/templates" ] || skip "this machine cannot build C++"
    capture_prof run run -q "$PROF_BUILD/examples/templates" 60
    collapse prof.data
    assert_no_line collapsed.out '(^|;)_Z'
    assert_line collapsed.out ';main;.*geometry::simulate<.*>\(unsigned long\);.*transform_all'
    assert_line collapsed.out ';.*sort_records\(unsigned long\);.*std::'
    capture_prof report report --json -n 0
    assert_true report.out 'any(f["inlined"] and "transform_all" in f["function"]
        for f in it["functions"])'
    assert_true report.out 'any((f["file"] or "").endswith("templates.cc") and f["line"] > 0
        for f in it["functions"])'
}

@test "Rust names are demangled" {
    [ -x "$PROF_BUILD/examples/shapes" ] || skip "this machine cannot build Rust"
    capture_prof run run -q "$PROF_BUILD/examples/shapes" 60
    collapse prof.data
    assert_line collapsed.out '<shapes::Polygon as shapes::Shape>::area'
    assert_line collapsed.out '<shapes::Circle as shapes::Shape>::area'
    assert_no_line collapsed.out '_ZN|_R[NIC]|17h[0-9a-f]{16}'
}

@test "deep recursion is shown to the root" {
    capture_prof run run -q "$PROF_BUILD/examples/recursion" 40
    collapse prof.data
    # a sample may also fall into the way down, with fewer frames
    awk '/descend_/ { if (!/;main/) exit 1; if (gsub(/;descend_(left|right)/, "") >= 2000) seen = 1 }
         END { exit !seen }' collapsed.out
}

# count_signals NAME: starts counts_signals under prof in the background, up to its "ready".
start_counting() {
    "$PROF_TARGETS/wait_status" "$folder/$1.end" "$PROF_BUILD/bin/prof" run -q \
        "$PROF_TARGETS/counts_signals" >"$folder/$1.out" 2>"$folder/$1.err" 3>&- &
    waiter=$!
    wait_until grep -q ready "$folder/$1.out" || return
    prof_pid=$(cat "/proc/$waiter/task/$waiter/children")
}

@test "signals sent to prof reach the command, each once" {
    local signal waiter prof_pid
    for signal in TERM HUP USR1 USR2 INT; do
        start_counting sent
        kill -s "$signal" "$prof_pid"
        wait "$waiter"
        [ "$(cat sent.out)" = "ready
$signal 1" ] || fail "$signal: $(cat sent.out)"
        assert_end sent "exited with 0"
        info_of prof.data
        assert_true info.out 'it["samples"] > 0 and it["finished"]'
    done
}

@test "an interrupt from the terminal reaches the command once, and prof lives on" {
    capture terminal python3 "$BATS_TEST_DIRNAME/on_terminal.py" ready '\x03' \
        "$PROF_BUILD/bin/prof" run "$PROF_TARGETS/counts_signals"
    assert_end terminal "exited with 0"
    assert_line terminal.out '(^|\^C)INT 1$'
    assert_line terminal.out '^prof: wrote prof.data'
}

@test "a quit from the terminal that the command does not handle ends both" {
    capture terminal bash -c 'ulimit -c 0; exec "$@"' bash python3 \
        "$BATS_TEST_DIRNAME/on_terminal.py" begun '\x1c' \
        "$PROF_BUILD/bin/prof" run sh -c "echo begun; exec '$PROF_TARGETS/spin' 20000"
    assert_end terminal "exited with 131"
    assert_line terminal.out '^prof: wrote prof.data'
    info_of prof.data
    assert_true info.out 'it["signal"] == 3'
}

@test "prof under prof: both record, and the result is the command's" {
    capture_prof run run -q -o outer.data --svg outer.svg \
        "$PROF_BUILD/bin/prof" run -q -o inner.data "$PROF_TARGETS/exit_status" 6
    assert_end run "exited with 6"
    info_of inner.data
    assert_true info.out 'it["samples"] > 0'
    assert_true info.out '[p["exe"].rsplit("/", 1)[1] for p in it["processes"]] == ["exit_status"]'
    info_of outer.data
    assert_true info.out '"prof run" in it["command"] and it["finished"]'
}

@test "standard output is the command's alone: a recording cannot go there" {
    capture_prof run run -o - "$PROF_TARGETS/exit_status" 3
    assert_end run "exited with 2"
    assert_one_sentence run "'-'|standard output"
    [ ! -e ./- ]
}

@test "a process that outlives the command is said, not waited for" {
    # it has announced itself by the time it prints
    capture_prof run run sh -c \
        "'$PROF_TARGETS/counts_signals' >begun 2>&1 & until [ -s begun ]; do :; done; echo \$!"
    kill "$(cat run.out)"
    assert_end run "exited with 0"
    assert_line run.err '^prof: 1 process started by the command still runs'
}

@test "a program that ends at once is recorded without samples, and that is said" {
    capture_prof run run true
    assert_end run "exited with 0"
    assert_line run.err '^prof: (nothing was sampled|[0-9]+ sample)'
    info_of prof.data
    assert_true info.out 'it["finished"] and it["exit_status"] == 0'
}
