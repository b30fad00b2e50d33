#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# render.py - collapsed stacks to a picture: prof with all frames against flamegraph.pl with those it draws.
#
#     render.py [STACKS...]          (default 10000 100000; PROF_BUILD, FLAMEGRAPH)
#
# CPU time, peak memory and size of the file; A B A B, medians of three. flamegraph.pl is Debian's, of
# libdevel-nytprof-perl.
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROF = os.path.join(os.environ.get("PROF_BUILD", os.path.join(HERE, "../../build")), "bin/prof")
PEER = os.environ.get("FLAMEGRAPH", "/usr/share/perl5/Devel/NYTProf/flamegraph.pl")


def run(command, output):
    with open(output, "wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.path.getsize(output)


def frames_of(picture):
    count = subprocess.run([sys.executable, os.path.join(HERE, "render_frames.py"), picture],
                           stdout=subprocess.PIPE, check=True).stdout
    return int(count)


def measure(count, folder):
    stacks, ours, theirs = (os.path.join(folder, name) for name in ("stacks", "ours.svg", "theirs.svg"))
    length = "7" if count >= 1000000 else "35"
    with open(stacks, "wb") as file:
        subprocess.run([sys.executable, os.path.join(HERE, "render_stacks.py"), str(count), length],
                       stdout=file, check=True, env=dict(os.environ, PYTHONHASHSEED="0"))
    peer, prof = [], []
    for _ in range(3 if count < 1000000 else 1):
        peer.append(run(["perl", PEER, stacks], theirs))
        prof.append(run([PROF, "flamegraph", "-o", "-", stacks], ours))
    a, b = ([statistics.median(column) for column in zip(*rows)] for rows in (peer, prof))
    frames = frames_of(ours)
    print("%d stacks, %d frames: flamegraph.pl %.2f s, %.0f MB, %d bytes; prof %.2f s, %.0f MB, %d bytes; "
          "CPU 1/%.1f, memory %.2f, %.1f bytes a frame"
          % (count, frames, *a, *b, a[0] / b[0], b[1] / a[1], b[2] / frames), flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for count in [int(argument) for argument in sys.argv[1:]] or [10000, 100000]:
            measure(count, folder)


main()
