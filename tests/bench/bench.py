#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py - measures prof beside its peers, and prints tables.

Figures of a --smoke run, which only shows that everything works, mean nothing. PROF_BUILD names the
build folder.
"""
import argparse
import importlib
import sys

BENCHES = ["rates", "weights", "shares", "complete", "handler", "overhead", "startup", "memory",
           "size", "drain", "symbols"]


def main():
    parser = argparse.ArgumentParser(description="measures prof beside its peers")
    parser.add_argument("names", metavar="NAME", nargs="*",
                        help=f"all of them without: {' '.join(BENCHES)}")
    parser.add_argument("--smoke", action="store_true", help="as short as it can be")
    parser.add_argument("--rounds", type=int, help="how often each is repeated")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench '{unknown[0]}'; benches: {' '.join(BENCHES)}")
    for name in arguments.names or BENCHES:
        module = importlib.import_module(name)
        rounds = 1 if arguments.smoke else arguments.rounds or module.ROUNDS
        module.bench(arguments.smoke, rounds)


if __name__ == "__main__":
    main()
