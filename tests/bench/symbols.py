# SPDX-License-Identifier: MIT
"""symbols.py - prof addr2line beside other symbolizers.

All get the same file and the same addresses on standard input, and print all inlined functions,
demangled, with file and line, to nowhere. PROF_BENCH_FILES names ELF files with debug information,
separated by colons; without it a C++ program is generated. A tool that takes over a minute is left
out of the rest.
"""
import multiprocessing
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import measure
import symbol_addresses
import symbol_compare
import symbol_program
import table

ROUNDS = 5
COUNTS = (100, 10_000, 100_000)
LIMIT = 60


def bench(smoke, rounds):
    with tempfile.TemporaryDirectory(prefix="prof-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        named = os.environ.get("PROF_BENCH_FILES")
        files = named.split(":") if named else [_program(folder, 1 if smoke else 20)]
        for path in files:
            for count in COUNTS[:1] if smoke else COUNTS:
                _bench_one(path, count, rounds, folder)


def _program(folder, units):
    symbol_program.build(folder, units)
    return os.path.join(folder, "program")


def _bench_one(path, count, rounds, folder):
    listed = os.path.join(folder, "addresses")
    with open(listed, "w", encoding="ascii") as file:
        file.writelines(f"0x{address:x}\n" for address in symbol_addresses.choose(path, count))
    commands = {name: command for name, command in _tools(path).items()
                if shutil.which(command[0])}
    _run(commands["prof, cached"], listed)  # fills the cache
    results = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            if None not in results[name]:
                results[name].append(_run(command, listed))
    notes = _compare(path, listed) if "llvm-symbolizer" in commands else []
    table.show(f"{count} addresses of {os.path.basename(path)}, {rounds} rounds",
               ["", "seconds", "prof's part of it", "MB", "prof's part of it"],
               _rows(results), notes)


def _compare(path, listed):
    """In a process of its own: what this one has ever held would count as its children's peak."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(symbol_compare.describe, (measure.PROF, path, listed))


def _rows(results):
    ours = statistics.median(seconds for seconds, _ in results["prof"])
    our_peak = max(peak for _, peak in results["prof"])
    for name, found in results.items():
        if None in found:
            yield [name, f"> {LIMIT}", f"< {ours / LIMIT:.3f}", "-", "-"]
            continue
        seconds = statistics.median(s for s, _ in found)
        peak = max(p for _, p in found)
        yield [name, f"{seconds:.3f}", f"{ours / seconds:.3f}", f"{peak:.0f}",
               f"{our_peak / peak:.2f}"]


def _tools(path):
    uncached = [measure.PROF, "addr2line", "--no-cache", "-ifC", "-e", path]
    return {
        "prof": uncached,
        "prof, cached": [measure.PROF, "addr2line", "-ifC", "-e", path],
        "prof, one thread": ["taskset", "-c", "0", *uncached],
        "llvm-symbolizer": ["llvm-symbolizer", "--obj=" + path],
        "addr2line": ["addr2line", "-ifC", "-e", path],
        "eu-addr2line": ["eu-addr2line", "-ifC", "-e", path],
    }


def _run(command, listed):
    """Seconds and megabytes; None when it took too long."""
    with open(listed, "rb") as given:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        timer.cancel()
    process.returncode = status
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"{command} ended with status {os.WEXITSTATUS(status)}")
    return seconds, usage.ru_maxrss / 1024
