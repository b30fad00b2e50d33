#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a prof.data file as FORMAT.md describes it and prints its records as lines of JSON.

Shares no code with prof: that both agree is the test that the description suffices.
Damage ends the output and is told on stderr, with exit status 1.

    read_recording.py FILE
"""
import json
import struct
import sys
import zlib

NUMBER, SIGNED, COUNT, ANCESTOR, TIME, BYTES, LINES = range(7)


def choice(values, otherwise):
    return ("choice", values, otherwise)


def id_of(kind):
    return ("id", kind)


def id_or_none(kind):
    return ("id or none", kind)


STRING = id_of("STRING")
LINE = [("function", id_of("FUNCTION")), ("file", STRING), ("line", NUMBER)]

# number: (name, is a batch, [(field, form, relative to)])
KINDS = {
    1: ("SESSION", False, [
        ("command", STRING), ("directory", STRING), ("host", STRING), ("system", STRING),
        ("engine", STRING), ("prof_version", STRING), ("requested_hz", NUMBER),
        ("period_ns", NUMBER), ("start_ns", NUMBER), ("start_unix_ns", NUMBER)]),
    2: ("STRING", False, [("bytes", BYTES)]),
    3: ("MODULE", False, [("path", STRING), ("kind", choice(range(3), 0)), ("build_id", BYTES)]),
    4: ("PROCESS", False, [
        ("pid", NUMBER), ("parent_pid", NUMBER), ("executable", STRING), ("command", STRING),
        ("start_ns", NUMBER), ("start_cpu_ns", NUMBER)]),
    5: ("THREAD", False, [
        ("process", id_of("PROCESS")), ("tid", NUMBER), ("name", STRING), ("start_ns", NUMBER)]),
    6: ("MAPPING", False, [
        ("process", id_of("PROCESS")), ("module", id_of("MODULE")), ("time_ns", NUMBER),
        ("start", NUMBER), ("end", NUMBER), ("bias", NUMBER)]),
    7: ("FRAME", True, [
        ("module", id_or_none("MODULE")), ("flags", NUMBER), ("address", NUMBER, "previous")]),
    8: ("STACK", True, [("parent", ANCESTOR), ("frame", id_of("FRAME"))]),
    9: ("SAMPLE", True, [
        ("thread", id_of("THREAD")), ("stack", id_or_none("STACK"), "thread"), ("weight", COUNT),
        ("stop", choice(range(7), 5)), ("time_ns", TIME, "thread")]),
    10: ("LOSS", False, [
        ("thread", id_or_none("THREAD")), ("reason", choice(range(5), 0)), ("samples", NUMBER),
        ("weight", NUMBER)]),
    11: ("THREAD_END", False, [
        ("thread", id_of("THREAD")), ("name", STRING), ("end_ns", NUMBER), ("cpu_ns", NUMBER)]),
    12: ("PROCESS_END", False, [
        ("process", id_of("PROCESS")), ("end_ns", NUMBER), ("cpu_ns", NUMBER)]),
    13: ("END", False, [("end_ns", NUMBER), ("wait_status", SIGNED)]),
    14: ("FUNCTION", False, [
        ("name", STRING), ("linkage_name", STRING), ("module", id_or_none("MODULE")),
        ("file", STRING), ("line", NUMBER)]),
    15: ("FRAME_LINES", False, [("frame", id_of("FRAME"), "previous"), ("lines", LINES)]),
    16: ("MODULE_SYMBOLS", False, [
        ("module", id_of("MODULE")), ("source", STRING), ("reason", STRING)]),
    17: ("FRAME_VERSION", False, [
        ("frame", id_of("FRAME"), "previous"), ("lines", LINES), ("process", id_of("PROCESS")),
        ("since_ns", NUMBER)]),
}
MODULO = 1 << 64


class Damage(Exception):
    pass


class Numbers:
    """Bytes that are read from front to back."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def empty(self):
        return self.at == len(self.data)

    def take(self, size):
        if size > len(self.data) - self.at:
            raise Damage("ends too soon")
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if value >= MODULO or shift > 63:
                raise Damage("number too large")
            if byte < 0x80:
                return value
            shift += 7


