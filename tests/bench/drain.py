# SPDX-License-Identifier: MIT
"""drain.py - whether the collector keeps up: eight threads at 9999 Hz."""
import measure
import table

TITLE = "eight threads at 9999 Hz"
ROUNDS = 3


def bench(smoke, rounds):
    seconds = 0.2 if smoke else 2.5  # of each thread: 10 s on two processors
    rows = []
    for _ in range(rounds):
        command = [measure.load("load"), "spin", "8", str(seconds), "{folder}/own"]
        run = measure.run("prof perf", command, 9999, count=False, apart=True,
                          keep=lambda r: measure.info(r.file("prof.data")))
        info = run.kept
        beside = run.cpu - run.target_cpu
        rows.append([f"{run.wall:.1f}", f"{run.target_cpu:.1f}", info["samples"],
                     info["lost_samples"], f"{beside:.2f}", f"{100 * beside / run.cpu:.1f} %",
                     f"{1e6 * beside / max(info['samples'], 1):.1f}"])
    table.show(TITLE, ["wall s", "target CPU s", "samples", "lost", "collector CPU s", "of all",
                       "us a sample"], rows)
