// SPDX-License-Identifier: MIT
//
// details.js - what is said about a box: the details line, the tip, the selection.

// The weight of each function, each sample counted once.
let functionTotals = null;

function sumFunctions() {
    functionTotals = new Float64Array(functions.names.length);
    // Where the outermost node of the function that we are in ends.
    const outermost = new Uint32Array(functions.names.length);
    for (let node = 1; node < count; node++) {
        const f = functionOf[node];
        if (node < outermost[f])
            continue;
        outermost[f] = ends[node];
        functionTotals[f] += total(node);
    }
}

function figures(node) {
    const weight = total(node), samples = samplesBefore[ends[node]] - samplesBefore[node];
    const parts = [duration(weight) + ' CPU', share(weight, total(0)) + ' of all'];
    if (zoomed && contains(zoomed, node))
        parts.push(share(weight, total(zoomed)) + ' of zoom');
    parts.push('self ' + duration(self(node)) + ' (' + share(self(node), total(0)) + ')');
    parts.push(samples.toLocaleString('en') + (samples === 1 ? ' sample' : ' samples'));
    return parts.join(' · ');
}

function place(node) {
    return [isInlined(node) ? '(inlined)' : '', moduleOf(node), sourceOf(node)]
        .filter((part) => part).join(' · ');
}

function showDetails(node) {
    details.replaceChildren();
    if (node < 0)
        node = selected >= 0 ? selected : zoomed;
    const first = element('div', '', details);
    element('b', '', first, nameOf(node));
    first.append(' ' + place(node));
    let text = figures(node);
    if (node) {
        if (!functionTotals)
            sumFunctions();
        const sum = functionTotals[functionOf[node]];
        if (sum > total(node))
            text += ' · everywhere ' + duration(sum) + ' (' + share(sum, total(0)) + ')';
    }
    element('div', '', details, text);
}

function showTip(node, x, y) {
    tip.hidden = node < 0;
    if (node < 0)
        return;
    tip.replaceChildren();
    element('b', '', tip, nameOf(node));
    if (place(node))
        element('div', 'place', tip, place(node));
    element('div', '', tip, figures(node));
    const fits = y + 20 + tip.offsetHeight <= page.clientHeight;
    const below = fits ? y + 20 : y - tip.offsetHeight - 10;
    tip.style.left = Math.max(4, Math.min(x + 14, page.clientWidth - tip.offsetWidth - 4)) + 'px';
    tip.style.top = Math.max(4, below) + 'px';
}

function select(node) {
    selected = node;
    placeMark(selection, node);
    showDetails(node);
    if (node < 0) {
        picture.removeAttribute('aria-activedescendant');
        return;
    }
    const siblings = node ? [...childrenOf(parents[node])] : [0];
    set(selection, {'aria-label': nameOf(node) + ', ' + figures(node),
                    'aria-level': depths[node] + 1, 'aria-setsize': siblings.length,
                    'aria-posinset': siblings.indexOf(node) + 1});
    set(picture, {'aria-activedescendant': selection.id});
    if (alone)
        scrollTo(depths[node]);
}

function scrollTo(depth) {
    const y = top(depth);
    if (y < scroller.scrollTop)
        scroller.scrollTop = y;
    else if (y + rowHeight > scroller.scrollTop + scroller.clientHeight)
        scroller.scrollTop = y + rowHeight - scroller.clientHeight;
}

function* childrenOf(node) {
    for (let child = node + 1; child < ends[node]; child = ends[child])
        yield child;
}