def unzigzag(number):
    return number >> 1 if number % 2 == 0 else -(number + 1 >> 1)


class Recording:
    def __init__(self):
        self.counts = {name: 0 for name, _, _ in KINDS.values()}
        self.counts["STRING"] = 1
        self.start_ns = 0
        self.previous = {}

    def chunk(self, raw):
        self.previous = {}
        numbers = Numbers(raw)
        while not numbers.empty():
            kind = numbers.varint()
            body = Numbers(numbers.take(numbers.varint()))
            if kind not in KINDS:
                continue
            name, is_batch, fields = KINDS[kind]
            if name != "STRING" and self.counts["SESSION"] != (0 if name == "SESSION" else 1):
                raise Damage("SESSION out of place")
            for columns in self.batch(body, fields) if is_batch else [[body] * len(fields)]:
                yield self.record(name, fields, columns)

    @staticmethod
    def batch(body, fields):
        count = body.varint()
        columns = []
        while len(columns) < len(fields) and not body.empty():
            columns.append(Numbers(body.take(body.varint())))
        if count and not columns:
            raise Damage("batch without columns")
        columns += [Numbers(bytes(count)) for _ in range(len(fields) - len(columns))]
        for _ in range(count):
            yield columns
        if not all(column.empty() for column in columns):
            raise Damage("column too long")

    def record(self, name, fields, columns):
        record = {"record": name}
        for (field, form, *relative), column in zip(fields, columns):
            record[field] = self.value(name, record, field, form, relative, column)
        self.counts[name] += 1
        if name == "SESSION":
            self.start_ns = record["start_ns"]
        return record

    def value(self, name, record, field, form, relative, numbers):
        number = 0 if numbers.empty() else numbers.varint()
        if form == BYTES:
            return numbers.take(number).hex()
        if form == LINES:
            return [{key: self.meaning(name, form_of, numbers.varint()) for key, form_of in LINE}
                    for _ in range(number)]
        if relative:
            key = (name, field, record["thread"] if relative[0] == "thread" else None)
            number = (self.previous.get(key, 0) + unzigzag(number)) % MODULO
            self.previous[key] = number
        return self.meaning(name, form, number)

    def existing(self, kind, number):
        if number >= self.counts[kind]:
            raise Damage("id of %s does not exist" % kind)
        return number

    def meaning(self, name, form, number):
        if form == SIGNED:
            return unzigzag(number)
        if form == COUNT:
            return number + 1
        if form == TIME:
            return (self.start_ns + number * 1000) % MODULO
        if form == ANCESTOR:
            return self.existing(name, self.counts[name] - number) if number else None
        if form == NUMBER:
            return number
        if form[0] == "id":
            return self.existing(form[1], number)
        if form[0] == "id or none":
            return self.existing(form[1], number - 1) if number else None
        return number if number in form[1] else form[2]


def chunks(data):
    """Yields the records of each chunk as bytes, decompressed."""
    magic, version, header_size, flags = struct.unpack_from("<8sIIQ", data)
    if magic != b"PROFDATA" or version != 1 or flags != 0:
        raise Damage("not a recording of version 1")
    file = Numbers(data)
    file.take(header_size)
    while not file.empty():
        header = file.take(20)
        marker, codec, stored_size, raw_size, checksum = struct.unpack("<4sIIII", header)
        payload = file.take(stored_size)
        if marker != b"CHNK" or zlib.crc32(payload, zlib.crc32(header[:16])) != checksum:
            raise Damage("chunk is damaged")
        if codec > 1 or raw_size > 64 << 20 or raw_size // 1032 > stored_size:
            raise Damage("chunk cannot be read")
        raw = zlib.decompress(payload) if codec == 1 else payload
        if len(raw) != raw_size:
            raise Damage("chunk has another size than it says")
        yield raw


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    recording = Recording()
    try:
        for raw in chunks(data):
            for record in recording.chunk(raw):
                print(json.dumps(record))
    except (Damage, zlib.error, struct.error) as damage:
        print("read_recording.py: %s: %s" % (sys.argv[1], damage), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
