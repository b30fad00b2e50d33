# SPDX-License-Identifier: MIT
"""complete.py - how many walks reach the thread's first frame, in real programs."""
import collections
import os
import shutil
import tempfile

import measure
import programs
import table

TITLE = "walks that reached the first frame (997 Hz)"
ROUNDS = 1


def bench(smoke, rounds):
    rows, total, complete = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="prof-bench-") as folder:
        for name, command in programs.real(folder, smoke):
            info = measure.run("prof", command, 997, keep=_keep(name), count=False).kept
            reasons = collections.Counter(info["stop_reasons"])
            rest = {reason: n for reason, n in reasons.items() if n and reason != "complete"}
            total += info["samples"]
            complete += info["complete_stacks"]
            rows.append([name, info["samples"], _percent(info["complete_stacks"], info["samples"]),
                         " ".join(f"{reason} {n}" for reason, n in rest.items()) or "-"])
    rows.append(["all", total, _percent(complete, total), ""])
    table.show(TITLE, ["program", "samples", "complete", "the rest"], rows)


def _keep(name):
    """Where PROF_BENCH_KEEP names a folder, the recordings stay there, to be looked into."""
    def keep(run):
        data = run.file("prof.data")
        folder = os.environ.get("PROF_BENCH_KEEP")
        if folder:
            shutil.copy(data, os.path.join(folder, name.replace(" ", "-") + ".data"))
        return measure.info(data)
    return keep


def _percent(part, whole):
    return f"{100 * part / whole:.2f} %" if whole else "-"
