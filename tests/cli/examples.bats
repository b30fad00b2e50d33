#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# examples.bats - the examples do what their headers say, with prof and without.

# shellcheck disable=SC2154 # variables that helpers.bash sets
load helpers

# check EXAMPLE: a little work, the same output with prof and without, samples in the recording.
check() {
    [ -x "$PROF_BUILD/examples/$1" ] || skip "this machine cannot build examples/$1"
    assert_same_as_unprofiled "$PROF_BUILD/examples/$1" 20
    grep -q '^exited with 0$' "$folder/unprofiled.end" || fail "$1 failed"
    [ -s "$folder/unprofiled.out" ] || fail "$1 printed nothing"
    assert_recorded
}

@test "example split runs" { check split; }
@test "example templates runs" { check templates; }
@test "example threads runs" { check threads; }
@test "example workers runs" { check workers; }
@test "example plugin runs" { check plugin; }
@test "example recursion runs" { check recursion; }
@test "example shapes runs" { check shapes; }

@test "examples refuse an amount of work that is no number" {
    local example
    for example in split templates threads workers plugin recursion shapes; do
        [ -x "$PROF_BUILD/examples/$example" ] || continue
        capture wrong "$PROF_BUILD/examples/$example" much
        grep -q '^exited with 2$' "$folder/wrong.end" || fail "$example took 'much' for a number"
        grep -q '^usage: ' "$folder/wrong.err" || fail "$example did not say how it is used"
    done
}
