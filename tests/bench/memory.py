# SPDX-License-Identifier: MIT
"""memory.py - what a profiler takes inside the target, by the target's own account."""
import measure
import table

TITLE = "memory in the target"
ROUNDS = 3


def bench(smoke, rounds):
    threads = [1, 4] if smoke else [1, 16, 128]
    names = ["none", "prof"] + (["gperftools"] if "gperftools" in measure.here() else [])
    rows = []
    for count in threads:
        found = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                found[name].append(_one(name, count, 0.05 if smoke else 1.0 / count))
        plain = _medians(found["none"])
        for name in names[1:]:
            more = [value - base for value, base in zip(_medians(found[name]), plain)]
            rows.append([name, count] + [f"{kib:.0f}" for kib in more] +
                        [f"{1024 + 64 * count:.0f}"])
    table.show(TITLE, ["profiler", "threads", "resident KiB", "shared KiB", "private KiB",
                       "address space KiB", "target KiB"], rows,
               ["more than without a profiler; resident is shared (the buffers, which are prof's "
                "memory too, and files) and private together"])


def _one(name, threads, seconds):
    command = [measure.load("resident"), str(threads), str(seconds), "{folder}/own"]
    run = measure.run(name, command, 997, count=False,
                      keep=lambda r: measure.read_numbers(r.file("own")))
    return run.kept


def _medians(runs):
    return [table.median(values) for values in zip(*runs)]
