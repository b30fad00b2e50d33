#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# render_frames.py - how many frames the data of a picture hold (render/SVG.md), by a reader of its own.
import base64
import re
import sys
import zlib


def number(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def main():
    with open(sys.argv[1], "rb") as file:
        chunks = re.findall(rb'<metadata class="prof-data">([^<]*)<', file.read())
    data = zlib.decompress(b"".join(base64.b64decode(chunk) for chunk in chunks))
    at = 9
    while at < len(data):
        kind, at = number(data, at)
        size, at = number(data, at)
        if kind == 4:
            print(number(data, at)[0])
        at += size


main()
