# SPDX-License-Identifier: MIT
"""startup.py - what it costs to profile a program that does nothing."""
import measure
import table

TITLE = "wall time of programs that do nothing"
ROUNDS = 15


def bench(smoke, rounds):
    names = ["none", "prof"] + [name for name in ("gperftools", "perf -g") if name in measure.here()]
    spawns = 10 if smoke else 300
    works = [("true", ["true"], 1),
             (f"{spawns} x true", ["sh", "-c", f"i=0; while [ $i -lt {spawns} ]; do /bin/true; "
                                   "i=$((i + 1)); done"], spawns)]
    rows = []
    for title, command, count in works:
        found = {name: [] for name in names}
        for _ in range(rounds if count == 1 else max(rounds // 4, 1)):
            for name in names:
                found[name].append(measure.run(name, command, 997, count=False))
        plain = table.median([run.wall for run in found["none"]])
        for name in names:
            wall = table.median([run.wall for run in found[name]])
            rows.append([title, name, f"{1e3 * wall:.1f}", f"{1e3 * (wall - plain):.1f}",
                         f"{1e3 * (wall - plain) / count:.2f}"])
    table.show(TITLE, ["command", "profiler", "wall ms", "more ms", "more ms each"], rows)
