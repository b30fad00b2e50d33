#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# render.py - collapsed stacks to a picture: prof with all frames against flamegraph.pl with those it draws.
#
#     render.py [STACKS...]          (default 10000 100000; PROF_BUILD, PROF_BENCH_LOADS, FLAMEGRAPH)
#
# CPU time, peak memory and size of the file; A B A B, medians of three (five of prof's). flamegraph.pl
# is Debian's, of libdevel-nytprof-perl. Then the seconds, by the clock, to draw a recording of ten
# minutes of four threads at 997 Hz with stored symbols: made of the same stacks by make_recording
# (tests/tools), where that was built.
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROF = os.path.join(os.environ.get("PROF_BUILD", os.path.join(HERE, "../../build")), "bin/prof")
PEER = os.environ.get("FLAMEGRAPH", "/usr/share/perl5/Devel/NYTProf/flamegraph.pl")


MAKER = os.path.join(os.environ.get("PROF_BENCH_LOADS", os.path.join(HERE, "../../build-tests/bench")),
                     "make_recording")


def run(command, output):
    begin = time.monotonic()
    with open(output, "wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("failed: " + " ".join(command))
    return (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.path.getsize(output),
            time.monotonic() - begin)


def frames_of(picture):
    count = subprocess.run([sys.executable, os.path.join(HERE, "render_frames.py"), picture],
                           stdout=subprocess.PIPE, check=True).stdout
    return int(count)


def make_stacks(path, count):
    length = "7" if count >= 1000000 else "35"
    with open(path, "wb") as file:
        subprocess.run([sys.executable, os.path.join(HERE, "render_stacks.py"), str(count), length],
                       stdout=file, check=True, env=dict(os.environ, PYTHONHASHSEED="0"))


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def compare(count, stacks, folder):
    ours, theirs = (os.path.join(folder, name) for name in ("ours.svg", "theirs.svg"))
    peer, prof = [], []
    for _ in range(3 if count < 1000000 else 1):
        if os.path.exists(PEER):
            peer.append(run(["perl", PEER, stacks], theirs))
        for _ in range(5 // (3 if count < 1000000 else 1)):
            prof.append(run([PROF, "flamegraph", "-o", "-", stacks], ours))
    cpu, memory, size, _ = medians(prof)
    frames = frames_of(ours)
    print("%d stacks, %d frames: prof %.3f s, %.0f MB, %d bytes, %.1f bytes a frame"
          % (count, frames, cpu, memory, size, size / frames), flush=True)
    if peer:
        their_cpu, their_memory, their_size, _ = medians(peer)
        print("    flamegraph.pl %.2f s, %.0f MB, %d bytes; prof's CPU time 1/%.1f, memory %.2f"
              % (their_cpu, their_memory, their_size, their_cpu / cpu, memory / their_memory), flush=True)


def draw_recording(count, stacks, folder):
    recording = os.path.join(folder, "prof.data")
    with open(stacks, "rb") as file:
        subprocess.run([MAKER, recording, "600", "4"], stdin=file, check=True)
    output = os.path.join(folder, "recording.svg")
    cpu, memory, size, wall = medians(
        [run([PROF, "flamegraph", "-o", "-", recording], output) for _ in range(5)])
    print("recording of 10 minutes, 4 threads, %d stacks (%d bytes): %.2f s, CPU %.2f s, %.0f MB, %d bytes"
          % (count, os.path.getsize(recording), wall, cpu, memory, size), flush=True)


def main():
    counts = [int(argument) for argument in sys.argv[1:]] or [10000, 100000]
    with tempfile.TemporaryDirectory() as folder:
        stacks = os.path.join(folder, "stacks")
        for count in counts:
            make_stacks(stacks, count)
            compare(count, stacks, folder)
            if os.path.exists(MAKER):
                draw_recording(count, stacks, folder)


main()
