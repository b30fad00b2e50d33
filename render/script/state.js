// SPDX-License-Identifier: MIT
//
// state.js - zoom and orientation, and the address that leads back to them.

// A node is known in links by two 32-bit hashes of the way to it: of names, modules and inlined
// marks, not of numbers, so that a link survives when the picture is made anew. Hashing all nodes
// takes a while in a large profile: it is done for links from outside, not for one's own zooms.
const BASES = [2166136261, 2654435769], visited = new Map();

const ownHash = (f, basis) => hashBytes(new TextEncoder().encode(
    [strings[functions.names[f]], strings[functions.modules[f]], functions.flags[f] & 8]), basis);

const mix = (above, own) => (Math.imul(above ^ own, 2246822519) ^ above >>> 15) >>> 0;

function pathOf(node) {
    const way = [];
    for (let at = node; at; at = parents[at])
        way.push(functionOf[at]);
    const path = BASES.map((basis) =>
        way.reduceRight((above, f) => mix(above, ownHash(f, basis)), 0).toString(36)).join('-');
    visited.set(path, node);
    return path;
}

function findPath(path) {
    if (visited.has(path))
        return visited.get(path);
    const wanted = path.split('-').map((half) => parseInt(half, 36));
    const [first, second] = BASES.map((basis) => {
        const own = functions.names.map((id, f) => ownHash(f, basis));
        const hashes = new Uint32Array(count);
        for (let node = 1; node < count; node++)
            hashes[node] = mix(hashes[parents[node]], own[functionOf[node]]);
        return hashes;
    });
    return first.findIndex((hash, node) => hash === wanted[0] && second[node] === wanted[1]);
}

function stateHash() {
    const parts = [];
    if (zoomed)
        parts.push('z=' + pathOf(zoomed), 'f=' + encodeURIComponent(nameOf(zoomed)));
    if (input.value)
        parts.push('s=' + encodeURIComponent(input.value));
    const flags = (icicle ? 'i' : '') + (isRegex() ? 'r' : '');
    if (flags)
        parts.push('o=' + flags);
    return '#' + parts.join('&');
}

// Several flamegraphs may share a page: then the address is not ours to write.
function remember(asNewEntry) {
    if (!alone)
        return;
    try {
        const hash = stateHash();
        if (hash !== (location.hash || '#'))
            history[asNewEntry ? 'pushState' : 'replaceState'](null, '', hash);
    } catch {
        // a sandbox without history: the picture works, links do not
    }
}

function readState() {
    const state = {};
    for (const [, key, value] of location.hash.matchAll(/[#&](\w)=([^&]*)/g)) {
        try {
            state[key] = decodeURIComponent(value);
        } catch {
            // malformed: as if it were not there
        }
    }
    return state;
}

function restore() {
    const state = alone ? readState() : {};
    const flags = state.o || '';
    icicle = flags.includes('i');
    set(regexButton, {'aria-pressed': flags.includes('r')});
    input.value = state.s || '';
    let note = '';
    zoomed = state.z ? findPath(state.z) : 0;
    if (zoomed < 0) {
        zoomed = 0;
        note = 'The linked place is not in this profile' + (state.f ? ': ' + state.f : '') + '.';
        if (!input.value)
            input.value = state.f || '';
    }
    selected = -1;
    // A regular expression out of a link runs only when its reader asks for it: it may be endless.
    if (flags.includes('r') && input.value)
        found.textContent = 'press Enter to search';
    else
        search();
    redraw();
    showDetails(-1);
    if (note)
        element('div', 'error', details, note);
}

function zoom(node) {
    if (node === zoomed || node < 0)
        return;
    zoomed = node;
    hovered = -1;
    tip.hidden = true;
    countMatches();
    redraw();
    select(node || -1);
    remember(true);
}

function flip() {
    icicle = !icicle;
    lowest = 0;
    redraw();
    remember(false);
}
