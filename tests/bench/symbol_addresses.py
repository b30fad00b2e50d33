#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbol_addresses.py ELF COUNT [SEED]: distinct random addresses inside the functions of .symtab.

Weighted by size, so that every byte of code is as likely, and in random order; one per line, as
symbolizers read them from standard input.
"""

import bisect
import itertools
import mmap
import random
import struct
import sys

SHT_SYMTAB, STT_FUNC = 2, 2


def functions(path):
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    table, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    for i in range(count):
        _, kind, _, _, offset, length = struct.unpack_from("<IIQQQQ", data, table + i * size)
        if kind == SHT_SYMTAB:
            for at in range(offset, offset + length, 24):
                _, info, _, section, value, symbol_size = struct.unpack_from("<IBBHQQ", data, at)
                if info & 15 == STT_FUNC and section and symbol_size:
                    yield value, symbol_size


def choose(path, count, seed=1):
    chance = random.Random(seed)
    ranges = sorted(set(functions(path)))
    ends = list(itertools.accumulate(size for _, size in ranges))
    if not ends or ends[-1] < count:
        sys.exit(f"{path} has not {count} bytes of functions")
    chosen = {}
    while len(chosen) < count:
        at = chance.randrange(ends[-1])
        i = bisect.bisect_right(ends, at)
        chosen[ranges[i][0] + at - (ends[i - 1] if i else 0)] = None
    return list(chosen)


if __name__ == "__main__":
    for found in choose(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:4])):
        print(f"0x{found:x}")
