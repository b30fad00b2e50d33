// SPDX-License-Identifier: MIT
//
// flamegraph.js - reads the frames back from the document (SVG.md) and shows them: zoom, search, views.
// One file, embedded in every picture without its comments and blanks; the elements it works on are in
// page.xml.
//
// A "$" marks the names of this file: embed.cmake makes them short, and others that it has a list of.
// Names of functions are untrusted: they become text nodes and nothing else. From top to bottom:
// reading, trees, boxes, figures, drawing, table, details, search, state and address, commands, events.
(() => {
'use strict';
// In pixels: narrower boxes get no label; are passed over by the arrow keys. And the space between
// neighbours.
const LABEL_MIN = 14, SELECT_MIN = 2, GAP = 0.8;
const {abs, ceil, floor, imul, log2, max, min, round, sqrt} = Math;
const GAP_KIND = 5, GROUP_KIND = 6, INLINED = 8;

const $root = document.currentScript.closest('svg'), $alone = $root === document.documentElement;
// Whose address it is, too: elsewhere there may be several flamegraphs.
const $owns = $alone || $root.parentNode.className === 'prof-page';
// Narrower boxes are not drawn.
const BOX_MIN = Number($root.dataset.min || 0.5);
const all = (selector, parent = $root) => [...parent.querySelectorAll(selector)];
const $first = (selector, parent = $root) => parent.querySelector(selector);

// ---- reading ----

async function $inflate() {
    const decode = (text) => Uint8Array.fromBase64 ? Uint8Array.fromBase64(text)
        : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const blob = new Blob(all('.prof-data').map((element) => decode(element.textContent)));
    const stream = blob.stream().pipeThrough(new DecompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A cursor over bytes that reads unsigned LEB128 numbers; exact up to 2^53.
class Reader {
    constructor(bytes, at = 0) {
        this.bytes = bytes;
        this.at = at;
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
    // The columns of a section by name, with room for `first` entries before them. A 1 marks those whose
    // numbers may have more than 32 bits.
    columns(names, first = 0) {
        const n = this.number() + first, table = {n};
        for (const name in names) {
            if (this.at === this.bytes.length)
                break;
            // a byte each, as often: in no more room than that
            const {bytes} = this.part(), isSmall = bytes.length === n - first;
            const values = table[name] = new (isSmall ? Uint8Array : names[name] ? Float64Array : Uint32Array)(n);
            if (isSmall)
                values.set(bytes, first);
            // number(), but in one loop: this is most of the time until the picture can be used
            for (let i = isSmall ? n : first, at = 0; i < n; i++) {
                let value = bytes[at++];
                if (value > 127) {
                    let factor = 128, byte;
                    value &= 127;
                    do {
                        byte = bytes[at++];
                        value += (byte & 127) * factor;
                        factor *= 128;
                    } while (byte > 127);
                }
                values[i] = value;
            }
        }
        return table;
    }
}

// FNV-1a, 32 bits; palette.c computes the same.
const $encoder = new TextEncoder(), $hashes = new Map();
function $hash(text) {
    if (!$hashes.has(text))
        $hashes.set(text, $encoder.encode(text).reduce((value, byte) => imul(value ^ byte, 16777619), 2166136261) >>> 0);
    return $hashes.get(text);
}

let $periodNs, $unit, $strings, fns, $processCount, $threads, $parts, $samples;
// The tree as it was recorded, and as it is looked at now. Of node i (0 is "all", callers before what
// they call): `up` its caller, fn its function, end the node after its last descendant, line and file
// it was seen at. And sums over the nodes before i: weight, samples, both of the older profile, and
// what of that is gone. So a node's total lies between itself and its end.
let $recorded, $tree;

const $integers = (n) => new Uint32Array(n);

function $sumsOf(values) {
    let total = 0;
    for (let i = 0; i < values.length; i++)
        total += values[i];
    const sums = new (total < 2 ** 32 ? Uint32Array : Float64Array)(values.length + 1);
    for (let i = 0; i < values.length; i++)
        sums[i + 1] = sums[i] + values[i];
    return sums;
}

// What is left to know once fn, line, file and own weights are there, and in `up` how many levels each
// node's caller is above the node before.
function $finishTree(t) {
    const levels = t.up, up = t.up = $integers(t.n), end = t.end = $integers(t.n).fill(t.n);
    for (let i = 1, at = 0; i < t.n; i++) {
        for (let level = levels[i]; level > 0; level--) {
            end[at] = i;
            at = up[at];
        }
        up[i] = at;
        at = i;
    }
    t.weight = $sumsOf(t.weight);
    t.samples = $sumsOf(t.samples);
    if (t.old) {
        t.old = $sumsOf(t.old);
        t.oldSamples = $sumsOf(t.oldSamples);
        t.gone = $sumsOf(Array.from(t.up, (_, i) => t.weight[t.end[i]] > t.weight[i] ? 0 : t.old[i + 1] - t.old[i]));
    }
    return t;
}

// Each begins like the one before.
function $readStrings(reader, decoder) {
    reader.number();
    const common = reader.part(), rests = decoder.decode(reader.bytes.subarray(reader.at)).split('\n');
    let name = '';
    $strings = rests.map((rest) => name = name.slice(0, common.number()) + rest);
}

function $readData(bytes) {
    const decoder = new TextDecoder(), reader = new Reader(bytes, 9), sections = {};
    if (decoder.decode(bytes.subarray(0, 8)) !== 'prof-svg' || bytes[8] !== 2)
        throw Error('the data are of another version');
    while (reader.at < bytes.length)
        sections[reader.number()] = reader.part();
    const run = Array.from({length: 17}, () => sections[1].number());
    $readStrings(sections[2], decoder);
    $periodNs = run[0];
    $unit = $strings[run[16]] || 'samples';
    fns = sections[3].columns({name: 0, module: 0, file: 0, line: 0, flags: 0, plain: 0, bare: 0, last: 0});
    $processCount = sections[5].number();
    $threads = sections[6].columns({process: 0, tid: 0});
    $parts = sections[7] && sections[7].columns({at: 0, thread: 0, weight: 1, samples: 1});
    $samples = sections[8] && $readSamples(sections[8].columns({thread: 0, time: 1, at: 0, weight: 1}));
    $recorded = $finishTree(sections[4].columns(
        {up: 0, fn: 0, weight: 1, samples: 1, line: 0, file: 0, old: 1, oldSamples: 1}, 1));
}

function $readSamples(s) {
    s.thread = Float64Array.from(s.thread);
    s.time = Float64Array.from(s.time);
    s.at = Float64Array.from(s.at);
    for (let i = 0; i < s.n; i++) {
        const before = i && !s.thread[i] ? i - 1 : NaN;
        s.at[i] = (s.at[i] % 2 ? -(s.at[i] + 1) / 2 : s.at[i] / 2) + (s.at[before] || 0);
        s.time[i] = s.time[i] * 1e4 + (s.time[before] || 0);
        s.thread[i] += s.thread[i - 1] || 0;
    }
    return s;
}

// ---- trees ----

let $byThread, $collapsed, $byWidth, $hidden = new Set();
// Names of what was taken out of all totals with what it calls, by the way there (see $mix); its weight.
let $removed = new Map(), $removedWeight;
const $byFunction = (valueOf) => Array.from(fns.name, (id, f) => valueOf(f));
const $nameOf = (f) => f < 0 ? 'all' : $strings[fns.name[f]];
const $moduleOf = (f) => f < 0 ? '' : $strings[fns.module[f]];
const $fileName = (path) => path.split('/').pop();
const $kindOf = (f) => f < 0 ? GROUP_KIND : fns.flags[f] & 7;
const $isCode = (f) => $kindOf(f) < GAP_KIND;
const $byName = (a, b) => $nameOf(a.f) < $nameOf(b.f) ? -1 : 1;
// Processes, threads and the lane of what vanished have functions after all others.
const $threadFn = (thread) => fns.n - 1 - $threads.n + thread;
const $processFn = (thread) => fns.n - 1 - $threads.n - $processCount + $threads.process[thread];

// Calls visit(node, thread, weight, samples, old weight, old samples) for what has weight of its own.
function $eachPart(visit) {
    const {n, weight, samples, old, oldSamples} = $recorded, p = $parts || $samples;
    const own = (sums, i) => sums ? sums[i + 1] - sums[i] : 0;
    for (let i = 0, node = 0; $byThread && i < p.n; i++) {
        node = p.at[i] + ($parts ? node : 0);
        visit(node, p.thread[i], p.weight[i], $parts ? p.samples[i] : 1, 0, 0);
    }
    for (let i = 0; !$byThread && i < n; i++) {
        if (own(weight, i) || own(old, i))
            visit(i, 0, own(weight, i), own(samples, i), own(old, i), own(oldSamples, i));
    }
}

// Which nodes have their function among their callers.
function $findRecursion() {
    const {n, fn, end} = $recorded, isRecursive = new Uint8Array(n), until = $integers(fns.n);
    for (let node = 1; node < n; node++) {
        const f = fn[node];
        isRecursive[node] = node < until[f];
        until[f] = max(until[f], end[node]);
    }
    return isRecursive;
}

// A tree to be made: the places of its nodes by caller and function, and what belongs to them. For the
// node at a place `from` is the first node of the recorded tree that it stands for, which went to
// `places`, if it was `met`.
class Sketch {
    constructor(places, met) {
        Object.assign(this, {places, met, up: [0], fn: [-1], from: [0], sums: [0, 0, 0, 0], isMerged: [$byThread],
                             keys: $removed.size && $byFunction($keyHash), ways: [0], ownWays: [0], isRemoved: [],
                             // the last place with a hash, and before each the one with the same
                             heads: new Int32Array(1 << 22), others: [0]});
    }
    slotOf(above, f) {
        return (imul(above, 0x9e3779b1) ^ imul(f, 0x85ebca6b)) >>> 10;
    }
    register(place) {
        const slot = this.slotOf(this.up[place], this.fn[place]);
        this.others[place] = this.heads[slot];
        this.heads[slot] = place;
    }
    // Once a place stands for several nodes, what is below it has to be looked up; elsewhere each is
    // met but once.
    merge(place) {
        const node = this.from[place], {end} = $recorded;
        for (let at = node + 1; !this.isMerged[place] && at < end[node]; at = end[at]) {
            if (this.met[at] && this.up[this.places[at]] === place)
                this.register(this.places[at]);
        }
        this.isMerged[place] = true;
        return place;
    }
    enter(above, f, node) {
        let place = this.isMerged[above] && this.heads[this.slotOf(above, f)];
        while (place && (this.up[place] !== above || this.fn[place] !== f))
            place = this.others[place];
        if (place)
            return this.merge(place);
        this.fn.push(f);
        this.from.push(node);
        this.others.push(0);
        this.isMerged.push($byThread);
        this.sums.push(0, 0, 0, 0);
        place = this.up.push(above) - 1;
        if (this.isMerged[above])
            this.register(place);
        if (this.keys)
            this.followWay(place, above, f);
        return place;
    }
    // What was removed without regard to threads is so below each of them, too.
    followWay(place, above, f) {
        const {keys, ways, ownWays} = this, isNamed = (way) => $removed.get(way) === $nameOf(f);
        ways[place] = $mix(ways[above], keys[f]);
        ownWays[place] = $isCode(f) ? $mix(ownWays[above], keys[f]) : 0;
        this.isRemoved[place] = isNamed(ways[place]) || isNamed(ownWays[place]);
    }
    // The place above with the function, or 0.
    findAbove(place, f) {
        while (place && this.fn[place] !== f)
            place = this.up[place];
        return place;
    }
}

// The tree by thread, without what is hidden, and with recursion collapsed: of a stack that comes back
// to a function, what lies between is left out, so that each function is in it once.
function $transform() {
    $removedWeight = 0;
    if (!$byThread && !$collapsed && !$hidden.size && !$removed.size)
        return $recorded;
    const {n, fn, up} = $recorded, places = $integers(n), met = new Int32Array(n), tops = [], way = [];
    const sketch = new Sketch(places, met), isRecursive = $collapsed ? $findRecursion() : [];
    const left = $byFunction((f) => $hidden.has($nameOf(f)) || $hidden.has('module:' + $moduleOf(f)));
    const enterBelow = (place, node) => {
        if (sketch.isRemoved[place])
            return place;
        const f = fn[node], above = left[f] ? place : isRecursive[node] && sketch.findAbove(place, f);
        return left[f] || above ? sketch.merge(above) : sketch.enter(place, f, node);
    };
    $eachPart((node, thread, ...own) => {
        if (tops[thread] === undefined) {
            tops[thread] = $byThread ? sketch.enter(sketch.enter(0, $processFn(thread), 0), $threadFn(thread), 0)
                : 0;
        }
        for (; node && met[node] !== thread + 1; node = up[node])
            way.push(node);
        let place = node ? places[node] : tops[thread];
        while (way.length) {
            node = way.pop();
            met[node] = thread + 1;
            place = places[node] = enterBelow(place, node);
        }
        if (sketch.isRemoved[place])
            $removedWeight += own[0];
        else
            own.forEach((sum, i) => { sketch.sums[4 * place + i] += sum; });
    });
    return $flatten(sketch);
}

// The nodes with callers before what they call, and that in order of names.
function $flatten({up, fn, from, sums}) {
    const n = up.length, byFn = $byFunction(() => []), first = new Int32Array(n), beside = new Int32Array(n);
    for (let node = 1; node < n; node++)
        byFn[fn[node]].push(node);
    for (const f of Array.from(byFn.keys()).sort((a, b) => $nameOf(a) < $nameOf(b) ? 1 : -1)) {
        for (const node of byFn[f]) {
            beside[node] = first[up[node]];
            first[up[node]] = node;
        }
    }
    const order = $integers(n), levels = $integers(n);
    for (let node = 0, i = 0; ;) {
        order[i++] = node;
        if (i === n)
            break;
        if (first[node]) {
            node = first[node];
        } else {
            for (levels[i] = 1; !beside[node]; node = up[node])
                levels[i]++;
            node = beside[node];
        }
    }
    const column = (Type, value) => {
        const values = new Type(n);
        for (let i = 0; i < n; i++)
            values[i] = value(order[i]);
        return values;
    };
    const own = (i) => column(Float64Array, (node) => sums[4 * node + i]);
    const t = {n, up: levels, fn: column(Uint32Array, (node) => fn[node]),
               line: column(Uint32Array, (node) => $recorded.line[from[node]]),
               file: column(Uint32Array, (node) => $recorded.file[from[node]]), weight: own(0), samples: own(1)};
    if ($recorded.old)
        [t.old, t.oldSamples] = [own(2), own(3)];
    return $finishTree(t);
}

// ---- boxes ----

// What is drawn: a function on a way from the root of a view. `set` are the nodes of the tree it
// stands for. Where the callers lie above (root.from), `source` are the nodes whose weight it is, of
// which it counts the 'self' or the 'total'; over time (root.times) the set is a range of samples.
class Box {
    constructor(up, f, more) {
        Object.assign(this, {up, f, set: [], depth: up ? up.depth + 1 : 0, total: 0, start: 0,
                             root: up ? up.root : this, lane: up && up.lane}, more);
        this.source = this.root.from ? [] : this.set;
    }
    add(node, source = node) {
        this.set.push(node);
        if (this.root.from)
            this.source.push(source);
        this.total += this.lane ? this.of($tree.gone, source) * $ratio() : this.of($tree.weight, source);
        return this;
    }
    of(sums, node) {
        return sums[this.root.from === 'self' ? node + 1 : $tree.end[node]] - sums[node];
    }
    sum(sums) {
        return this.source.reduce((sum, node) => sum + this.of(sums, node), 0);
    }
    // Is one node of the tree; what it calls can be read off the tree.
    get isFrame() {
        return $view === 'flame' && !this.lane;
    }
    get isListed() {
        return this.isFrame && !$byWidth && (this.up || !$hasGone());
    }
    // Calls visit(start, total, kid) for all it calls; a kid may be a node of which no box was made yet.
    each(visit) {
        if (!this.isListed) {
            for (const kid of this.kids)
                visit(kid.start, kid.total, kid);
            return;
        }
        const {weight, end} = $tree, [node] = this.set;
        for (let at = node + 1; at < end[node]; at = end[at]) {
            if (weight[end[at]] > weight[at])
                visit(weight[at], weight[end[at]] - weight[at], at);
        }
    }
    boxOf(kid) {
        if (kid.up)
            return kid;
        this.made = this.made || new Map();
        if (!this.made.has(kid))
            this.made.set(kid, new Box(this, $tree.fn[kid], {start: $tree.weight[kid]}).add(kid));
        return this.made.get(kid);
    }
    // The first kid that passes.
    find(passes) {
        let found;
        this.each((start, total, kid) => { found = found || passes(kid, total) && this.boxOf(kid); });
        return found;
    }
    get kids() {
        return this.known || (this.known = this.root.times ? this.later() : this.grow());
    }
    get self() {
        let self = this.total;
        this.each((start, total) => { self -= total; });
        return max(0, self);
    }
    grow() {
        const kids = new Map(), {from} = this.root;
        const add = (node, source) => {
            const f = $tree.fn[node];
            if (!kids.has(f))
                kids.set(f, new Box(this, f));
            kids.get(f).add(node, source);
        };
        this.set.forEach((node, i) => {
            if (!from) {
                for (let at = node + 1; at < $tree.end[node]; at = $tree.end[at])
                    add(at);
            } else {
                const next = from === 'self' && !this.up ? node : $tree.up[node];
                if (next)
                    add(next, this.source[i]);
            }
        });
        const found = [...kids.values()].filter((box) => box.total > 0);
        if (from || this.set.length > 1)
            found.sort($byName);
        if ($byWidth)
            found.sort((a, b) => b.total - a.total);
        if (this.isFrame && !this.up && $hasGone()) {
            found.push(new Box(this, fns.n - 1, {lane: true}).add(0));
            this.total += found.at(-1).total;
        }
        this.known = found;
        found.reduce((start, box) => (box.start = start) + box.total, this.start + this.self);
        return found;
    }
    // Samples of a thread that follow each other under the same callers.
    later() {
        const {times} = this.root, kids = [];
        let last = null;
        for (let i = this.set[0]; i < this.set[1]; i++) {
            let node = times.node[i];
            while ($tree.depth[node] > this.depth + 1)
                node = $tree.up[node];
            if ($tree.depth[node] <= this.depth) {
                last = null;
                continue;
            }
            if (!last || last.node !== node || times.begin[i] > times.end[i - 1])
                kids.push(last = new Box(this, $tree.fn[node], {node, start: times.begin[i], set: [i]}));
            last.set[1] = i + 1;
            last.total = times.end[i] - last.start;
        }
        return kids;
    }
}

// By which the older profile's weights are drawn as if both had the same total.
const $ratio = () => $tree.weight[$tree.n] / $tree.old[$tree.n] || 1;
const $hasGone = () => $tree.gone && $tree.gone[$tree.n] > 0;

// When each sample of the thread began and ended: a sample tells of the CPU time before it. A gap
// shorter than the sample is none, but chance.
function $timesOf(thread) {
    const times = {node: [], begin: [], end: []};
    let before = 0;
    $samples.thread.forEach((owner, i) => {
        if (owner !== thread)
            return;
        const end = max($samples.time[i], before), begin = end - $samples.weight[i] * $periodNs;
        times.node.push($samples.at[i]);
        times.begin.push(before && begin - before < end - begin ? before : max(before, begin));
        times.end.push(before = end);
    });
    return times;
}

let $view, $focus = -1, $chartThread, $roots;
// The function each stands for: code is one function whether it was inlined or called.
let $identities;

// The nodes of a function that have none of it among their callers.
function* $outermost(f) {
    const {n, fn, end} = $tree;
    for (let node = 1; node < n;) {
        if ($identities[fn[node]] === f) {
            yield node;
            node = end[node];
        } else {
            node++;
        }
    }
}

// Away from the first root lies what it calls or its callers, towards the other side what is below the
// second, which is there only in a sandwich.
function $buildRoots() {
    const make = (from, f = -1, more) => new Box(null, f, {from, ...more});
    if ($view === 'sandwich') {
        $roots = [make('total', $focus), make('', $focus)];
        for (const node of $outermost($focus))
            $roots.forEach((box) => box.add(node));
    } else if ($view === 'callers') {
        $roots = [make('self')];
        for (let node = 0; node < $tree.n; node++) {
            if ($tree.weight[node + 1] > $tree.weight[node])
                $roots[0].add(node);
        }
    } else if ($view === 'chart') {
        const times = $timesOf($chartThread), n = times.end.length, start = times.begin[0] || 0;
        $tree.depth = $integers($tree.n);
        for (let node = 1; node < $tree.n; node++)
            $tree.depth[node] = $tree.depth[$tree.up[node]] + 1;
        $roots = [make('', $threadFn($chartThread), {times, start, set: [0, n], total: n && times.end[n - 1] - start})];
    } else {
        $roots = [make('').add(0)];
    }
    [$zoomed] = $roots;
    // the lane of what is gone makes the root wider
    if ($hasGone() && $zoomed.isFrame)
        $zoomed.grow();
    $outermostRows = [0, 0];
    $selected = $hovered = $aimed = null;
}

const $whole = () => $tree.weight[$tree.n];
const $isCallerOf = (above, box) => {
    while (box.depth > above.depth)
        box = box.up;
    return box === above;
};
const $isInlined = (box) => box.f >= 0 && fns.flags[box.f] & INLINED;

function $sourceOf({f, root: {from}, node, set}) {
    const at = node || set[0], line = from || f < 0 ? 0 : $tree.line[at];
    return [f < 0 ? '' : $strings[line && $tree.file[at] || fns.file[f]], line || f >= 0 && fns.line[f]];
}

// ---- figures ----

function $duration(ns) {
    if (ns >= 1e12)
        return round(ns / 1e9).toLocaleString('en') + ' s';
    const [word, scale, digits] = ns >= 1e11 ? ['s', 1e9, 1] : ns >= 995e6 ? ['s', 1e9, 2]
        : ns >= 9950e3 ? ['ms', 1e6, 0] : ns >= 995e3 ? ['ms', 1e6, 1] : ns ? ['µs', 1e3, 0] : ['s', 1, 0];
    return (ns / scale).toFixed(digits) + ' ' + word;
}

const $amount = (weight) => $periodNs ? $duration(weight * $periodNs) : round(weight).toLocaleString('en') + ' ' + $unit;

// As in figures.c: what is not all never shows as 100.0 %.
function $share(part, base, digits = 1) {
    const percent = base ? 100 * part / base : 0;
    return (part < base && digits < 2 ? min(percent, 99.9) : percent).toFixed(digits) + ' %';
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /[\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/u;
const $cellOf = (c) => c < '\u0300' ? 1 : COMBINING.test(c) ? 0 : WIDE.test(c) ? 2 : 1;
const $cellsOf = (text) => [...text].reduce((cells, c) => cells + $cellOf(c), 0);

// The first stage of the name (labels.h) that fits, or the last one cut at its end.
function $label(f, cells) {
    if (cells < 3)
        return '';
    let whole = $nameOf(f), best = whole.replace(/(.)::h[0-9a-f]{16}$/, '$1');
    // A string of its own, or where the stage before it is cut (SVG.md).
    for (const [stage, isEnd] of [[fns.plain[f]], [fns.bare[f]], [fns.last[f], true]]) {
        if (!stage)
            continue;
        const kept = stage >> 1;
        whole = stage % 2 ? isEnd ? whole.slice(-kept) : whole.slice(0, kept) : $strings[kept];
        if ($cellsOf(best) > cells)
            best = whole;
    }
    if ($cellsOf(best) <= cells)
        return best;
    let out = '', used = 0;
    for (const c of best) {
        used += $cellOf(c);
        if (used > cells - 1)
            break;
        out += c;
    }
    return out + '…';
}

// ---- colours: classes, whose rules palette.c writes ----

const COLORS = ['kind', 'module', 'name', 'heat', 'diff'];
let $colors, $hues;

// By path: the hue of its hash, or one that is free where a heavier module has it, as in module_hues.c.
function $findHues() {
    const {n, fn, weight} = $recorded, own = new Float64Array(fns.n), weights = new Map(), taken = [];
    for (let node = 1; node < n; node++)
        own[fn[node]] += weight[node + 1] - weight[node];
    for (let f = 0; f < fns.n; f++) {
        if ($isCode(f))
            weights.set($moduleOf(f), (weights.get($moduleOf(f)) || 0) + own[f]);
    }
    $hues = new Map();
    for (const path of [...weights.keys()].sort((a, b) => weights.get(b) - weights.get(a) || $hash(a) - $hash(b))) {
        let hue = $hash(path) % 12;
        while ($hues.size < 12 && taken[hue])
            hue = (hue + 5) % 12;
        taken[hue] = true;
        $hues.set(path, hue);
    }
    return $hues;
}

function $classOf(box) {
    const {f} = box, kind = $kindOf(f);
    if ($colors === 'diff' && kind !== GROUP_KIND)
        return 'd' + $changeLevel(box);
    if (f < 0)
        return 'p2';
    if ($colors === 'kind' || kind >= GAP_KIND)
        return 'ulkjxgpo'[kind] + $hash($nameOf(f)) % 5;
    return $colors === 'module' ? 'h' + ($hues || $findHues()).get($moduleOf(f)) : $colors === 'name' ? 'w' + $hash($nameOf(f)) % 12
        : 'e' + max(0, 7 + ceil(log2($functionSums().self[$identities[f]] / $whole() || 1e-9)));
}

// The change of the share of the whole, and its standard error by the numbers of samples.
function $changeOf(box) {
    const [now, before] = box.lane ? [0, box.sum($tree.gone) / $tree.old[$tree.n]]
        : [box.sum($tree.weight) / $whole(), box.sum($tree.old) / $tree.old[$tree.n]];
    const part = (value, sums) => {
        const n = box.lane && sums === $tree.samples ? 0 : box.sum(sums);
        return n ? value * value / n : 1 / (sums[$tree.n] ** 2 || 1);
    };
    return {before, change: now - before,
            error: sqrt(part(now, $tree.samples) + part(before, $tree.oldSamples))};
}

function $changeLevel(box) {
    if (!$tree.old || box.root.times)
        return 5;
    const {change, error} = $changeOf(box), size = abs(change);
    const steps = size > 2 * error ? 1 + [0.003, 0.01, 0.03, 0.1].filter((limit) => size >= limit).length : 0;
    return 5 + (change > 0 ? steps : -steps);
}

// ---- drawing ----

// The box that commands are for, aimed, was the last one pointed at or selected.
let $zoomed, $selected, $hovered, $aimed, $icicle, $pinned;
let $width = 0, $rowHeight, $cellWidth = 7.225, $textSize = 12;
// The boxes drawn, by row from the root outwards; rows on the other side of it have negative numbers. And
// the outermost rows when it was not zoomed.
let $rows, $lowest, $highest, $outermostRows, $drawing = 0;
// How far the picture is scrolled from its root.
let $scrolled = 0;

const app = $first('.app'), $page = $first('.page', app);
const [$input, $caseButton, $regexButton, $found, $viewSelect, $threadSelect, $resetButton, $scroller, $picture, $hoverMark, $selection,
       $tableBox, $details, tip, $menu] =
    ('input .case .regex .found .view .thread .reset .scroll .picture .hover .selected .table .details .tip ' +
     '.menu').split(' ').map((selector) => $first(selector, $page));
let $boxes = $picture.firstElementChild;

function set(element, attributes) {
    for (const key in attributes)
        element.setAttribute(key, attributes[key]);
    return element;
}

const on = (target, types, action) => types.split(' ').forEach((type) => target.addEventListener(type, action));

// An element of the same kind as its parent, HTML or SVG.
function $make(name, parent, attributes, text = '') {
    const made = set(document.createElementNS(parent.namespaceURI, name), attributes);
    made.textContent = text;
    return parent.appendChild(made);
}

const top = (row) => ($icicle ? row - $lowest : $highest - row) * $rowHeight;
const $isDrawn = (box) => box && box.drawn === $drawing;

function $place(box, row, x, w) {
    Object.assign(box, {row, x, w, drawn: $drawing});
    ($rows[row] = $rows[row] || []).push(box);
    $lowest = min($lowest, row);
    $highest = max($highest, row);
}

// The callers of the zoomed box, then level by level all that is wide enough. Neighbours too narrow to
// draw become runs, and matches among them ticks.
function $collect(base, direction, runs, ticks) {
    const center = $zoomed.root === base ? $zoomed : base, scale = $width / (center.total || 1);
    for (let box = center; box; box = box.up) {
        if (box.up || direction > 0)
            $place(box, direction * box.depth, 0, $width);
    }
    for (let level = [center], row = direction * center.depth; level.length;) {
        const next = [];
        let run = {}, tick = -1, drawnTo = 0;
        row += direction;
        for (const box of level) {
            box.each((start, total, kid) => {
                let x = (start - center.start) * scale, w = total * scale;
                // over time, most of what is narrow has room around it: one box stands for all in its pixel
                if (base.times && w < 1 && x >= drawnTo)
                    [x, w] = [floor(x), max(1, BOX_MIN)];
                if (w >= BOX_MIN) {
                    drawnTo = x + w;
                    kid = box.boxOf(kid);
                    $place(kid, row, x, w);
                    next.push(kid);
                    return;
                }
                if (x - run.x - run.w < 0.01)
                    run.w = x + w - run.x;
                else
                    runs.push(run = {row, x, w});
                if ($matches && x >= tick + 1 && $hasMatch(kid))
                    ticks.push([tick = x, row]);
            });
        }
        level = next;
    }
}

function $draw() {
    const runs = [], ticks = [], labels = [], paths = {}, drawn = document.createElementNS($root.namespaceURI, 'g');
    $rowHeight = round(($page.clientWidth < 600 ? 20 : 18) * $textSize / 12);
    $width = max($page.clientWidth - 20, 50);
    $rows = {};
    // The picture stays as high when one zooms, so that the box one zooms to stays under the pointer.
    [$lowest, $highest] = $zoomed.up ? $outermostRows : [0, 0];
    $drawing++;
    $roots.forEach((base, i) => $collect(base, i ? -1 : 1, runs, ticks));
    if (!$zoomed.up)
        $outermostRows = [$lowest, $highest];
    const height = ($highest - $lowest + 1) * $rowHeight;
    set($picture, {width: $width, height, viewBox: `0 0 ${$width} ${height}`});
    // A box is seen as a pixel at least: of less, browsers may draw nothing.
    const add = (name, x, row, size) => {
        const w = max(size, 1);
        paths[name] = (paths[name] || '') +
            `M${x.toFixed(1)} ${top(row)}h${w.toFixed(1)}v${$rowHeight - 1}h-${w.toFixed(1)}z`;
    };
    for (const {row, x, w} of runs) {
        if (w >= BOX_MIN && row >= $lowest && row <= $highest)
            add('rest', x, row, w);
    }
    for (const box of Object.values($rows).flat()) {
        const {x, w, row} = box, caller = box !== $zoomed && $isCallerOf(box, $zoomed), hit = $isMatch(box);
        add((hit ? w > 3 ? 'match' : 'match narrow' : $classOf(box)) + (caller ? ' caller' : ''), x, row,
            w > 3 ? w - GAP : hit ? max(w, 2) : w);
        if (w < LABEL_MIN)
            continue;
        labels.push([$label(box.f, floor((w - 6) / $cellWidth)), x, row,
                     (caller ? 'faded' : '') + ($roots[1] && !row ? ' focus' : '')]);
        if ($isInlined(box))
            paths.inlined = (paths.inlined || '') + `M${(x + 1).toFixed(1)} ${top(row) + 1}v${$rowHeight - 3}`;
    }
    for (const [x, row] of ticks)
        add('match narrow', min(x, $width - 2), max($lowest, min(row, $highest)), 2);
    if ($roots[1])
        add('focus', 1, 0, $width - 2);
    // Matches lie above other boxes, marks above the boxes they belong to.
    const order = (name) => ['match', 'inlined', 'focus'].indexOf(name.split(' ')[0]);
    for (const name of Object.keys(paths).sort((a, b) => order(a) - order(b)))
        $make('path', drawn, {class: name, d: paths[name]});
    for (const [text, x, row, kind] of labels) {
        if (text)
            $make('text', drawn, {x: (x + 3).toFixed(1), y: top(row) + round($rowHeight * 13 / 18), class: kind}, text);
    }
    $boxes.replaceWith(set(drawn, {'aria-hidden': true}));
    $boxes = drawn;
    $placeMark($hoverMark, $hovered);
    $placeMark($selection, $selected);
}

// From a distance to the root's end of the picture to one from its top, and back.
const $fromRoot = (distance) => $icicle ? distance : $scroller.scrollHeight - $scroller.clientHeight - distance;

function $redraw() {
    tip.hidden = true;
    $tableBox.hidden = $view !== 'table';
    $scroller.hidden = !$tableBox.hidden;
    if (!$alone)
        set($root, {height: 100000});
    if ($scroller.hidden)
        $drawTable();
    else
        $draw();
    $resetButton.disabled = !$zoomed.up;
    $viewSelect.value = $view;
    $threadSelect.hidden = $view !== 'chart';
    set($page, {'data-colors': $colors});
    $countMatches();
    set($root, {height: $alone ? '100%' : $page.scrollHeight});
    // the focus of a sandwich is in the middle
    $scroller.scrollTop = $roots[1] ? top(0) - $scroller.clientHeight / 2 : $fromRoot($scrolled);
    $hintAtMore();
}

// Says where rows are out of sight.
function $hintAtMore() {
    const {scrollTop, clientHeight, classList} = $scroller, tops = Object.keys($rows || {}).map((row) => top(row));
    classList.toggle('more-above', min(...tops) < scrollTop - 3);
    classList.toggle('more-below', max(...tops) > scrollTop + clientHeight - $rowHeight + 3);
}

function $placeMark(mark, box) {
    const shown = $isDrawn(box);
    set(mark, {visibility: shown ? 'visible' : 'hidden'});
    if (shown)
        set(mark, {x: box.x + 0.5, y: top(box.row) + 0.5, width: max(box.w - GAP - 1, 1), height: $rowHeight - 2});
}

function $boxAt(event) {
    const bounds = $picture.getBoundingClientRect(), x = event.clientX - bounds.left;
    const row = floor((event.clientY - bounds.top) / $rowHeight);
    const line = $rows[$icicle ? row + $lowest : $highest - row] || [];
    let low = 0, high = line.length;
    while (low < high) {
        const middle = low + high >> 1;
        if (line[middle].x <= x)
            low = middle + 1;
        else
            high = middle;
    }
    const box = line[low - 1];
    return box && x < box.x + max(box.w, 1) ? box : null;
}

// ---- the table ----

let $sortBy = 'self', $sortUp, $sums, $totals, $rest;

// Weight of a function, each sample counted once; and of all functions, for which that takes longer.
function $totalOf(f) {
    f = $identities[f];
    if (!$totals.has(f)) {
        let sum = 0;
        for (const node of $outermost(f))
            sum += $tree.weight[$tree.end[node]] - $tree.weight[node];
        $totals.set(f, sum);
    }
    return $totals.get(f);
}

function $functionSums() {
    if ($sums)
        return $sums;
    const {n, fn, end, weight, old} = $tree, until = $integers(fns.n), zeros = () => new Float64Array(fns.n);
    $sums = {self: zeros(), total: zeros(), old: zeros()};
    for (let node = 1; node < n; node++) {
        const f = $identities[fn[node]];
        $sums.self[f] += weight[node + 1] - weight[node];
        if (node >= until[f]) {
            until[f] = end[node];
            $sums.total[f] += weight[end[node]] - weight[node];
        }
        if (old)
            $sums.old[f] += old[node + 1] - old[node];
    }
    return $sums;
}

const $signed = (part) => (part < 0 ? '−' : '+') + $share(abs(part), 1, 2).replace('%', 'pp');
const $changeIn = (f) => $sums.self[f] / $whole() - $sums.old[f] / ($tree.old ? $tree.old[$tree.n] : 1);
const $keyOf = {
    'self': (f) => $sums.self[f], 'total': (f) => $sums.total[f], 'change': $changeIn, 'name': $nameOf, 'module': $moduleOf,
};

function $drawTable() {
    const {self, total, old} = $functionSums(), key = $keyOf[$sortBy];
    $rest = Array.from($identities.keys()).filter((f) => $identities[f] === f && $isCode(f) &&
        (self[f] || total[f] || old[f]) && (!$matches || $matches.hits[f]));
    $rest.sort((a, b) => key(a) === key(b) ? a - b : key(a) < key(b) === Boolean($sortUp) ? -1 : 1);
    for (const head of all('th', $tableBox)) {
        const {sort} = head.dataset;
        head.hidden = sort === 'change' && !$tree.old;
        set(head, {'aria-sort': sort !== $sortBy ? 'none' : $sortUp ? 'ascending' : 'descending'});
    }
    $first('tbody', $tableBox).replaceChildren();
    $moreRows();
}

// Two hundred at a time: nobody reads a hundred thousand rows, and no browser likes to lay them out. Names
// take some lines at most.
function $moreRows() {
    const {self, total} = $sums, cells = floor($page.clientWidth / 6);
    for (const f of $rest.splice(0, 200)) {
        const row = $make('tr', $first('tbody', $tableBox), {tabindex: 0});
        row.f = f;
        for (const text of [$share(self[f], $whole()), $amount(self[f]), $share(total[f], $whole()), $amount(total[f]),
                            $tree.old && $signed($changeIn(f)), $label(f, cells), $fileName($moduleOf(f))]) {
            if (text !== undefined)
                $make('td', row, {}, text);
        }
    }
}

// ---- what is said about a box ----

function $figures(box) {
    const {root: {from, times}, lane, set: [first, last]} = box;
    const base = times ? box.root.total : $whole(), total = box.f < 0 ? base : box.total;
    const parts = [$share(total, base) + (lane ? ' of the older profile' : ' of all')];
    if (!lane)
        parts.unshift(times ? $duration(total) + ' long' : $amount(total) + ($periodNs ? ' CPU' : ''));
    if ($zoomed.up && $isCallerOf($zoomed, box))
        parts.push($share(total, $zoomed.total) + ' of zoom');
    if (times)
        return [...parts, 'from ' + $duration(box.start), last - first + ' samples'].join(' · ');
    if (!from && !lane)
        parts.push(`self ${$amount(box.self)} (${$share(box.self, $whole())})`);
    const n = box.sum(lane ? $tree.oldSamples : $tree.samples);
    if ($periodNs || n !== total)
        parts.push(n.toLocaleString('en') + (n === 1 ? ' sample' : ' samples'));
    if ($tree.old && !lane && box.up) {
        const {before, change, error} = $changeOf(box);
        parts.push(`was ${$share(before, 1)}: ${$signed(change)}` + (abs(change) > 2 * error ? '' : ', may be chance'));
    }
    return parts.join(' · ');
}

// The address of the source by the template of --source-link, or ''.
function $sourceLink(box) {
    const template = $root.dataset.sourceLink || '', [file, line] = $sourceOf(box);
    return file && /^(https?|vscode):/i.test(template)
        ? template.replace(/\{(file|line)\}/g, (_, what) => what === 'line' ? line || 1
            : encodeURI(file).replace(/[?#]/g, encodeURIComponent)) : '';
}

// Name, mark, module and source; the last as a link, where there is a template.
function $describe(box, parent) {
    const [file, line] = $sourceOf(box), where = file + (file && line ? ':' + line : ''), link = $sourceLink(box);
    const words = [$isInlined(box) && '(inlined)', $moduleOf(box.f), !link && where].filter((word) => word);
    const place = $make('span', parent, {class: 'place'}, words.join(' · ') + (link && words.length ? ' · ' : ''));
    if (link)
        $make('a', place, {href: link, target: '_blank', rel: 'noopener'}, where);
}

function $showDetails(box) {
    box = $pinned && $selected || box || $selected || $zoomed;
    $details.replaceChildren();
    const first = $make('div', $details);
    $make('b', first, {}, $nameOf(box.f));
    first.append(' ');
    $describe(box, first);
    const sum = box.f >= 0 && $totalOf(box.f), missing = [];
    $make('div', $details, {}, $figures(box) + (sum > box.total * 1.000001 && $isCode(box.f) && !box.lane && !box.root.times
        ? ` · everywhere ${$amount(sum)} (${$share(sum, $whole())})` : ''));
    if ($removed.size)
        missing.push(`removed: ${[...new Set($removed.values())].join(', ')} (${$amount($removedWeight)})`);
    if ($hidden.size)
        missing.push('hidden: ' + [...$hidden].join(', '));
    if (missing.length)
        $make('div', $details, {class: 'missing'}, missing.join(' · ') + ' · X brings everything back');
}

function say(text, className = 'note') {
    $showDetails();
    $make('div', $details, {class: className}, text);
}

function $showTip(box, event) {
    tip.hidden = !box || !$menu.hidden;
    if (tip.hidden)
        return;
    tip.replaceChildren();
    $make('b', tip, {}, $nameOf(box.f));
    $describe(box, $make('div', tip));
    $make('div', tip, {}, $figures(box));
    $moveTo(tip, event, 14, 20);
}

// Puts the popup beside the pointer, where it fits.
function $moveTo(popup, event, right, below) {
    const bounds = $page.getBoundingClientRect(), x = event.clientX - bounds.left + right, y = event.clientY - bounds.top;
    const over = y + below + popup.offsetHeight > $page.clientHeight;
    popup.style.left = max(4, min(x, $page.clientWidth - popup.offsetWidth - 4)) + 'px';
    popup.style.top = max(4, over ? min(y - 10, $page.clientHeight) - popup.offsetHeight : y + below) + 'px';
}

function $select(box) {
    $selected = $aimed = box;
    $placeMark($selection, box);
    $showDetails();
    if (!box) {
        $picture.removeAttribute('aria-activedescendant');
        return;
    }
    let siblings = 0, place = 1;
    if (box.up) {
        box.up.each((start, total, kid) => {
            siblings++;
            place = kid === box || kid === box.set[0] ? siblings : place;
        });
    }
    set($selection, {'aria-label': $nameOf(box.f) + ', ' + $figures(box), 'aria-level': box.depth + 1,
                    'aria-setsize': siblings || 1, 'aria-posinset': place});
    set($picture, {'aria-activedescendant': $selection.id});
    $reveal(box);
}

function $reveal(box) {
    if ($isDrawn(box))
        $scroller.scrollTop = min(top(box.row), max($scroller.scrollTop,
            top(box.row) + $rowHeight - $scroller.clientHeight));
}

// ---- search ----

// Hits by function; how many hits are before each node; how many functions.
let $matches = null, $current = null;

const $isPressed = (button) => button.getAttribute('aria-pressed') === 'true';
const $isMatch = (box) => $matches && box.f >= 0 && $matches.hits[box.f] === 1;
const $isBelow = (node) => $matches.before[$tree.end[node]] > $matches.before[node];
const $hasMatch = (kid) => !kid.up ? $isBelow(kid)
    : $isMatch(kid) || !kid.root.times && kid.set.some(kid.root.from ? $isAbove : $isBelow);

// Whether a match is at the node or among its callers.
function $isAbove(node) {
    if (!$matches.above) {
        const above = $matches.above = new Uint8Array($tree.n);
        for (let at = 1; at < $tree.n; at++)
            above[at] = $matches.hits[$tree.fn[at]] | above[$tree.up[at]];
    }
    return $matches.above[node] > 0;
}

// Case matters when it is asked for or the text has an upper-case letter. "module:" looks there.
function $tester(text) {
    const of = text.startsWith('module:') ? $moduleOf : $nameOf;
    text = text.replace(/^module:/, '');
    const anyCase = !$isPressed($caseButton) && text === text.toLowerCase();
    if ($isPressed($regexButton)) {
        const expression = new RegExp(text, anyCase ? 'iu' : 'u');
        return (f) => expression.test(of(f));
    }
    return anyCase ? (f) => of(f).toLowerCase().includes(text) : (f) => of(f).includes(text);
}

function $search() {
    $input.removeAttribute('aria-invalid');
    $found.classList.remove('error');
    $current = null;
    let test = null;
    try {
        test = $input.value && $tester($input.value);
    } catch (error) {
        set($input, {'aria-invalid': true});
        $found.textContent = 'not a regular expression: ' + error.message.split(': ').pop();
        $found.title = error.message;
        $found.classList.add('error');
        return;
    }
    $matches = null;
    if (test) {
        const hits = $byFunction((f) => $kindOf(f) !== GROUP_KIND && test(f) ? 1 : 0);
        const {n, fn, end, weight} = $tree, before = $integers(n + 1);
        for (let node = 1; node < n; node++)
            before[node + 1] = before[node] + (weight[end[node]] > weight[node] && hits[fn[node]]);
        $matches = {hits, before, count: new Set(fns.name.filter((id, f) => hits[f])).size};
    }
}

function $searchAgain() {
    $search();
    $redraw();
    $remember();
}

// A regular expression out of a link may take for ever: it is tried in a worker, and ended after a second.
const $tryExpression = ({data: [text, names]}) => {
    try {
        const expression = RegExp(text, 'iu');
        names.forEach((name) => expression.test(name));
    } catch {
        // said when it is used
    }
    postMessage(0);
};

async function $searchSafely() {
    const text = $input.value;
    let worker;
    try {
        worker = new Worker(URL.createObjectURL(new Blob([`onmessage=${$tryExpression}`])));
        await new Promise((resolve, reject) => {
            worker.onmessage = resolve;
            worker.onerror = reject;
            setTimeout(reject, 1000);
            worker.postMessage([text, $strings]);
        });
        if (text === $input.value)
            $searchAgain();
    } catch {
        $found.textContent = 'press Enter to search';
    }
    if (worker)
        worker.terminate();
}

// The weight that lies in matches at the node and below it, each sample counted once.
function $matchedBelow(node) {
    const {hits, before} = $matches, end = $tree.end[node];
    let weight = 0;
    for (let at = node; at < end;) {
        const hit = at && hits[$tree.fn[at]];
        if (hit)
            weight += $tree.weight[$tree.end[at]] - $tree.weight[at];
        at = hit || before[$tree.end[at]] === before[at] ? $tree.end[at] : at + 1;
    }
    return weight;
}

function $matchedWeight({root: {from, times}, set: [first, last], set: nodes, source, depth, up}) {
    let weight = 0;
    if (times) {
        for (let i = first; i < last; i++) {
            let node = times.node[i];
            while ($tree.depth[node] >= max(depth, 1) && !$matches.hits[$tree.fn[node]])
                node = $tree.up[node];
            weight += $tree.depth[node] >= max(depth, 1) ? times.end[i] - times.begin[i] : 0;
        }
        return weight;
    }
    return source.reduce((sum, node, i) => sum + (!from || !up && $roots[1] && !$isAbove(node) ? $matchedBelow(node)
        : $isAbove(nodes[i]) ? $zoomed.of($tree.weight, node) : 0), 0);
}

// What can be stepped to, from the left: in the flame graph all frames, elsewhere, and where only a lane
// of what is gone has matches, what is drawn.
const $drawnMatches = () => Object.keys($rows).sort((a, b) => a - b).flatMap((row) => $rows[row].filter($isMatch));

const $stepsFrames = () => $zoomed.isFrame && ($zoomed.up || $matches.before[$tree.n] > 0);

function $matchPosition() {
    if (!$stepsFrames()) {
        const drawn = $drawnMatches();
        return [drawn.indexOf($current), drawn.length];
    }
    const {before} = $matches, [first] = $zoomed.set;
    return [$current ? before[$current.set[0]] - before[first] : -1, before[$tree.end[first]] - before[first]];
}

function $countMatches() {
    if ($input.getAttribute('aria-invalid'))
        return;
    $found.textContent = $found.title = '';
    if (!$matches)
        return;
    const words = $matches.count + ($matches.count === 1 ? ' function' : ' functions');
    if ($view === 'table') {
        $found.textContent = words;
        return;
    }
    const weight = $zoomed.lane ? 0 : $matchedWeight($zoomed), [at, n] = $matchPosition(), {times} = $zoomed.root;
    const base = $zoomed.f < 0 ? $whole() : $zoomed.total, size = times ? $duration : $amount;
    $found.textContent = weight || n ? `matched ${$share(weight, base)} · ` + (at < 0 ? words : `${at + 1}/${n}`) : 'no match';
    $found.title = `${words}, ${size(weight)} of ${size(base)} (${$share(weight, base, 2)})`;
}

// To the next match in the view, or the one before; zooms in where it is too narrow to be seen.
function $step(direction) {
    if (!$matches || $view === 'table')
        return;
    const [at, n] = $matchPosition(), next = at < 0 && direction < 0 ? n - 1 : (at + direction + n) % n;
    if (!n)
        return;
    $current = $stepsFrames() ? $frameAt(next) : $drawnMatches()[next];
    let target = $zoomed;
    const way = [];
    for (let box = $current; $zoomed.isFrame && box !== $zoomed; box = box.up)
        way.push(box);
    while (way.length && $current.total * $width / target.total < SELECT_MIN)
        target = way.pop();
    $zoom(target);
    $select($current);
    $countMatches();
}

// The box of the n-th match below the zoomed one.
function $frameAt(n) {
    const {before} = $matches;
    let [node] = $zoomed.set, high = $tree.end[node];
    for (n += before[node]; node < high;) {
        const middle = node + high >> 1;
        if (before[middle + 1] > n)
            high = middle;
        else
            node = middle + 1;
    }
    return $frameOf(node);
}

function $frameOf(node) {
    return node ? $frameOf($tree.up[node]).find((kid) => kid === node || kid.up && kid.set[0] === node && !kid.lane)
        : $roots[0];
}

// ---- state, and the address that leads back to it ----

// Links know a box by hashes of names and not by numbers, so that they survive when the picture is made
// anew: in the flame graph by one of all names on the way to it (and by its own name), elsewhere by
// four letters for each function on the way.
const $keyHash = (f) => $hash($nameOf(f) + '\n' + $moduleOf(f) + (fns.flags[f] & INLINED));
const $mix = (way, key) => imul(way ^ key, 16777619) >>> 0;
const $wayOf = (node) => node ? $mix($wayOf($tree.up[node]), $keyHash($tree.fn[node])) : 0;
const $letters = (box) => (box.root.times ? box.up.kids.indexOf(box) : $keyHash(box.f)).toString(36).padStart(7, 0).slice(-4);
const $pathOf = (box) => !box.up ? box === $roots[1] ? '~' : '' : box.isFrame ? '.' + $wayOf(box.set[0]).toString(36)
    : $pathOf(box.up) + $letters(box);

function $findPath(path, name) {
    if (path[0] !== '.') {
        return (path.match(/\w{4}/g) || []).reduce((box, part) =>
            box && box.find((kid) => $letters(box.boxOf(kid)) === part), $roots[path[0] === '~' ? 1 : 0]);
    }
    const {n, up, fn} = $tree, keys = $byFunction($keyHash), ways = $integers(n);
    const wanted = parseInt(path.slice(1), 36);
    for (let node = 1; node < n; node++) {
        ways[node] = $mix(ways[up[node]], keys[fn[node]]);
        if (ways[node] === wanted && $nameOf(fn[node]) === name)
            return $frameOf(node);
    }
    return null;
}

// By the keys of the address; none says what is so anyway.
function $stateHash() {
    const switches = {i: $icicle, r: $isPressed($regexButton), a: $isPressed($caseButton), w: $byWidth, k: $collapsed, m: $byThread};
    const flags = Object.keys(switches).filter((flag) => switches[flag]).join('');
    const state = {
        v: $view !== 'flame' && $view, p: $roots[1] && $nameOf($focus), q: $roots[1] && $moduleOf($focus),
        t: $view === 'chart' && $threads.tid[$chartThread], z: $pathOf($zoomed), f: $zoomed.up && $nameOf($zoomed.f),
        s: $input.value, o: flags !== ($root.dataset.flags || '') && (flags || '-'), x: [...$hidden].join('\n'),
        d: Array.from($removed, ([way, name]) => way.toString(36) + ' ' + name).join('\n'),
        c: $colors !== $root.dataset.colors && $colors,
    };
    return '#' + Object.keys(state).filter((key) => state[key] || state[key] === 0)
        .map((key) => key + '=' + encodeURIComponent(state[key])).join('&');
}

function $remember(asNewEntry) {
    try {
        if ($owns && $stateHash() !== (location.hash || '#'))
            history[asNewEntry ? 'pushState' : 'replaceState'](null, '', $stateHash());
    } catch {
        // a sandbox without history: the picture works, links do not
    }
}

function $readState() {
    const state = {o: $root.dataset.flags || '', s: '', x: '', d: '', p: '', q: '', z: ''};
    const told = $owns ? location.hash || location.search : '';
    for (const [, key, value] of told.matchAll(/[#?&](\w)=([^&]*)/g)) {
        try {
            state[key] = decodeURIComponent(value);
        } catch {
            // malformed: as if it were not there
        }
    }
    return state;
}

function $restore() {
    const {o, s, x, d, p, q, z, f = p, v, t, c} = $readState();
    [$icicle, $byWidth, $collapsed, $byThread] = [...'iwkm'].map((flag) => o.includes(flag));
    $byThread = $byThread && $canSplit();
    $hidden = new Set(x ? x.split('\n') : []);
    $removed = new Map(Array.from(d.matchAll(/(\w+) ([^\n]*)/g), ([, way, name]) => [parseInt(way, 36), name]));
    $colors = COLORS.includes(c) ? c : $root.dataset.colors;
    set($regexButton, {'aria-pressed': o.includes('r')});
    set($caseButton, {'aria-pressed': o.includes('a')});
    $view = all('option', $viewSelect).some((option) => option.value === v) ? v : 'flame';
    $focus = fns.name.findIndex((id, at) => $strings[id] === p && $moduleOf(at) === q);
    $chartThread = $samples ? $threads.tid.indexOf(Number(t)) : -1;
    $rebuild();
    const target = $findPath(z, f), lost = !target || p && $focus < 0;
    $input.value = s || (lost ? f : '');
    $zoomed = target || $zoomed;
    $matches = null;
    const isSafe = !s || !$isPressed($regexButton);
    if (isSafe)
        $search();
    say(lost ? `What the link leads to is not in this profile: ${f}.` : '', 'error');
    $redraw();
    if (!isSafe)
        $searchSafely();
}

const $canSplit = () => $threads.n > 1 && Boolean($parts || $samples);

// Makes the tree and the roots anew from what they are to show.
function $rebuild() {
    if ($view === 'chart' && ($byThread || $collapsed || $hidden.size || $removed.size || !$samples || !$samples.n))
        $view = 'flame';
    $tree = $transform();
    const known = new Map();
    $identities = Array.from(fns.name, (id, f) => {
        const key = `${id} ${fns.module[f]}`;
        known.set(key, known.get(key) || f);
        return known.get(key);
    });
    $sums = null;
    $totals = new Map();
    $focus = $identities[$focus];
    if ($view === 'sandwich' && !$totalOf($focus))
        $focus = $functionSums().self.reduce((best, self, f) => self > $sums.self[best] && $isCode(f) ? f : best, 0);
    if ($view === 'chart' && $chartThread < 0) {
        const weights = Array.from($threads.tid, () => 0);
        $samples.thread.forEach((thread, i) => { weights[thread] += $samples.weight[i]; });
        $chartThread = weights.indexOf(max(...weights));
    }
    $threadSelect.value = $chartThread;
    $buildRoots();
}

// After a change of what is shown: the same place again, where it is still there.
function $change(text) {
    const path = $pathOf($zoomed), name = $nameOf($zoomed.f);
    $rebuild();
    $zoomed = $findPath(path, name) || $zoomed;
    $search();
    say(text || '');
    $redraw();
    $remember(true);
}

function $zoom(box) {
    if (!box || box === $zoomed)
        return;
    $zoomed = box;
    $hovered = null;
    // The details first: what they leave is the picture's.
    $select(box.up ? box : null);
    $redraw();
    $reveal(box);
    $remember(true);
}

const $focusView = () => ($scroller.hidden ? $tableBox : $picture).focus({preventScroll: true});

function $show(name) {
    if (name === 'chart') {
        $byThread = $collapsed = false;
        $hidden.clear();
        $removed.clear();
    }
    $view = name;
    [$zoomed] = $roots;
    $scrolled = 0;
    $change();
    $focusView();
}

function $sandwich(f) {
    if (!$isCode(f))
        return;
    $focus = f;
    $show('sandwich');
}

function $hide(what) {
    $hidden.add(what);
    $view = $view === 'chart' ? 'flame' : $view;
    $change();
}

// In the callers view and over time a box is no subtree.
function $remove(box) {
    const {from, times} = box.root;
    if (box.f < 0 || from === 'self' || times || box.lane) {
        say('This cannot be removed; what the flame graph shows can.', 'error');
        return;
    }
    for (const node of box.source)
        $removed.set($wayOf(node), $nameOf($tree.fn[node]));
    if ($isCallerOf(box, $zoomed))
        $zoomed = box.up || box;
    $change();
}

// ---- commands: what keys, buttons and the menu do ----

async function $copy(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        // not allowed here (a sandbox, a page without a safe connection): the old way
        const area = $make('textarea', $page);
        area.value = text;
        area.select();
        document.execCommand('copy');
        area.remove();
        $picture.focus();
    }
    say('Copied: ' + text.replaceAll('\n', ';'));
}

// Root first, one function in a line.
function $stackOf(box) {
    const names = [], {from} = box.root;
    for (; box && box.f >= 0; box = box.up)
        names.push($nameOf(box.f));
    return (from ? names : names.reverse()).join('\n');
}

function $flip() {
    $icicle = !$icicle;
    $scrolled = 0;
    $redraw();
    $remember();
}

function $nextColors() {
    do
        $colors = COLORS[(COLORS.indexOf($colors) + 1) % COLORS.length];
    while ($colors === 'diff' && !$tree.old);
    $redraw();
    say('Colours: ' + $colors);
    $remember();
}

// The rules for a dark page are in force always or never, whatever the reader's system says.
let $isDark;
function $setTheme(dark) {
    for (const rule of $first('style').sheet.cssRules) {
        if (rule.media && /screen|not/.test(rule.media.mediaText))
            rule.media.mediaText = dark ? 'screen' : 'not all';
    }
    $isDark = dark;
    $root.dataset.theme = dark ? 'dark' : 'light';
}

function $toggleTheme() {
    $setTheme(!($isDark === undefined ? matchMedia('(prefers-color-scheme:dark)').matches : $isDark));
    try {
        localStorage.profTheme = $isDark;
    } catch {
        // not remembered, then
    }
}

function $changeText(by) {
    $textSize = max(8, min(24, $textSize + by));
    $page.style.setProperty('--text', $textSize + 'px');
    $measureCell();
    $redraw();
}

function $escape() {
    if ($input.value) {
        $input.value = '';
        $searchAgain();
    } else {
        $zoom($roots[0]);
    }
}

const $toggle = (name) => () => $show($view === name ? 'flame' : name);
const $commands = {
    '/': () => $input.focus(), n: () => $step(1), N: () => $step(-1), 0: () => $zoom($roots[0]),
    Backspace: () => $zoom($zoomed.up), Escape: $escape, f: () => $show('flame'), r: $toggle('callers'), t: $toggle('table'),
    l: $toggle('chart'), i: $flip, c: $nextColors, d: $toggleTheme, '+': () => $changeText(1), '-': () => $changeText(-1),
    '?': (event) => $openMenu(null, event),
    X() {
        $hidden.clear();
        $removed.clear();
        $change();
    },
    w() {
        $byWidth = !$byWidth;
        $change();
    },
    m() {
        $byThread = !$byThread && $canSplit();
        $change($canSplit() ? '' : 'There is only one thread in this file.');
    },
    k() {
        $collapsed = !$collapsed;
        $change();
    },
};
$commands.Home = $commands[0];
const $boxCommands = {
    Enter: () => $selected ? $zoom($selected) : $step(1), s: (box) => $sandwich(box.f), y: (box) => $copy($nameOf(box.f)),
    Y: (box) => $copy($stackOf(box)), x: (box) => box.f >= 0 && $hide($nameOf(box.f)),
    Delete: $remove, M: (box) => $moduleOf(box.f) && $hide('module:' + $moduleOf(box.f)),
    o: (box) => $sourceLink(box) ? window.open($sourceLink(box), '_blank', 'noopener')
        : say('Its file is not known, or the picture was made without --source-link.', 'error'),
    ' ': (box) => {
        $pinned = !$pinned;
        $select(box);
    },
};
const $states = {
    f: () => $view === 'flame', r: () => $view === 'callers', t: () => $view === 'table', l: () => $view === 'chart',
    i: () => $icicle, w: () => $byWidth, m: () => $byThread, k: () => $collapsed, ' ': () => $pinned,
};

function run(key, event) {
    if (Object.hasOwn($commands, key))
        $commands[key](event);
    else if (Object.hasOwn($boxCommands, key) && $view !== 'table')
        $boxCommands[key]($isDrawn($aimed) ? $aimed : $zoomed);
    else
        return false;
    return true;
}

function $openMenu(box, event) {
    tip.hidden = true;
    $menu.hidden = false;
    $menu.classList.toggle('for-box', Boolean(box));
    $menu.firstChild.textContent = box ? $label(box.f, 40) : '';
    for (const item of all('[aria-checked],[role$=x]', $menu))
        set(item, {'aria-checked': Boolean($states[item.dataset.key]())});
    $moveTo($menu, 'clientX' in event ? event : {clientX: 1e9, clientY: 60}, 0, 0);
    $first('button', $menu).focus();
}

function $closeMenu() {
    $menu.hidden = true;
    $focusView();
}

// ---- events ----

function $hover(event) {
    const box = event.type === 'pointerleave' ? null : $boxAt(event);
    if (event.pointerType !== 'touch')
        $showTip(box, event);
    if (box === $hovered)
        return;
    $hovered = box;
    $aimed = box || $aimed;
    $placeMark($hoverMark, box);
    // a name that was selected to be copied stays
    if (getSelection().isCollapsed || !$details.contains(getSelection().anchorNode))
        $showDetails(box);
}

const $isWide = (box) => $isDrawn(box) && box.w >= SELECT_MIN;
function $heaviest(box) {
    let most = 0;
    box.each((start, total) => { most = max(most, total); });
    return box.find((kid, total) => total === most);
}

function $move(key) {
    if (!$isDrawn($selected)) {
        $select($zoomed);
        return;
    }
    const line = $rows[$selected.row].filter($isWide), below = $roots[1] && $selected.root === $roots[1];
    const away = (key === 'ArrowDown') === Boolean($icicle);
    let box;
    if (key === 'ArrowLeft' || key === 'ArrowRight')
        box = line[line.indexOf($selected) + (key === 'ArrowLeft' ? -1 : 1)];
    else if (!$selected.up && $roots[1])
        box = $heaviest($roots[away ? 0 : 1]);
    else if (away === Boolean(below))
        box = $selected.up && !$selected.up.up ? $roots[0] : $selected.up;
    else
        box = $selected !== $zoomed && $isCallerOf($selected, $zoomed) ? $rows[$selected.row + (below ? -1 : 1)][0] : $heaviest($selected);
    if ($isWide(box))
        $select(box);
}

function $pressKey(event) {
    const {key, target, ctrlKey, metaKey} = event;
    // The first Ctrl-F is ours; in the field it is the browser's own search again.
    if ((ctrlKey || metaKey) && key === 'f' && target !== $input) {
        event.preventDefault();
        $input.focus();
        $input.select();
        return;
    }
    if (ctrlKey || metaKey || event.altKey || target === $input || target.localName === 'select' ||
        /^(button|a)$/.test(target.localName) && /^(Enter| )$/.test(key))
        return;
    const arrow = key.startsWith('Arrow');
    if (!$menu.hidden && arrow) {
        const items = all('button', $menu).filter((item) => item.offsetHeight);
        items.at((items.indexOf(target) + (key === 'ArrowDown' ? 1 : -1)) % items.length).focus();
    } else if (!$menu.hidden && key === 'Escape') {
        $closeMenu();
    } else if (target.f !== undefined && /^(Enter|s)$/.test(key)) {
        $sandwich(target.f);
    } else if (arrow && $view !== 'table') {
        $move(key);
    } else {
        if (!$menu.hidden && key.length === 1)
            $closeMenu();
        if (!run(key, event))
            return;
    }
    event.preventDefault();
}

function $fieldKey(event) {
    if (event.key === 'Enter') {
        if (!$matches || $input.getAttribute('aria-invalid'))
            $search();
        $redraw();
        $step(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
        if ($input.value)
            $escape();
        else
            $picture.focus();
        event.preventDefault();
    }
}

// A finger that stays opens the menu; the click that follows is none.
let $press, $pressed, $held;
function $finger(event) {
    const {type, clientX, clientY} = event;
    // no finger keeps still
    if (type === 'pointermove' && $pressed && abs(clientX - $pressed.clientX) + abs(clientY - $pressed.clientY) < 10)
        return;
    clearTimeout($press);
    $pressed = type === 'pointerdown' && event;
    $held = type === 'pointerup' && $held;
    if (type === 'pointerdown' && event.pointerType === 'touch')
        $press = setTimeout(() => { $held = $boxMenu(event); }, 500);
}

function $boxMenu(event) {
    const box = $boxAt(event);
    event.preventDefault();
    if (box && $menu.hidden) {
        $select(box);
        $openMenu(box, event);
    }
    return true;
}

function $clickBox(event) {
    const box = $boxAt(event);
    if (box && !$held) {
        if (event.ctrlKey || event.altKey || event.metaKey)
            $remove(box);
        else
            box === $zoomed ? $select(box) : $zoom(box);
    }
    $held = false;
}

function $clickPage({target}) {
    const item = target.closest('[data-key]'), head = target.closest('[data-sort]'), row = target.closest('tbody tr');
    if (item) {
        if ($menu.contains(item))
            $closeMenu();
        run(item.dataset.key, {});
    } else if (head) {
        const {sort} = head.dataset;
        $sortUp = sort === $sortBy ? !$sortUp : sort === 'name' || sort === 'module';
        $sortBy = sort;
        $drawTable();
    } else if (row) {
        $sandwich(row.f);
    }
}

function $listen() {
    on($picture, 'pointermove pointerleave', $hover);
    on($picture, 'pointerdown pointerup pointermove pointercancel', $finger);
    on($picture, 'contextmenu', $boxMenu);
    on($picture, 'click', $clickBox);
    on($picture, 'dblclick', () => getSelection().selectAllChildren($first('b', $details)));
    on($page, 'click', $clickPage);
    on($page, 'pointerdown', (event) => { $menu.hidden = !$menu.contains(event.target); });
    on($viewSelect, 'change', () => $show($viewSelect.value));
    on($threadSelect, 'change', () => {
        $chartThread = Number($threadSelect.value);
        $show('chart');
    });
    for (const button of [$caseButton, $regexButton]) {
        on(button, 'click', () => {
            set(button, {'aria-pressed': !$isPressed(button)});
            $searchAgain();
        });
    }
    on($input, 'input', $searchAgain);
    on($input, 'keydown', $fieldKey);
    on($alone ? window : $page, 'keydown', $pressKey);
    on($scroller, 'scroll', () => {
        tip.hidden = true;
        $scrolled = $fromRoot($scroller.scrollTop);
        $hintAtMore();
    });
    on($tableBox, 'scroll', () => {
        if ($tableBox.scrollTop + 2 * $tableBox.clientHeight > $tableBox.scrollHeight)
            $moreRows();
    });
    new ResizeObserver($hintAtMore).observe($scroller);
    on(window, 'resize', $redraw);
    if ($owns)
        on(window, 'popstate', $restore);
}

function $measureCell() {
    const probe = $make('text', $picture, {}, 'M'.repeat(50));
    $cellWidth = probe.getComputedTextLength() / 50 || $cellWidth;
    probe.remove();
}

// The page takes the place of the static picture.
function $start() {
    const fixed = $first('.static');
    $first('.title', $page).textContent = $first('title').textContent;
    $first('.figures', $page).textContent = $first('.figures', fixed).textContent;
    fixed.remove();
    app.removeAttribute('display');
    $root.removeAttribute('viewBox');
    set($root, {width: '100%', role: 'group'});
    set($selection, {id: $root.id + '-selected'});
    if ($samples)
        $threads.tid.forEach((tid, i) => $make('option', $threadSelect, {value: i}, $nameOf($threadFn(i))));
    else
        $first('[value=chart]', $viewSelect).remove();
    $measureCell();
    $listen();
    try {
        if (localStorage.profTheme)
            $setTheme(localStorage.profTheme === 'true');
    } catch {
        // a sandbox without storage
    }
    $restore();
    set($root, {'data-ready': ''});
}

$inflate().then((bytes) => {
    $readData(bytes);
    $start();
}).catch((error) => {
    const hint = $first('.hint');
    if (hint)
        hint.textContent = 'zoom and search are not available: ' + error.message;
});
})();
