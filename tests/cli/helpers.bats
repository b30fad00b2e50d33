#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# helpers.bats - the comparisons of helpers.bash fail where they should: each test puts a prof with
# one fault in the place of the real one.

# shellcheck disable=SC2016,SC2034,SC2154 # $ meant for the stand-in; variables of helpers.bash
load helpers

# stand_in LINE...: a `prof` that records "one sample", then runs these lines; the command to run is
# in "$@".
stand_in() {
    PROF_BUILD=$folder/stand-in
    mkdir -p "$PROF_BUILD/bin"
    {
        cat <<'EOF'
#!/bin/bash
if [ "$1" = info ]; then
    echo '{"samples": 1}'
    exit
fi
while [ "$1" != -- ]; do
    if [ "$1" = -o ]; then
        recording=$2
    fi
    shift
done
shift
echo "prof: 1 sample" >&2
echo PROFDATA >"$recording"
EOF
        printf '%s\n' "$@"
    } >"$PROF_BUILD/bin/prof"
    chmod +x "$PROF_BUILD/bin/prof"
}

# refuses MESSAGE COMMAND...: the assertion fails and says so in these words.
refuses() {
    local message=$1 output
    shift
    if output=$("$@" 2>&1); then
        fail "passed: $*"
    fi
    [[ $output == *"$message"* ]] || fail "failed for another reason: $output"
}

@test "a prof that only runs the command is the same as none" {
    stand_in 'exec "$@"'
    assert_same_as_unprofiled "$PROF_TARGETS/exit_status" 7
    assert_recorded
    assert_prof_said "1 sample"
}

@test "a changed standard output is found" {
    stand_in '"$@"; status=$?; echo more; exit $status'
    refuses "standard output differs" assert_same_as_unprofiled "$PROF_TARGETS/spin" 1
}

@test "a line on standard error is found" {
    stand_in 'echo warning >&2; exec "$@"'
    refuses "standard error differs" assert_same_as_unprofiled "$PROF_TARGETS/spin" 1
}

@test "a changed exit status is found" {
    stand_in '"$@"; exit 0'
    refuses "the way it ended differs" assert_same_as_unprofiled "$PROF_TARGETS/exit_status" 7
}

@test "a signal turned into an exit status is found" {
    stand_in 'exec 2>/dev/null; "$@"; exit $?'
    refuses "the way it ended differs" assert_same_as_unprofiled "$PROF_TARGETS/die_by_signal" 15
}

@test "a leaked descriptor is found" {
    stand_in 'exec 9</dev/null "$@"'
    refuses "standard output differs" assert_same_as_unprofiled "$PROF_TARGETS/shows_surroundings"
}

@test "a prof that hangs is found" {
    stand_in 'sleep 5'
    run_limit_s=1
    refuses "did not end within 1 s" assert_same_as_unprofiled "$PROF_TARGETS/spin" 1
}

@test "a missing recording is found" {
    stand_in 'rm "$recording"; exec "$@"'
    assert_same_as_unprofiled "$PROF_TARGETS/spin" 1
    refuses "prof left no recording" assert_recorded
}

@test "an empty profile is found" {
    stand_in 'exec "$@"'
    sed -i 's/"samples": 1/"samples": 0/' "$PROF_BUILD/bin/prof"
    assert_same_as_unprofiled "$PROF_TARGETS/spin" 1
    refuses "holds no samples" assert_recorded
}

# said LINE...: what the next assertions find in said.err.
said() {
    printf '%s\n' "$@" >said.err
}

@test "an end of another kind is found" {
    capture ended "$PROF_TARGETS/exit_status" 7
    assert_end ended "exited with 7"
    refuses "exited with 7, expected: exited with 0" assert_end ended "exited with 0"
    refuses "expected: killed by signal 7" assert_end ended "killed by signal 7 "
}

@test "a missing line and one too many are found" {
    said "prof: one" "other"
    assert_line said.err '^prof: o'
    assert_no_line said.err '^prof: t'
    refuses "no line of said.err matches" assert_line said.err '^prof: t'
    refuses "a line of said.err matches" assert_no_line said.err '^o'
}

@test "two sentences where one is enough are found, and none, and another" {
    said "prof: one"
    assert_one_sentence said "one"
    refuses "no line of said.err matches" assert_one_sentence said "two"
    said "prof: one" "prof: two"
    refuses "prof said 2 lines" assert_one_sentence said "one"
    said "one"
    refuses "prof said 0 lines" assert_one_sentence said "one"
}

@test "JSON that is not so is found, and what is no JSON" {
    echo '{"samples": 3, "threads": []}' >good.json
    echo '{"samples": 3' >cut.json
    assert_true good.json 'it["samples"] == 3'
    refuses "not so in good.json" assert_true good.json 'it["threads"]'
    refuses "not so in good.json" assert_true good.json 'it["nothing"]'
    refuses "not so in cut.json" assert_true cut.json 'True'
}

@test "shares that are off are found" {
    printf '%-16s  %5.1f %%\n' one 15 two 20 three 40 four 25 >printed
    report() {
        printf '{"samples": %d, "functions": [' "$1"
        printf '{"function": "one", "self_percent": %s}, {"function": "two", "self_percent": 20},' "$2"
        printf '{"function": "three", "self_percent": %s}, {"function": "four", "self_percent": 25}]}' "$3"
    }
    report 400 15 40 >same.json
    report 400 22 33 >near.json
    report 400 27 28 >far.json
    report 100 15 40 >few.json
    python3 "$BATS_TEST_DIRNAME/check_shares.py" printed same.json
    python3 "$BATS_TEST_DIRNAME/check_shares.py" printed near.json
    refuses "too far off: one, three" python3 "$BATS_TEST_DIRNAME/check_shares.py" printed far.json
    refuses "too little" python3 "$BATS_TEST_DIRNAME/check_shares.py" printed few.json
}

@test "what prof remembers stays out of the user's own cache" {
    mkdir home
    gcc -O2 -g -Wl,--build-id=sha1 -x c -o burns - <<'EOF'
int main(void)
{
    for (volatile unsigned i = 0; i < 300000000; i++) {
    }
    return 0;
}
EOF
    HOME=$folder/home capture_prof run run -q ./burns
    assert_end run "exited with 0"
    [ -z "$(find home -mindepth 1)" ] || fail "in the home folder: $(find home)"
    [ -n "$(find "$XDG_CACHE_HOME/prof/symbols" -type f)" ] || fail "nothing was remembered at all"
}
