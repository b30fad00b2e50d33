# SPDX-License-Identifier: MIT
#
# helpers.bash - what the command-line tests share; each test file begins with `load helpers`.
#
# PROF_BUILD    the build under test (default: build). Never the sanitized one: libprof.so runs
#               inside the programs that are profiled.
# PROF_TARGETS  where the target programs are (default: in PROF_BUILD, else in build-tests).
#
# Each test gets a folder of its own in $folder and starts in it.

repository=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PROF_BUILD=${PROF_BUILD:-$repository/build}
if [ -z "${PROF_TARGETS:-}" ]; then
    PROF_TARGETS=$PROF_BUILD/targets
    [ -d "$PROF_TARGETS" ] || PROF_TARGETS=$repository/build-tests/targets
fi
export PROF_BUILD PROF_TARGETS

# Answers of the symbolizer are remembered where this run of the tests ends, not with the user's.
export XDG_CACHE_HOME=${BATS_RUN_TMPDIR:-${BATS_TMPDIR:-/tmp}}/prof-cache

# A test may name others. A high rate: what sampling disturbs, it disturbs more often.
prof_run_options=(-q -F 4999)

# A run that takes longer hangs; the slowest target needs two seconds on its own.
run_limit_s=${PROF_TEST_LIMIT_S:-60}

setup() {
    [ -x "$PROF_BUILD/bin/prof" ] || fail "no $PROF_BUILD/bin/prof: build it, or set PROF_BUILD"
    folder=$(mktemp -d "${TMPDIR:-/tmp}/prof-test.XXXXXX")
    cd "$folder" || fail "cannot use $folder"
}

teardown() {
    cd /
    rm -rf "$folder"
}

# fail MESSAGE...: ends the test. A helper says `|| return` after it, so that it fails as well where
# it is called in a condition, in which bash does not end on errors.
fail() {
    printf '%s\n' "$@" >&2
    return 1
}

# require_target NAME: skips the test on a machine that could not build the target.
require_target() {
    [ -x "$PROF_TARGETS/$1" ] || skip "this machine cannot build $1"
}

# require_32bit: skips the test where the target could not be built, or the kernel runs no such programs.
require_32bit() {
    local status=0
    require_target spin_32bit
    "$PROF_TARGETS/spin_32bit" 1 >/dev/null 2>&1 || status=$?
    [ "$status" -ne 126 ] || skip "the kernel of this machine runs no 32-bit programs"
}

# capture NAME COMMAND...: runs the command; NAME.out, NAME.err and NAME.end hold what came of it.
# Standard input is the file in $target_stdin, nothing without one.
capture() {
    local name=$1 status=0
    shift
    timeout -k 5 "$run_limit_s" "$PROF_TARGETS/wait_status" "$folder/$name.end" "$@" \
        <"${target_stdin:-/dev/null}" >"$folder/$name.out" 2>"$folder/$name.err" 3>&- || status=$?
    [ "$status" -eq 0 ] || fail "did not end within $run_limit_s s: $*" "$(cat "$folder/$name.err")"
}

# capture_profiled COMMAND...: the command under `prof run`, as every comparison runs it.
capture_profiled() {
    capture profiled "$PROF_BUILD/bin/prof" run "${prof_run_options[@]}" \
        -o "$folder/prof.data" --svg "$folder/flamegraph.svg" -- "$@"
}

# assert_same_files WHAT EXPECTED ACTUAL
assert_same_files() {
    local difference
    difference=$(diff -u --label unprofiled --label profiled "$2" "$3") ||
        fail "$1 differs under prof:" "$difference"
}

# assert_same_as_unprofiled [-i REGEX] COMMAND...: standard output, standard error without the lines
# of prof itself, and exit status or signal are the same with prof and without. Lines that match
# REGEX are left out of the comparison of standard output.
assert_same_as_unprofiled() {
    local ignore=
    if [ "$1" = -i ]; then
        ignore=$2
        shift 2
    fi
    capture unprofiled "$@" || return
    capture_profiled "$@" || return
    if [ -n "$ignore" ]; then
        sed -i -E "/$ignore/d" "$folder/unprofiled.out" "$folder/profiled.out"
    fi
    sed '/^prof: /d' "$folder/profiled.err" >"$folder/profiled.without_prof.err"
    assert_same_files "standard output" "$folder/unprofiled.out" "$folder/profiled.out" || return
    assert_same_files "standard error" "$folder/unprofiled.err" \
        "$folder/profiled.without_prof.err" || return
    assert_same_files "the way it ended" "$folder/unprofiled.end" "$folder/profiled.end"
}

