#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# render_stacks.py - collapsed stacks shaped like those of real programs, the same in every run.
#
#     render_stacks.py STACKS [NAME_LENGTH] >stacks
#
# So many different stacks, 20 to 100 frames deep, in all about three times as many frames as stacks;
# weights with a heavy tail, lines in no order.
import random
import sys


def main():
    count, length = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 35
    generator = random.Random(count)
    parts = ["Parser", "Token", "io", "hash", "insert", "render", "std", "vector", "draw", "alloc"]
    names = []
    for i in range(min(20000, max(50, count // 5))):
        name = "%s::%s_%d" % (generator.choice(parts), generator.choice(parts), i)
        names.append((name + "_" + "abcdefghij" * 5)[:length] if length > 20 else "f%d" % i)
    seen = set()
    paths = [tuple(names[i] for i in range(40))]
    write = sys.stdout.write
    while len(seen) < count:
        base = paths[generator.randrange(len(paths))]
        keep = max(3, int(len(base) * generator.uniform(0.75, 1)))
        path = base[:keep] + tuple(generator.choice(names)
                                   for _ in range(generator.choice((1, 2, 3, 4, 5))))
        if len(path) > 100 or hash(path) in seen:
            continue
        seen.add(hash(path))
        if len(paths) < 20000:
            paths.append(path)
        else:
            paths[generator.randrange(len(paths))] = path
        write("%s %d\n" % (";".join(path), 1 + int(generator.paretovariate(0.9)) % 1000000))


main()
