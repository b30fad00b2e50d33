// SPDX-License-Identifier: MIT
//
// search.js - matches, their share of the view, and the way from one to the next.

// Nodes whose function matches, and how many there are before each node.
let matches = null, current = -1;

const isRegex = () => regexButton.getAttribute('aria-pressed') === 'true';

function toggleRegex() {
    set(regexButton, {'aria-pressed': !isRegex()});
    search();
    redraw();
    remember(false);
}

// Case matters only when the text has an upper-case letter.
function tester(text) {
    const anyCase = text === text.toLowerCase();
    if (isRegex()) {
        const expression = new RegExp(text, anyCase ? 'iu' : 'u');
        return (name) => expression.test(name);
    }
    return anyCase ? (name) => name.toLowerCase().includes(text) : (name) => name.includes(text);
}

function search() {
    const text = input.value;
    input.removeAttribute('aria-invalid');
    if (!text) {
        matches = null;
        countMatches();
        return;
    }
    let test;
    try {
        test = tester(text);
    } catch (error) {
        set(input, {'aria-invalid': 'true'});
        found.textContent = 'not a regular expression';
        found.title = String(error.message);
        return;
    }
    const known = new Map();
    const hits = Uint8Array.from(functions.names, (id) => {
        if (!known.has(id))
            known.set(id, test(strings[id]) ? 1 : 0);
        return known.get(id);
    });
    const nodes = new Uint8Array(count), before = new Uint32Array(count + 1);
    for (let node = 0; node < count; node++) {
        nodes[node] = node ? hits[functionOf[node]] : 0;
        before[node + 1] = before[node] + nodes[node];
    }
    matches = {nodes, before, names: new Set(functions.names.filter((id, f) => hits[f])).size};
    current = -1;
    countMatches();
}

// The share of the view that lies in matches, each sample counted once.
function countMatches() {
    found.title = '';
    if (!matches) {
        found.textContent = '';
        return;
    }
    const {nodes, before, names} = matches, end = ends[zoomed], view = total(zoomed);
    const inView = before[end] - before[zoomed];
    let weight = 0;
    for (let node = zoomed; node < end;) {
        const inside = before[ends[node]] > before[node];
        if (nodes[node])
            weight += total(node);
        node = nodes[node] || !inside ? ends[node] : node + 1;
    }
    found.textContent = !inView ? 'no match' : 'matched ' + share(weight, view) +
        (current < 0 ? '' : ' · ' + (before[current] - before[zoomed] + 1) + '/' + inView);
    found.title = names + (names === 1 ? ' function, ' : ' functions, ') +
        duration(weight) + ' of ' + duration(view) + ' CPU (' + share(weight, view, 2) + ')';
}

// To the next match in the view, or the one before; zooms in where it is too narrow to be seen.
function step(direction) {
    if (!matches)
        return;
    const {nodes, before} = matches, first = zoomed, end = ends[zoomed];
    if (before[end] === before[first])
        return;
    let node = contains(first, current) ? current : direction > 0 ? first - 1 : end;
    do {
        node += direction;
        if (node >= end)
            node = first;
        else if (node < first)
            node = end - 1;
    } while (!nodes[node]);
    current = node;
    let target = zoomed;
    while (target !== node && total(node) * width / total(target) < SELECT_MIN)
        target = [...childrenOf(target)].find((child) => contains(child, node));
    zoom(target);
    countMatches();
    select(node);
}
