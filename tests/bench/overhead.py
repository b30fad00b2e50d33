# SPDX-License-Identifier: MIT
"""overhead.py - CPU time that a profiler adds to a fixed amount of real work."""
import os
import tempfile

import measure
import programs
import table

TITLE = "extra CPU of fixed work"
ROUNDS = 5


def bench(smoke, rounds):
    rates = [997] if smoke else [997, 4999]
    with tempfile.TemporaryDirectory(prefix="prof-bench-") as folder:
        for title, command in programs.fixed_work(folder, smoke):
            for rate in rates:
                _table(title, command, rate, rounds)


def _table(title, command, rate, rounds):
    names = measure.here()
    found = {name: [] for name in names}
    for turn in range(rounds):
        # the first of a round has the same neighbours as the last, so the order turns round
        for name in names if turn % 2 == 0 else names[::-1]:
            found[name].append(measure.run(name, command, rate, apart=True))
    # a pair in the same round has met the same machine
    plain = [run.target_cpu for run in found["none"]]
    rows = []
    for name in names:
        runs = found[name]
        samples = table.median([run.samples for run in runs])
        extra = table.median([run.target_cpu - p for run, p in zip(runs, plain)])
        beside = table.median([run.cpu - run.target_cpu for run in runs])
        rows.append([name, f"{table.median([run.target_cpu for run in runs]):.3f}",
                     f"{1e3 * extra:.0f}", f"{1e3 * beside:.0f}",
                     f"{1e3 * (extra + beside):.0f}", table.number(samples, "{:.0f}"),
                     table.number(samples and 1e6 * (extra + beside) / samples, "{:.1f}"),
                     f"{table.median([run.wall for run in runs]):.2f}"])
    table.show(f"{TITLE}: {title}, {rate} Hz",
               ["profiler", "target s", "extra ms", "beside ms", "both ms", "samples",
                "us a sample", "wall s"], rows,
               [f"medians of {rounds} rounds; extra: of the target against no profiler in the same "
                "round; beside: the profiler's own processes, start and end included"])
