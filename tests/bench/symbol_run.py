#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbol_run.py PROF PROGRAM [ROUNDS]: how long `prof run` goes on after the program has ended.

symbol_program.py makes a program with much debug information. Printed are medians of the time from
the end of the program to the end of prof, with an empty cache of symbols and with that of the run
before; what of it the picture and the table take, from a run with nothing left to look up
(`prof record --no-symbols`); and the time of `perf script` with inlined calls on samples of
`perf record -g` at the same rate, which is cut off after ten minutes.
"""

import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PERF_LIMIT_S = 600
HZ = 997


def debug_megabytes(program):
    text = subprocess.run(["readelf", "-SW", program], check=True, capture_output=True,
                          text=True).stdout
    sizes = [int(line.split("]")[1].split()[4], 16) for line in text.splitlines()
             if "] .debug" in line]
    return sum(sizes) / 1e6


def first_child(prof):
    """The program under a prof that has just been started."""
    path = f"/proc/{prof.pid}/task/{prof.pid}/children"
    while prof.poll() is None:
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        if children:
            return int(children[0])
    sys.exit(f"{prof.args[0]} ended with status {prof.returncode} and started no program")


def after_the_end(command, folder):
    """Seconds between the end of the first child of the command and that of the command."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as prof:
        target = os.pidfd_open(first_child(prof))
        select.select([target], [], [])  # readable once it is a zombie
        ended = time.monotonic()
        status = prof.wait()
        os.close(target)
        if status:
            sys.exit(f"{command[0]} ended with status {status}")
        return time.monotonic() - ended


def perf_script(program, folder):
    """Seconds, and the samples that were printed in them, or None without perf."""
    data = os.path.join(folder, "perf.data")
    recorded = shutil.which("perf") and subprocess.run(
        ["perf", "record", "-q", "-F", str(HZ), "-g", "-o", data, program], check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    if not recorded:
        return None
    out = os.path.join(folder, "perf.out")
    begin = time.monotonic()
    with open(out, "wb") as file:
        try:
            subprocess.run(["perf", "script", "--inline", "-F", "comm,tid,time,event,ip,sym,srcline",
                            "-i", data], check=False, stdout=file, stderr=subprocess.DEVNULL,
                           timeout=PERF_LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
    seconds = time.monotonic() - begin
    with open(out, encoding="utf-8", errors="replace") as file:
        printed = sum(1 for line in file if line.strip() and not line[0].isspace())
    total = subprocess.run(["perf", "script", "-F", "time", "-i", data], check=False,
                           capture_output=True, text=True).stdout.count("\n")
    return seconds, printed, total


def main():
    prof, program = sys.argv[1], os.path.abspath(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    times = {"cold": [], "warm": [], "nothing to look up": []}
    with tempfile.TemporaryDirectory() as folder:
        cache = os.path.join(folder, "cache")
        os.environ["XDG_CACHE_HOME"] = cache
        run = [os.path.abspath(prof), "run", "-F", str(HZ), "--", program]
        record = [os.path.abspath(prof), "record", "-F", str(HZ), "--no-symbols", "--", program]
        after_the_end(run, folder)  # the program's pages, and ours
        for _ in range(rounds):
            shutil.rmtree(cache, ignore_errors=True)
            times["cold"].append(after_the_end(run, folder))
            times["warm"].append(after_the_end(run, folder))
            times["nothing to look up"].append(after_the_end(record, folder))
        perf = perf_script(program, folder)
    print(f"{program}: {debug_megabytes(program):.0f} MB of debug information, {rounds} rounds")
    print("from the end of the program to the end of prof, seconds:")
    for name, seconds in times.items():
        print(f"  {name:20} {statistics.median(seconds):8.3f}   "
              f"({min(seconds):.3f} to {max(seconds):.3f})")
    if perf:
        cut = ", cut off" if perf[1] < perf[2] else ""
        print(f"  {'perf script':20} {perf[0]:8.3f}   "
              f"({perf[1]:,} of {perf[2]:,} samples{cut})")


main()
