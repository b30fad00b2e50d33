#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# walks.bats - stacks are complete where unwinding is hard.
load helpers

# assert_walks TARGET STACK: every sample of the target reaches its thread's first frame, and most
# of its time is below STACK (as in `prof export`, without the program's start-up frames).
assert_walks() {
    require_target "$1"
    capture_prof recorded record -q -o walk.data "$PROF_TARGETS/$1" || return
    "$PROF_BUILD/bin/prof" info --json walk.data >info.json
    "$PROF_BUILD/bin/prof" export walk.data >walk.folded
    python3 - <<'PY' || return
import json
info = json.load(open("info.json"))
assert info["samples"] >= 20, f"only {info['samples']} samples"
incomplete = [line for line in open("walk.folded") if "incomplete" in line]
assert info["complete_stacks"] == info["samples"], f"{info['stop_reasons']} {incomplete}"
PY
    python3 - "$2" <<'PY'
import sys
below = total = 0
for line in open("walk.folded"):
    stack, weight = line.rsplit(" ", 1)
    total += int(weight)
    below += int(weight) * (sys.argv[1] in stack)
assert below >= 0.9 * total, f"{below} of {total} below {sys.argv[1]}: {open('walk.folded').read()}"
PY
}

@test "libunwind finishes the walk where the rule is beyond the sampler" {
    assert_walks unusual_cfi "main;unusual_caller;unusual_spin"
}

@test "hand-written assembly with CFI is walked through" {
    assert_walks assembly "main;assembly_spin;assembly_leaf"
}

@test "a coroutine is walked through, 4,000 frames deep" {
    assert_walks deep_coroutine "coroutine_main;$(printf 'dig;%.0s' {1..4000})work"
}