# info KEY: one value of `prof info --json` about the recording of this test.
info() {
    "$PROF_BUILD/bin/prof" info --json "$folder/prof.data" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# assert_recorded: the last profiled run left samples. Without this, a prof that merely runs the
# command would pass every comparison.
assert_recorded() {
    local samples
    [ -s "$folder/prof.data" ] ||
        fail "prof left no recording" "$(cat "$folder/profiled.err")" || return
    samples=$(info samples) || fail "prof info cannot read the recording" || return
    [ "$samples" -gt 0 ] || fail "the recording holds no samples" "$(cat "$folder/profiled.err")"
}

# assert_prof_said REGEX: a message of prof's own in the last profiled run matches.
assert_prof_said() {
    grep -q -i -E "^prof: .*($1)" "$folder/profiled.err" ||
        fail "no message of prof matches /$1/:" "$(cat "$folder/profiled.err")"
}

# capture_prof NAME ARGUMENT...: capture, for prof itself.
capture_prof() {
    capture "$1" "$PROF_BUILD/bin/prof" "${@:2}"
}

# assert_end NAME HOW: as wait_status writes it, "exited with 3".
assert_end() {
    local how
    how=$(cat "$folder/$1.end")
    [[ $how == "$2"* ]] ||
        fail "$1 $how, expected: $2" "$(cat "$folder/$1.err")"
}

# assert_line NAME.out|NAME.err REGEX: a line matches.
assert_line() {
    grep -q -E -e "$2" "$folder/$1" || fail "no line of $1 matches /$2/:" "$(cat "$folder/$1")"
}

# assert_no_line NAME.out|NAME.err REGEX
assert_no_line() {
    ! grep -q -E -e "$2" "$folder/$1" || fail "a line of $1 matches /$2/:" "$(cat "$folder/$1")"
}

# assert_one_sentence NAME REGEX: one line of prof's own, this one, and nothing else from it.
assert_one_sentence() {
    local lines
    lines=$(grep -c '^prof: ' "$folder/$1.err")
    [ "$lines" -eq 1 ] ||
        fail "prof said $lines lines, expected one:" "$(cat "$folder/$1.err")" || return
    assert_line "$1.err" "^prof: .*($2)"
}

# evaluate FILE EXPRESSION: prints a Python expression about the JSON in a file, called `it`.
evaluate() {
    python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# assert_true FILE EXPRESSION: about the JSON in a file, as with evaluate.
assert_true() {
    [ "$(evaluate "$1" "bool($2)")" = True ] ||
        fail "not so in $1: $2" "$(python3 -m json.tool "$1" | head -n 100)"
}

# assert_accounted FILE: the samples in a `prof info --json` are worth the CPU time, 3 % aside, and
# what chance does: time in the kernel is sampled at the tick, every 4 ms or so, and that many
# samples vary with their square root.
assert_accounted() {
    assert_true "$1" 'abs(it["accounted_cpu_s"] - it["cpu_s"])
        <= 0.03 * it["cpu_s"] + 2 * (0.004 * it["cpu_s"]) ** 0.5'
}

# info_of RECORDING: leaves `prof info --json` in info.out.
info_of() {
    capture_prof info info --json "$1" || return
    assert_end info "exited with 0"
}

# wait_until COMMAND...: repeats it until it succeeds, for at most half a minute.
wait_until() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        if "$@"; then
            return 0
        fi
        sleep 0.05
    done
    fail "waited in vain for: $*"
}

# require_root: skips the test of any other user.
require_root() {
    [ "$(id -u)" -eq 0 ] || skip "this takes root"
}

# install_copy: prof and libprof.so alone in $folder/copy, readable by every user.
install_copy() {
    mkdir -p "$folder/copy/bin" "$folder/copy/lib/prof"
    cp "$PROF_BUILD/bin/prof" "$folder/copy/bin/"
    cp "$PROF_BUILD/lib/prof/libprof.so" "$folder/copy/lib/prof/"
    chmod 755 "$folder"
}

# Before a command: it runs as a user whom permissions bind, which root is not. For the tests.
# shellcheck disable=SC2034
as_nobody=()
# shellcheck disable=SC2034
[ "$(id -u)" -ne 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
