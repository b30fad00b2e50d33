#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbol_compare.py PROF FILE ADDRESSES: in how many chains prof addr2line and llvm-symbolizer agree.

A chain is all functions at an address, with base name of the file and line. Differences are put
into classes, and one example of each is shown. Known ones: inheriting constructors, which libiberty
calls by the base's name, and functions that the compiler folded into one, where llvm-symbolizer
takes any of the names that the symbol table has. Not differences: a column, a discriminator,
arguments that only one demangles, names that llvm-symbolizer cannot demangle, "[clone .cold]",
line 0 against no line.
"""

import collections
import re
import shutil
import subprocess
import sys

CLONE = re.compile(r"( \[clone [^]]*\]|\.(cold|part|isra|constprop|lto_priv)(\.\d+)*)+$")


def place(text):
    path, _, line = re.sub(r" \(discriminator \d+\)$", "", text).rpartition(":")
    name = path.rsplit("/", 1)[-1]
    return (name if name != "" else "??", "0" if line == "?" else line)


def stem(name):
    """The bare name: what both know when only one has the arguments."""
    name = CLONE.sub("", name)
    depth, out = 0, []
    for c in name.replace("(anonymous namespace)", "{anonymous}"):
        if c in "(<":
            depth += 1
        if not depth:
            out.append(c)
        if c in ")>" and depth:
            depth -= 1
    bare = re.sub(r"( const| volatile| &+)+$", "", "".join(out).strip())
    return bare.split("::")[-1].split(" ")[-1]


def by_addr2line(command, path, addresses):
    text = subprocess.run([*command, "-aifC", "-e", path], check=True, input=addresses,
                          capture_output=True, text=True).stdout
    chains, lines = [], iter(text.splitlines())
    for line in lines:
        if line.startswith("0x"):
            chains.append([])
        else:
            chains[-1].append((stem(line), place(next(lines))))
    return chains


def by_llvm(path, addresses):
    text = subprocess.run(["llvm-symbolizer", "--obj=" + path], check=True, input=addresses,
                          capture_output=True, text=True).stdout
    # what llvm-symbolizer 14 cannot demangle (names with "sr", of enable_if), binutils can
    text = subprocess.run(["c++filt"], check=True, input=text, capture_output=True, text=True).stdout
    chains = []
    for block in text.split("\n\n"):
        lines = block.strip("\n").split("\n")
        if lines == [""]:
            continue
        chains.append([(stem(name), place(at.rsplit(":", 1)[0]))
                       for name, at in zip(lines[::2], lines[1::2])])
    return chains


def classify(ours, theirs):
    if len(ours) != len(theirs):
        return "chains of different length"
    for (name, at), (other_name, other_at) in zip(ours, theirs):
        if name != other_name:
            return "llvm has no name" if other_name == "??" else "name"
        if at[1] != other_at[1]:
            return "line"
        if at[0] != other_at[0] and "?" not in at[0] + other_at[0]:
            return "file"
    return None


def describe(prof, path, list_path):
    """Lines of text: how many chains are the same, and the others by class."""
    with open(list_path) as file:
        addresses = file.read()
    ours = by_addr2line([prof, "addr2line", "--no-cache"], path, addresses)
    theirs = by_llvm(path, addresses)
    if len(ours) != len(theirs):
        return [f"{len(ours)} chains here, {len(theirs)} by llvm-symbolizer"]
    classes, examples, different = collections.Counter(), {}, []
    for address, mine, other in zip(addresses.split(), ours, theirs):
        difference = classify(mine, other)
        if difference:
            classes[difference] += 1
            different.append((address, mine))
            examples.setdefault(difference, (address, mine, other))
    same = len(ours) - sum(classes.values())
    lines = [f"{same} of {len(ours)} chains the same as llvm-symbolizer's, "
             f"{100 * same / len(ours):.3f} %"]
    if different and shutil.which("addr2line"):
        asked = "".join(address + "\n" for address, _ in different)
        agreed = sum(classify(mine, other) is None for (_, mine), other in
                     zip(different, by_addr2line(["addr2line"], path, asked)))
        lines.append(f"of the other {len(different)}, addr2line says of {agreed} what prof says")
    for difference, count in classes.most_common():
        address, mine, other = examples[difference]
        lines += [f"  {count} {difference}: {address}", f"    prof {mine}", f"    llvm {other}"]
    return lines


if __name__ == "__main__":
    print("\n".join(describe(*sys.argv[1:4])))
