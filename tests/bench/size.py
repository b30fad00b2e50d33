# SPDX-License-Identifier: MIT
"""size.py - bytes a sample in the recording of a real program."""
import os
import tempfile

import measure
import programs
import table

TITLE = "bytes a sample, python3 running a mixed script at 997 Hz"
ROUNDS = 1


def bench(smoke, rounds):
    rows = []
    with tempfile.TemporaryDirectory(prefix="prof-bench-") as folder:
        script = programs.write(folder, "work.py",
                                programs.PYTHON_WORK.format(turns=3 if smoke else 1400))
        for _ in range(rounds):
            rows.append(_one([programs.python(), script]))
    table.show(TITLE, ["seconds", "samples", "bytes", "a sample", "with names", "a sample"], rows,
               ["with names: after prof info has looked the addresses up and written them back"])


def _one(command):
    def keep(run):
        path = run.file("prof.data")
        bare = os.path.getsize(path)
        info = measure.info(path)
        return info, bare, os.path.getsize(path)

    info, bare, named = measure.run("prof", command, 997, keep=keep, count=False).kept
    samples = info["samples"]
    return [f"{info['duration_s']:.0f}", samples, bare, f"{bare / samples:.1f}", named,
            f"{named / samples:.1f}"]
