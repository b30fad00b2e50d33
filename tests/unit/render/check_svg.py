#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# check_svg.py MAKE_FLAMEGRAPH
# Reads flamegraphs back as SVG.md describes them, knowing nothing else of prof, and compares them with
# the collapsed stacks of the same profile. The names are as hostile as seeded random bytes get. A
# strict XML parser must accept every document.
import base64
import random
import subprocess
import sys
import xml.parsers.expat
import zlib

HOSTILE = [b"</script>&\"]]>", b"<img src=x onerror=alert(1)>", b"\x01\x1b[31m\x7f", b"\xff\xfe\xc3",
           "\u202eevil\u2066".encode(), "中文::f".encode(), b"a&amp;b", b"--><!--", b"]]]>",
           b"\xef\xbf\xbe\xef\xbf\xbf", b"\xed\xa0\x80", b"a(int)", b"a", b"a-b", b"a.b"]


def number(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def columns(data, count):
    length, at = number(data, 0)
    result = []
    for _ in range(count):
        size, at = number(data, at)
        column, position = [], at
        at += size
        for _ in range(length):
            value, position = number(data, position)
            column.append(value)
        assert position == at, "a column has more entries than it should"
        result.append(column)
    return result


def embedded(svg):
    chunks, inside = [], [False]

    def start(name, attributes):
        inside[0] = name == "metadata" and attributes.get("class") == "prof-data"
        if inside[0]:
            chunks.append("")

    def text(content):
        if inside[0]:
            chunks[-1] += content

    def end(name):
        inside[0] = False

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.Parse(svg, True)
    return zlib.decompress(b"".join(base64.b64decode(chunk, validate=True) for chunk in chunks))


def stacks_of(data):
    assert data[:8] == b"prof-svg" and data[8] == 2
    sections, at = {}, 9
    while at < len(data):
        kind, at = number(data, at)
        size, at = number(data, at)
        sections[kind] = data[at:at + size]
        at += size
    count, at = number(sections[2], 0)
    size, at = number(sections[2], at)
    common, rests = sections[2][at:at + size], sections[2][at + size:].decode("utf-8").split("\n")
    assert len(rests) == count + 1 and rests[0] == "" and rests[count] == ""
    strings, at = [], 0
    for rest in rests[:count]:
        shared, at = number(common, at)
        start = strings[-1][:shared] if shared else ""
        assert len(start) == shared and start.isascii()
        strings.append(start + rest)
    assert at == size
    names = columns(sections[3], 5)[0]
    path, stacks = [], {}
    for up, function, own in zip(*columns(sections[4], 6)[:3]):
        if up:
            del path[-up:]
        path.append(strings[names[function]].replace(";", ":"))
        if own:
            key = ";".join(path)
            stacks[key] = stacks.get(key, 0) + own
    return stacks


def run(program, view, stacks):
    return subprocess.run([program, view], input=stacks, stdout=subprocess.PIPE, check=True).stdout


def check(program, stacks):
    expected = {}
    for line in run(program, "collapsed", stacks).decode("utf-8").splitlines():
        stack, weight = line.rsplit(" ", 1)
        expected[stack] = expected.get(stack, 0) + int(weight)
    found = stacks_of(embedded(run(program, "svg", stacks)))
    assert found == expected, "the data and the collapsed stacks differ"
    return len(found)


def random_name(generator):
    if generator.random() < 0.6:
        return generator.choice(HOSTILE)
    raw = bytes(generator.randrange(256) for _ in range(generator.randrange(1, 12)))
    return raw.translate(None, b";\n\x1f!@") or b"x"


def main():
    program, generator, total = sys.argv[1], random.Random(4), 0
    assert check(program, b"") == 0
    for size in [1, 2, 50, 500, 5000]:
        lines = []
        for _ in range(size):
            names = [random_name(generator) for _ in range(generator.randrange(1, 12))]
            lines.append(b"%s %d\n" % (b";".join(names), generator.randrange(1, 1000)))
        total += check(program, b"".join(lines))
    print("%d stacks read back" % total)


main()
