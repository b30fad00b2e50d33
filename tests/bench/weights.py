# SPDX-License-Identifier: MIT
"""weights.py - the sum of weights against the CPU time that the load itself has counted."""
import measure
import table

TITLE = "weights against CPU time (997 Hz)"
ROUNDS = 3
LOADS = [
    ("user-bound", "spin", 1, 2.0),
    ("system calls of 64 KiB", "zeros", 1, 2.0),
    ("page faults", "faults", 1, 2.0),
    ("half system calls", "mix", 1, 2.0),
    ("four threads", "spin", 4, 0.7),
    ("four threads, half system calls", "mix", 4, 0.7),
    ("fork workers of 50 ms", "workers", 2, 1.0),
    ("threads of 3 ms", "short", 1, 2.0),
]


def bench(smoke, rounds):
    scale = 0.1 if smoke else 1.0
    clocks = ["prof perf", "prof timer"]
    rows = []
    for title, kind, threads, seconds in LOADS:
        found = {clock: [] for clock in clocks}
        for _ in range(rounds):
            for clock in clocks:
                found[clock].append(_one(clock, kind, threads, seconds * scale))
        for clock in clocks:
            shares = sorted(share for share, _, _ in found[clock])
            user = table.median([u for _, u, _ in found[clock]])
            middle = table.median(shares)
            rows.append([title, clock, f"{100 * user:.0f} %", f"{100 * middle:.1f} %",
                         f"{100 * shares[0]:.1f}..{100 * shares[-1]:.1f} %",
                         table.number(table.median([s for _, _, s in found[clock]]), "{:.0f}")])
    table.show(TITLE, ["load", "clock", "user", "accounted", "range", "samples"], rows,
               [f"medians of {rounds} rounds; user: share of user time, by getrusage"])


def _one(clock, kind, threads, seconds):
    def keep(run):
        return measure.info(run.file("prof.data")), measure.read_numbers(run.file("own"))

    command = [measure.load("load"), kind, str(threads), str(seconds), "{folder}/own"]
    info, (user, system) = measure.run(clock, command, 997, keep=keep, count=False).kept
    return info["accounted_cpu_s"] / (user + system), user / (user + system), info["samples"]
