// SPDX-License-Identifier: MIT
//
// labels.js - figures for people, and names shortened to a box exactly as in labels.c.

function duration(weight) {
    const ns = weight * periodNs;
    if (ns >= 1e12)
        return Math.round(ns / 1e9).toLocaleString('en') + ' s';
    const [unit, scale, digits] = ns >= 1e11 ? ['s', 1e9, 1] : ns >= 995e6 ? ['s', 1e9, 2]
        : ns >= 9950e3 ? ['ms', 1e6, 0] : ns >= 995e3 ? ['ms', 1e6, 1]
        : ns ? ['µs', 1e3, 0] : ['s', 1, 0];
    return (ns / scale).toFixed(digits) + ' ' + unit;
}

function share(part, whole, digits) {
    return (whole ? 100 * part / whole : 0).toFixed(digits === undefined ? 1 : digits) + ' %';
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /[\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/u;
const OPERATOR = /(?<![\w$\u0080-\uffff])operator(?:\(\)|[<>=!+\-*/%^&|~,[\]]+)/y;

function cellsOf(text) {
    let cells = 0;
    for (const c of text)
        cells += c < '\u0300' ? 1 : COMBINING.test(c) ? 0 : WIDE.test(c) ? 2 : 1;
    return cells;
}

function operatorEnd(name, at) {
    OPERATOR.lastIndex = at;
    return OPERATOR.test(name) ? OPERATOR.lastIndex : 0;
}

// The end of the group whose bracket opens at `at`; just past the bracket when it is never closed.
function groupEnd(name, at) {
    const open = name[at], close = open === '(' ? ')' : '>';
    for (let i = at, depth = 0; i < name.length; i++) {
        const end = operatorEnd(name, i);
        if (end)
            i = end - 1;
        else if (name[i] === '-' && name[i + 1] === '>')
            i++;
        else if (name[i] === open)
            depth++;
        else if (name[i] === close && --depth === 0)
            return i + 1;
    }
    return at + 1;
}

// Operators, outermost groups of brackets, and what is between them character by character.
function pieces(name) {
    const found = [];
    for (let i = 0, end; i < name.length; i = end) {
        end = operatorEnd(name, i) || ('(<'.includes(name[i]) ? groupEnd(name, i) : i + 1);
        found.push(name.slice(i, end));
    }
    return found;
}

const isGroup = (piece, open) => piece[0] === open && piece[1] && piece !== '(anonymous namespace)';

const replaceGroups = (name, open, replacement) =>
    pieces(name).map((piece) => isGroup(piece, open) ? replacement : piece).join('');

function lastComponent(name, typed) {
    const all = pieces(name);
    let begin = 0;
    all.forEach((piece, i) => {
        if (typed && piece === ' ' || piece === ':' && all[i - 1] === ':' && all[i + 1])
            begin = i + 1;
    });
    return all.slice(begin).join('');
}

function cutEnd(name, cells) {
    let out = '', used = 0;
    for (const c of name) {
        used += cellsOf(c);
        if (used > cells - 1)
            break;
        out += c;
    }
    return out + '…';
}

function label(name, cells) {
    if (cells < 3)
        return '';
    name = name.replace(/(.)::h[0-9a-f]{16}$/, '$1');
    if (cellsOf(name) <= cells)
        return name;
    const plain = replaceGroups(name, '(', '').replace(/ *$/, '').replace(/(.) const$/, '$1');
    let best = plain;
    if (cellsOf(best) > cells)
        best = replaceGroups(plain, '<', '<…>');
    if (cellsOf(best) > cells)
        best = lastComponent(best, plain.length < name.length && !best.includes('operator '));
    best = best || name;
    return cellsOf(best) > cells ? cutEnd(best, cells) : best;
}
