#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that read_recording.py finds in a recording what write_every_kind says it wrote.

Records are compared kind by kind: within a chunk, kinds may overtake each other (format.h).

    compare_readers.py PATH-OF-WRITE_EVERY_KIND
"""
import json
import os
import subprocess
import sys
import tempfile


def by_kind(lines):
    kinds = {}
    for line in lines.splitlines():
        record = json.loads(line)
        kinds.setdefault(record["record"], []).append(record)
    return kinds


def main():
    reader = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_recording.py")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "prof.data")
        written = by_kind(subprocess.check_output([sys.argv[1], path]))
        read = by_kind(subprocess.check_output([sys.executable, reader, path]))
    if len(written) != 17:
        print("only %d kinds were written" % len(written))
        return 1
    for kind in sorted(written.keys() | read.keys()):
        ours, theirs = written.get(kind, []), read.get(kind, [])
        for number, (a, b) in enumerate(zip(ours, theirs)):
            if a != b:
                print("%s %d\nwritten %s\nread    %s" % (kind, number, a, b))
                return 1
        if len(ours) != len(theirs):
            print("%s: %d written, %d read" % (kind, len(ours), len(theirs)))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
