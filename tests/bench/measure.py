# SPDX-License-Identifier: MIT
"""measure.py - runs commands under prof and its peers, and says what came of it.

A profiler is a function from (command, rate, run) to (command line, samples): what to run, and a
function that counts the samples afterwards.
"""
import glob
import json
import os
import resource
import shutil
import struct
import subprocess
import tempfile
import time

BUILD = os.environ.get("PROF_BUILD", os.path.join(os.getcwd(), "build"))
LOADS = os.environ.get("PROF_BENCH_LOADS", os.path.join(BUILD, "bench"))
PROF = os.path.join(BUILD, "bin", "prof")
TIME_LIMIT = 300


class Run:
    """One run: wall seconds, CPU seconds of everything, and of the target alone."""

    def __init__(self, folder):
        self.folder = folder
        self.wall = self.cpu = 0.0
        self.target_cpu = self.samples = self.kept = self.status = None
        self.output = ""

    def file(self, name):
        return os.path.join(self.folder, name)


def load(name):
    """The path of one of the programs in tests/bench/loads."""
    return os.path.join(LOADS, name)


def libprofiler():
    """gperftools' library, or None."""
    found = glob.glob("/usr/lib/*/libprofiler.so.0") + glob.glob("/usr/lib*/libprofiler.so.0")
    return found[0] if found else None


def read_numbers(path):
    """The first line of a file, as numbers; empty when there is no such file."""
    try:
        with open(path, encoding="ascii") as file:
            return [float(word) for word in file.readline().split()]
    except FileNotFoundError:
        return []


def info(path):
    """What `prof info --json` says of a recording."""
    text = subprocess.run([PROF, "info", "--json", path], check=True, capture_output=True,
                          timeout=TIME_LIMIT).stdout
    return json.loads(text)


def gperftools_samples(path):
    """Samples in a file of CPUPROFILE: a header of 5 words, then records of count, depth, stack;
    the record with depth 1 and address 0 ends them."""
    total = 0
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    at = 5 * 8
    while at + 24 <= len(data):
        count, depth, first = struct.unpack_from("<QQQ", data, at)
        if depth == 1 and first == 0:
            break
        total += count
        at += 16 + 8 * depth
    return total


def perf_samples(path):
    """Samples in a perf.data, by perf itself."""
    text = subprocess.run(["perf", "report", "--stats", "-i", path], capture_output=True,
                          text=True, timeout=TIME_LIMIT).stdout
    total = 0
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["SAMPLE", "events:"]:
            total = max(total, int(words[2]))
    return total


def nothing(command, _rate, _run):
    return command, lambda: None


def with_prof(*options):
    """prof record with these options."""
    def profiler(command, rate, run):
        data = run.file("prof.data")
        line = [PROF, "record", "-q", "-F", str(rate), *options, "-o", data, "--", *command]
        return line, lambda: info(data)["samples"]
    return profiler


def with_gperftools(command, rate, run):
    data = run.file("gperftools.prof")
    preload = ["env", f"LD_PRELOAD={libprofiler()}", f"CPUPROFILE={data}",
               f"CPUPROFILE_FREQUENCY={min(rate, 4000)}"]
    return preload + command, lambda: gperftools_samples(data)


def with_perf(*options):
    """perf record with these options."""
    def profiler(command, rate, run):
        data = run.file("perf.data")
        line = ["perf", "record", "-q", "-F", str(rate), *options, "-o", data, "--", *command]
        return line, lambda: perf_samples(data)
    return profiler


PROFILERS = {
    "none": nothing,
    "prof": with_prof(),
    "prof perf": with_prof("--clock", "perf"),
    "prof timer": with_prof("--clock", "timer"),
    "gperftools": with_gperftools,
    "perf -g": with_perf("-g"),
    "perf dwarf": with_perf("--call-graph", "dwarf"),
}


def here():
    """The names of the profilers that this machine has."""
    missing = set()
    if not libprofiler():
        missing.add("gperftools")
    if not shutil.which("perf"):
        missing |= {"perf -g", "perf dwarf"}
    return [name for name in PROFILERS if name not in missing | {"prof"}]


def _cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _command_line(name, command, rate, run, apart):
    """What to run, and the function that counts samples. `apart`: the target's CPU time is to be
    told from the profiler's, so something between them measures it."""
    wrap = [load("measured"), run.file("target")] if apart else []
    command = [word.replace("{folder}", run.folder) for word in command]
    if name != "gperftools":
        return PROFILERS[name](wrap + command, rate, run)
    line, samples = PROFILERS[name](command, rate, run)  # it must not profile what measures it
    return wrap + line, samples


def run(name, command, rate, keep=None, count=True, apart=False, cwd=None):
    """Runs `command` under the profiler `name`; "{folder}" in its words is a folder for files of
    its own. `keep` is called with the run while its files are there; the result is run.kept."""
    with tempfile.TemporaryDirectory(prefix="prof-bench-") as folder:
        result = Run(folder)
        line, samples = _command_line(name, command, rate, result, apart)
        before, begin = _cpu_of_children(), time.monotonic()
        with open(result.file("output"), "w", encoding="utf-8") as output:
            done = subprocess.run(line, stdout=output, stderr=subprocess.STDOUT, check=False,
                                  stdin=subprocess.DEVNULL, timeout=TIME_LIMIT, cwd=cwd)
        result.wall = time.monotonic() - begin
        result.cpu = _cpu_of_children() - before
        result.status = done.returncode
        with open(result.file("output"), encoding="utf-8", errors="replace") as output:
            result.output = output.read()
        result.target_cpu = sum(read_numbers(result.file("target"))) if apart else None
        if count:
            result.samples = samples()
        if keep:
            result.kept = keep(result)
        return result
