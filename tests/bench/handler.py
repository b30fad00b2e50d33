# SPDX-License-Identifier: MIT
"""handler.py - nanoseconds of the profilers' signal handlers by depth of the stack, and of
libunwind on the same stacks."""
import measure
import table

TITLE = "handler, warm, at one stack"
ROUNDS = 3
DEPTHS = [1, 8, 32, 128, 512]


def bench(smoke, rounds):
    depths = [1, 8] if smoke else DEPTHS
    names = [name for name in ("prof perf", "prof timer", "gperftools") if name in measure.here()]
    frames = {depth: _libunwind(depth)["frames"] for depth in depths}
    found = {}
    for _ in range(rounds):
        for depth in depths:
            for name in names:
                command = [measure.load("handler_cost"), str(depth)]
                run = measure.run(name, command, 997, count=False)
                figures = _figures(run.output)
                _add(found, name, depth, figures.get("handler"))
                if name.startswith("prof"):
                    _add(found, name + ", first sight", depth, figures.get("first_sight"))
            for what, ns in _libunwind(depth).items():
                if what != "frames":
                    _add(found, "libunwind " + what, depth, ns)
    rows = []
    for name, by_depth in found.items():
        medians = {depth: table.median(values) for depth, values in by_depth.items()}
        slope, fixed = table.line_through([(frames[d], ns) for d, ns in medians.items()])
        rows.append([name] + [table.number(medians[d], "{:.0f}") for d in depths] +
                    [f"{fixed:.0f}", f"{slope:.1f}"])
    table.show(TITLE, ["ns a call at frames"] + [str(int(frames[d])) for d in depths] +
               ["fixed", "a frame"], rows,
               ["gperftools keeps 254 frames at most, and its line is drawn through all depths"]
               if "gperftools" in names else [])


def _libunwind(depth):
    command = [measure.load("handler_cost"), "--libunwind", str(depth)]
    return _figures(measure.run("none", command, 997, count=False).output)


def _figures(output):
    lines = [line.split() for line in output.splitlines()]
    return {words[0]: float(words[1]) for words in lines if len(words) == 2}


def _add(found, name, depth, ns):
    if ns is not None:
        found.setdefault(name, {}).setdefault(depth, []).append(ns)
