// SPDX-License-Identifier: MIT
//
// drawing.js - draws what is wide enough to be seen of the zoomed node.

let zoomed = 0, selected = -1, hovered = -1, icicle = false;
let width = 0, rowHeight = 18, cellWidth = 7.225, rowCount = 1;
// The nodes drawn, by depth, from left to right; how far the picture is scrolled from its root.
let rows = [], lowest = 0;

const scale = () => width / (total(zoomed) || 1);
const left = (node) => contains(node, zoomed) ? 0 : (starts[node] - starts[zoomed]) * scale();
const boxWidth = (node) => contains(node, zoomed) ? width : total(node) * scale();
const top = (depth) => (icicle ? depth : rowCount - 1 - depth) * rowHeight;

// What is drawn: the callers of the zoomed node, then all of its descendants that are wide enough.
// Neighbours too narrow to draw become runs, and matches among them ticks.
function collect() {
    const least = BOX_MIN / scale(), runs = [], ticks = [];
    rows = [];
    for (let node = zoomed; node;) {
        node = parents[node];
        rows[depths[node]] = [node];
    }
    for (let node = zoomed; node < ends[zoomed];) {
        const weight = total(node), depth = depths[node];
        if (weight >= least || node === zoomed) {
            (rows[depth] || (rows[depth] = [])).push(node);
            node++;
            continue;
        }
        const last = runs[runs.length - 1];
        if (last && last.depth === depth && last.end === starts[node])
            last.end += weight;
        else
            runs.push({depth, start: starts[node], end: starts[node] + weight});
        if (matches && matches.before[ends[node]] > matches.before[node])
            ticks.push(node);
        node = ends[node];
    }
    return {runs, ticks};
}

function draw() {
    rowHeight = page.clientWidth < 600 ? 20 : 18;
    width = Math.max(page.clientWidth - 20, 50);
    const {runs, ticks} = collect();
    rowCount = rows.length;
    set(picture, {width, height: rowCount * rowHeight});
    const paths = {}, fresh = shape('g', {'aria-hidden': 'true'});
    const add = (name, x, y, w, h) => {
        paths[name] = (paths[name] || '') +
            'M' + x.toFixed(1) + ' ' + y + 'h' + w.toFixed(1) + 'v' + h + 'h-' + w.toFixed(1) + 'z';
    };
    for (const {depth, start, end} of runs) {
        const w = (end - start) * scale();
        if (w >= BOX_MIN && depth < rowCount)
            add('rest', (start - starts[zoomed]) * scale(), top(depth), w, rowHeight - 1);
    }
    const labels = [];
    rows.forEach((nodes, depth) => nodes.forEach((node) => {
        const x = left(node), y = top(depth), w = boxWidth(node);
        const caller = depth < depths[zoomed];
        const hit = matches && matches.nodes[node];
        add((hit ? 'match' : classOf(node)) + (caller ? ' caller' : ''), x, y,
            w > 3 ? w - GAP : hit ? Math.max(w, 2) : w, rowHeight - 1);
        if (w >= LABEL_MIN) {
            labels.push([node, x, y, w, caller ? 'faded' : '']);
            if (isInlined(node))
                paths.inlined = (paths.inlined || '') +
                    'M' + (x + 1).toFixed(1) + ' ' + (y + 1) + 'v' + (rowHeight - 3);
        }
    }));
    for (const node of ticks)
        add('match', Math.min(left(node), width - 2), top(Math.min(depths[node], rowCount - 1)), 2,
            rowHeight - 1);
    for (const name of Object.keys(paths).sort((a, b) => order(a) - order(b)))
        shape('path', {class: name, d: paths[name]}, fresh);
    for (const [node, x, y, w, fading] of labels) {
        const text = label(nameOf(node), Math.floor((w - 6) / cellWidth));
        if (text)
            shape('text', {x: (x + 3).toFixed(1), y: y + rowHeight - 5, class: fading},
                  fresh).textContent = text;
    }
    boxes.replaceWith(fresh);
    boxes = fresh;
    placeMarks();
    resetButton.disabled = !zoomed;
    set(flipButton, {'aria-pressed': icicle});
}

// Matches lie above other boxes, marks above the boxes they belong to.
const order = (name) => ['match', 'match caller', 'inlined'].indexOf(name);

// From a distance to the root's end of the picture to one from its top, and back.
const fromRoot = (distance) =>
    icicle ? distance : scroller.scrollHeight - scroller.clientHeight - distance;

function redraw() {
    if (!alone)
        set(root, {height: 100000});
    draw();
    if (alone) {
        set(root, {height: '100%'});
        scroller.scrollTop = fromRoot(lowest);
    } else {
        set(root, {height: page.scrollHeight});
    }
}

function placeMark(mark, node) {
    const shown = node >= 0 && rows[depths[node]] && rows[depths[node]].includes(node);
    set(mark, {visibility: shown ? 'visible' : 'hidden'});
    if (shown)
        set(mark, {x: left(node) + 0.5, y: top(depths[node]) + 0.5,
                   width: Math.max(boxWidth(node) - GAP - 1, 1), height: rowHeight - 2});
}

function placeMarks() {
    placeMark(hoverMark, hovered);
    placeMark(selection, selected);
}

function nodeAt(x, y) {
    const row = Math.floor(y / rowHeight), depth = icicle ? row : rowCount - 1 - row;
    const nodes = rows[depth];
    if (!nodes)
        return -1;
    let low = 0, high = nodes.length;
    while (low < high) {
        const middle = low + high >> 1;
        if (left(nodes[middle]) <= x)
            low = middle + 1;
        else
            high = middle;
    }
    const node = nodes[low - 1];
    return low && x < left(node) + Math.max(boxWidth(node), 1) ? node : -1;
}
