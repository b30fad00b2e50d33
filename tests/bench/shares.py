# SPDX-License-Identifier: MIT
"""shares.py - shares of functions against what the program itself has counted."""
import json
import math
import subprocess

import measure
import table

TITLE = "shares of functions with a known split"
ROUNDS = 5
FUNCTIONS = ["part_half", "part_third", "part_sixth", "part_rest", "part_kernel"]


def bench(smoke, rounds):
    rows = []
    for title, threads, mixed in [("user", 1, 0), ("user", 4, 0), ("user and kernel", 1, 1),
                                  ("user and kernel", 4, 1)]:
        for clock in ("prof perf", "prof timer"):
            runs = [_one(clock, threads, mixed, 0.3 if smoke else 3.0 / threads ** 0.5)
                    for _ in range(rounds)]
            rows += _rows(title, threads, clock, runs)
    table.show(TITLE, ["load", "threads", "clock", "function", "counted", "sampled", "samples",
                       "standard errors", "worst"], rows,
               [f"medians of {rounds} runs; a standard error is sqrt(p (1 - p) / n) with n distinct "
                "samples; worst: of all runs"])


def _rows(title, threads, clock, runs):
    for function in FUNCTIONS:
        seen = [run[function] for run in runs if function in run]
        if not seen:
            continue
        errors = [_errors(*one) for one in seen]
        yield [title, threads, clock, function,
               f"{100 * table.median([true for true, _, _ in seen]):.2f} %",
               f"{100 * table.median([share for _, share, _ in seen]):.2f} %",
               f"{table.median([n for _, _, n in seen]):.0f}", f"{table.median(errors):+.2f}",
               f"{max(errors, key=abs):+.2f}"]


def _errors(true, share, samples):
    return (share - true) / math.sqrt(true * (1 - true) / samples)


def _one(clock, threads, mixed, seconds):
    """function -> (share counted, share sampled, samples that the precision follows from)"""
    def keep(run):
        with open(run.file("own"), encoding="ascii") as file:
            true = {name: float(share) for name, share in (line.split() for line in file)}
        text = subprocess.run([measure.PROF, "report", "--json", "-n", "0", run.file("prof.data")],
                              check=True, capture_output=True, timeout=60).stdout
        return true, json.loads(text)["functions"]

    command = [measure.load("split"), str(threads), str(mixed), str(seconds), "{folder}/own"]
    true, functions = measure.run(clock, command, 997, keep=keep, count=False).kept
    found = {one["function"]: one for one in functions if one["function"] in true}
    whole = sum(one["total_s"] for one in found.values())
    # samples of the kernel's tick weigh more than those of perf: as many of this function's kind
    # as would make up the whole
    return {name: (true[name], one["total_s"] / whole,
                   whole * one["total_samples"] / one["total_s"])
            for name, one in found.items()}
