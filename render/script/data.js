// SPDX-License-Identifier: MIT
//
// data.js - reads the frames back from the document, as SVG.md describes them.
//
// The files of this folder are one script, in the order of CMakeLists.txt: its functions and
// variables are known to all of them. Names are untrusted: they become text nodes and nothing else.

const SVG = 'http://www.w3.org/2000/svg';
const HTML = 'http://www.w3.org/1999/xhtml';
const LETTERS = 'ulkjxgp', SHADES = 5;
// In pixels: narrower boxes are not drawn; get no label; are passed over by the arrow keys. And the
// space between neighbours.
const BOX_MIN = 0.5, LABEL_MIN = 14, SELECT_MIN = 2, GAP = 0.8;

const root = document.currentScript.closest('svg');
const alone = root === document.documentElement;

const decodeBase64 = (text) => Uint8Array.fromBase64 ? Uint8Array.fromBase64(text)
    : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const compressedData = () => new Blob(Array.from(root.querySelectorAll('.prof-data'),
    (element) => decodeBase64(element.textContent)));

async function decompress(blob) {
    if (typeof DecompressionStream === 'undefined')
        return inflate(new Uint8Array(await blob.arrayBuffer()));
    const stream = blob.stream().pipeThrough(new DecompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A cursor over bytes that reads unsigned LEB128 numbers; exact up to 2^53.
class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }
    number() {
        let value = 0, factor = 1, byte;
        do {
            byte = this.bytes[this.at++];
            value += (byte & 127) * factor;
            factor *= 128;
        } while (byte > 127);
        return value;
    }
    part() {
        const size = this.number();
        this.at += size;
        return new Reader(this.bytes.subarray(this.at - size, this.at));
    }
    // The next column, its entries from values[first] on.
    column(Type, length, first = 0) {
        const part = this.part(), values = new Type(first + length);
        for (let i = first; i < first + length; i++)
            values[i] = part.number();
        return values;
    }
}

// FNV-1a, 32 bits; palette.c computes the same.
function hashBytes(bytes, basis) {
    let hash = basis;
    for (const byte of bytes)
        hash = Math.imul(hash ^ byte, 16777619);
    return hash >>> 0;
}

let periodNs, strings, functions;
// Of node i (0 is "all", callers before what they call): its caller, depth, function, the node
// after its last descendant, and the line it was seen at.
let count, parents, depths, functionOf, ends, lines, files;
// Sums of the self weight and samples of all nodes before i. A box begins there, and its total is
// what lies between itself and the end of its descendants.
let starts, samplesBefore;

function readData(bytes) {
    const decoder = new TextDecoder();
    if (decoder.decode(bytes.subarray(0, 8)) !== 'prof-svg' || bytes[8] !== 1)
        throw Error('the data are of another version');
    const reader = new Reader(bytes), sections = {};
    reader.at = 9;
    while (reader.at < bytes.length) {
        const kind = reader.number();
        sections[kind] = reader.part();
    }
    periodNs = sections[1].number();
    sections[2].number();
    strings = decoder.decode(sections[2].bytes.subarray(sections[2].at)).split('\n');
    readFunctions(sections[3]);
    readNodes(sections[4]);
}

function readFunctions(section) {
    const length = section.number(), encoder = new TextEncoder();
    functions = {};
    for (const name of ['names', 'modules', 'files', 'lines', 'flags'])
        functions[name] = section.column(Uint32Array, length);
    functions.shades = functions.names.map(
        (id) => hashBytes(encoder.encode(strings[id]), 2166136261) % SHADES);
}

const sumsBefore = (values) => {
    const sums = new Float64Array(values.length + 1);
    values.forEach((value, i) => { sums[i + 1] = sums[i] + value; });
    return sums;
};

function readNodes(section) {
    const length = section.number(), levels = section.column(Uint32Array, length, 1);
    functionOf = section.column(Uint32Array, length, 1);
    starts = sumsBefore(section.column(Float64Array, length, 1));
    samplesBefore = sumsBefore(section.column(Float64Array, length, 1));
    lines = section.column(Uint32Array, length, 1);
    files = section.column(Uint32Array, length, 1);
    count = length + 1;
    parents = new Uint32Array(count);
    depths = new Uint32Array(count);
    ends = new Uint32Array(count).fill(count);
    for (let i = 1, at = 0; i < count; i++) {
        for (let up = levels[i]; up > 0; up--) {
            ends[at] = i;
            at = parents[at];
        }
        parents[i] = at;
        depths[i] = depths[at] + 1;
        at = i;
    }
}

const total = (node) => starts[ends[node]] - starts[node];
const self = (node) => starts[node + 1] - starts[node];
const nameOf = (node) => node ? strings[functions.names[functionOf[node]]] : 'all';
const moduleOf = (node) => node ? strings[functions.modules[functionOf[node]]] : '';
const isInlined = (node) => node > 0 && functions.flags[functionOf[node]] >> 3 === 1;
const classOf = (node) => !node ? 'p2'
    : LETTERS[functions.flags[functionOf[node]] & 7] + functions.shades[functionOf[node]];

function sourceOf(node) {
    const f = functionOf[node], id = lines[node] && files[node] || functions.files[f];
    const file = node ? strings[id] : '';
    const line = lines[node] || functions.lines[f];
    return file + (file && line ? ':' + line : '');
}

const contains = (ancestor, node) => node >= ancestor && node < ends[ancestor];
