// SPDX-License-Identifier: MIT
//
// page.js - the page that takes the place of the static picture.

function set(element, attributes) {
    for (const key in attributes)
        element.setAttribute(key, attributes[key]);
}

const on = (target, type, action) => target.addEventListener(type, action);

function element(name, className, parent, text) {
    const made = document.createElementNS(HTML, name);
    if (className)
        set(made, {class: className});
    if (text)
        made.textContent = text;
    if (parent)
        parent.appendChild(made);
    return made;
}

function shape(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    set(made, attributes);
    if (parent)
        parent.appendChild(made);
    return made;
}

function button(text, title, parent, action) {
    const made = element('button', '', parent, text);
    set(made, {type: 'button', title});
    on(made, 'click', action);
    return made;
}

let frame, page, input, regexButton, found, resetButton, flipButton, scroller, picture, boxes;
let selection, hoverMark, details, tip;

function buildPage() {
    const fixed = root.querySelector('g.static');
    const text = (name) => fixed.querySelector('text.' + name).textContent;
    frame = shape('foreignObject', {x: 0, y: 0, width: '100%', height: '100%'});
    page = element('div', 'page', frame);
    const head = element('div', 'head', page), titles = element('div', 'titles', head);
    element('div', 'title', titles, text('title')).title = root.querySelector('title').textContent;
    element('div', 'figures', titles, text('figures'));
    buildTools(element('div', 'tools', head));
    scroller = element('div', 'scroll', page);
    picture = shape('svg', {class: 'picture', role: 'tree', tabindex: 0,
                            'aria-label': 'call tree; arrow keys move, Enter zooms'}, scroller);
    boxes = shape('g', {'aria-hidden': 'true'}, picture);
    hoverMark = shape('rect', {class: 'hover', visibility: 'hidden'}, picture);
    selection = shape('rect', {class: 'selected', role: 'treeitem', visibility: 'hidden',
                               id: root.id + '-selected'}, picture);
    details = element('div', 'details', page);
    set(details, {'aria-live': 'polite'});
    buildLegend(element('div', 'legend', page), fixed.querySelector('g.legend'));
    tip = element('div', 'tip', page);
    tip.hidden = true;
    fixed.remove();
    root.removeAttribute('viewBox');
    set(root, {width: '100%', role: 'group'});
    root.appendChild(frame);
}

function buildTools(tools) {
    const field = element('div', 'field', tools);
    input = element('input', '', field);
    set(input, {type: 'search', placeholder: 'Search functions', 'aria-label': 'search functions',
                spellcheck: false});
    regexButton = button('.*', 'regular expression', field, toggleRegex);
    found = element('output', 'found', tools);
    set(button('‹', 'previous match (N)', tools, () => step(-1)), {class: 'step'});
    set(button('›', 'next match (n)', tools, () => step(1)), {class: 'step'});
    resetButton = button('Reset zoom', 'show everything (0, Home, Esc)', tools, () => zoom(0));
    flipButton = button('Icicle', 'root at the top or at the bottom (i)', tools, flip);
}

function buildLegend(legend, fixed) {
    for (const swatch of fixed.children) {
        if (swatch.localName === 'text')
            continue;
        const entry = element('span', '', legend);
        const key = shape('svg', {width: 12, height: 12}, entry);
        if (swatch.localName === 'rect')
            shape('rect', {class: swatch.getAttribute('class'), width: 12, height: 12}, key);
        else
            shape('path', {class: 'inlined', d: 'M3 0v12'}, key);
        entry.append(swatch.nextElementSibling.textContent);
    }
    const match = element('span', '', legend);
    shape('rect', {class: 'match', width: 12, height: 12},
          shape('svg', {width: 12, height: 12}, match));
    match.append('search match');
}
