# SPDX-License-Identifier: MIT
"""rates.py - distinct samples per CPU second of a load that stays in user mode."""
import measure
import table

TITLE = "distinct samples per CPU second, user-bound"
ROUNDS = 3


def bench(smoke, rounds):
    rates, threads = ([997], [1]) if smoke else ([997, 4999, 9999], [1, 4])
    seconds = 0.3 if smoke else 2.0
    names = [name for name in measure.here() if name not in ("none", "perf dwarf")]
    rows = []
    for rate in rates:
        for count in threads:
            found = {name: [] for name in names}
            for _ in range(rounds):
                for name in names:
                    found[name].append(_one(name, rate, count, seconds))
            rows += [_row(rate, count, name, found[name]) for name in names]
    table.show(TITLE, ["profiler", "asked", "threads", "per CPU s", "of asked", "per user s"],
               rows, ["CPU and user time are what the load itself has counted"])


def _one(name, rate, threads, seconds):
    command = [measure.load("load"), "spin", str(threads), str(seconds), "{folder}/own"]
    run = measure.run(name, command, rate, keep=lambda r: measure.read_numbers(r.file("own")))
    user, system = run.kept
    return run.samples / (user + system), run.samples / user


def _row(rate, threads, name, found):
    cpu = table.median([per_cpu for per_cpu, _ in found])
    user = table.median([per_user for _, per_user in found])
    return [name, rate, threads, f"{cpu:.0f}", f"{100 * cpu / rate:.1f} %", f"{user:.0f}"]
