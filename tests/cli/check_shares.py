# SPDX-License-Identifier: MIT
"""Compares the shares that examples/split prints with those of a recording.

usage: check_shares.py PRINTED REPORT.json

Each function's share must lie within three standard errors of the true one, sqrt(p (1 - p) / n).
Where the kernel's tick is slower than the rate asked for, samples weigh differently, and n samples
tell as much as some fewer equal ones: half is allowed for.

Chance of error: a normal variable is 3 standard errors off in 1 of 370 cases, one of four in 1 of
92 at most. Who asks a second time after a miss is wrong in 1 of 8,000 cases.
"""
import json
import math
import re
import sys


def printed_shares(path):
    shares = {}
    with open(path) as lines:
        for line in lines:
            match = re.match(r"(\w+) +([\d.]+) %$", line)
            if match:
                shares[match[1]] = float(match[2]) / 100
    return shares


def main():
    truth = printed_shares(sys.argv[1])
    with open(sys.argv[2]) as file:
        report = json.load(file)
    measured = {row["function"]: row["self_percent"] / 100 for row in report["functions"]}
    independent = report["samples"] / 2
    if len(truth) != 4 or independent < 100:
        sys.exit(f"too little to compare: {len(truth)} functions, {report['samples']} samples")
    outside = []
    for function, share in truth.items():
        allowed = 3 * math.sqrt(share * (1 - share) / independent)
        difference = measured.get(function, 0) - share
        print(f"{function}: {share:.3f}, {difference:+.3f}, allowed {allowed:.3f}")
        if abs(difference) > allowed:
            outside.append(function)
    if outside:
        sys.exit(f"too far off: {', '.join(outside)}")


main()
