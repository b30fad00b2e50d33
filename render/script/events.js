// SPDX-License-Identifier: MIT
//
// events.js - pointer, keys, and the start of it all.

function pointed(event) {
    const bounds = picture.getBoundingClientRect();
    return nodeAt(event.clientX - bounds.left, event.clientY - bounds.top);
}

function hover(event) {
    const node = event.type === 'pointerleave' ? -1 : pointed(event);
    const bounds = page.getBoundingClientRect();
    if (event.pointerType !== 'touch')
        showTip(node, event.clientX - bounds.left, event.clientY - bounds.top);
    if (node === hovered)
        return;
    hovered = node;
    placeMark(hoverMark, node);
    showDetails(node);
}

const wide = (node) => node >= 0 && boxWidth(node) >= SELECT_MIN;

function neighbour(direction) {
    const nodes = rows[depths[selected]].filter(wide);
    return nodes[nodes.indexOf(selected) + direction];
}

const heaviestChild = (node) => [...childrenOf(node)].reduce(
    (best, child) => best < 0 || total(child) > total(best) ? child : best, -1);

function move(key) {
    if (selected < 0 || !(rows[depths[selected]] || []).includes(selected)) {
        select(zoomed);
        return;
    }
    let node;
    if (key === 'ArrowLeft' || key === 'ArrowRight')
        node = neighbour(key === 'ArrowLeft' ? -1 : 1);
    else if ((key === 'ArrowDown') === icicle)
        node = contains(selected, zoomed) && selected !== zoomed
            ? rows[depths[selected] + 1][0] : heaviestChild(selected);
    else
        node = selected ? parents[selected] : undefined;
    if (node !== undefined && wide(node))
        select(node);
}

function escape() {
    if (input.value) {
        input.value = '';
        search();
        redraw();
        remember(false);
    } else {
        zoom(0);
    }
}

const keys = {
    '/': () => input.focus(), n: () => step(1), N: () => step(-1), i: flip, Escape: escape,
    0: () => zoom(0), Home: () => zoom(0), Backspace: () => zoom(parents[zoomed]),
    Enter: () => selected >= 0 ? zoom(selected) : step(1),
    ArrowLeft: move, ArrowRight: move, ArrowUp: move, ArrowDown: move,
};

function key(event) {
    // The first Ctrl-F is ours; in the field it is the browser's own search again.
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && event.target !== input) {
        event.preventDefault();
        input.focus();
        input.select();
        return;
    }
    const onButton = event.target.localName === 'button' && event.key === 'Enter';
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === input || onButton)
        return;
    if (Object.hasOwn(keys, event.key)) {
        event.preventDefault();
        keys[event.key](event.key);
    }
}

function fieldKey(event) {
    if (event.key === 'Enter') {
        if (!matches || input.getAttribute('aria-invalid'))
            search();
        redraw();
        step(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
        if (input.value)
            escape();
        else
            picture.focus();
        event.preventDefault();
    }
}

function listen() {
    on(picture, 'pointermove', hover);
    on(picture, 'pointerleave', hover);
    on(picture, 'click', (event) => {
        const node = pointed(event);
        if (node >= 0 && node !== zoomed)
            zoom(node);
        else if (node >= 0)
            select(node);
    });
    on(input, 'input', () => {
        search();
        redraw();
        remember(false);
    });
    on(input, 'keydown', fieldKey);
    on(alone ? window : page, 'keydown', key);
    on(scroller, 'scroll', () => {
        tip.hidden = true;
        lowest = fromRoot(scroller.scrollTop);
    });
    on(window, 'resize', redraw);
    if (alone)
        on(window, 'popstate', restore);
}

function measureCell() {
    const probe = shape('text', {}, picture);
    probe.textContent = 'M'.repeat(50);
    cellWidth = probe.getComputedTextLength() / 50 || cellWidth;
    probe.remove();
}

function start() {
    buildPage();
    measureCell();
    listen();
    restore();
    set(root, {'data-ready': ''});
}

function fail(error) {
    const hint = root.querySelector('text.hint');
    if (hint)
        hint.textContent = 'zoom and search are not available: ' + error.message;
}

decompress(compressedData()).then((bytes) => {
    readData(bytes);
    start();
}).catch(fail);
