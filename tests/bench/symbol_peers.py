#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbol_peers.py PROF FILE ADDRESSES [RUNS [LIMIT]]: prof addr2line beside other symbolizers.

All get the same file and the same addresses on standard input, and print all inlined functions,
demangled, with file and line, to nowhere. They run in turn, RUNS times; a run over LIMIT seconds
is cut, and its tool left out of the rest. Prints for each the median of wall time, what prof's is
of it, and the peak of memory.
"""

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time


def tools(prof, path):
    uncached = [prof, "addr2line", "--no-cache", "-ifC", "-e", path]
    return {
        "prof": uncached,
        "prof, cached": [prof, "addr2line", "-ifC", "-e", path],
        "prof, one thread": ["taskset", "-c", "0", *uncached],
        "llvm-symbolizer": ["llvm-symbolizer", "--obj=" + path],
        "addr2line": ["addr2line", "-ifC", "-e", path],
        "eu-addr2line": ["eu-addr2line", "-ifC", "-e", path],
    }


def run(command, addresses, limit):
    """Seconds and megabytes; None when it took too long."""
    with open(addresses, "rb") as given:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        timer = threading.Timer(limit, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        timer.cancel()
    process.returncode = status
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        sys.exit(f"{command} ended with status {os.WEXITSTATUS(status)}")
    return seconds, usage.ru_maxrss / 1024


def main():
    prof, path, addresses = sys.argv[1:4]
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    limit = float(sys.argv[5]) if len(sys.argv) > 5 else 60
    commands = {name: command for name, command in tools(prof, path).items()
                if shutil.which(command[0])}
    results = {name: [] for name in commands}
    run(commands["prof, cached"], addresses, limit)
    for _ in range(runs):
        for name, command in commands.items():
            if None not in results[name]:
                results[name].append(run(command, addresses, limit))
    ours = statistics.median(seconds for seconds, _ in results["prof"])
    print(f"{path}, {addresses}, {runs} runs\n\n"
          "| tool | seconds | prof's part of it | MB |\n|---|---|---|---|")
    for name, found in results.items():
        if None in found:
            print(f"| {name} | > {limit:.0f} | < {ours / limit:.3f} | |")
            continue
        seconds = statistics.median(s for s, _ in found)
        print(f"| {name} | {seconds:.3f} | {ours / seconds:.3f} | {max(m for _, m in found):.0f} |")


main()
