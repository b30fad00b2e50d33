// SPDX-License-Identifier: MIT
//
// random.test.js - every figure of every view against brute force over random stacks: recursion, names
// that mean something to XML, to scripts or to regular expressions, empty names, huge counts.
//
//     PROF_RANDOM_SEEDS=from-to node --test random.test.js      other stacks than usual
'use strict';

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {after, before, describe, test} = require('node:test');
const {launch, open, write} = require('./harness.js');

const prof = path.join(process.env.PROF_BUILD || path.join(__dirname, '../../build'), 'bin/prof');
const [FROM, TO] = (process.env.PROF_RANDOM_SEEDS || '1-4').split('-').map(Number);

// As bytes in the stacks, and as they are shown.
const NAMES = [
    'a', 'b', 'A', 'ab', 'main', 'all', '0', '-', '1 2', 'f(int)', 'f(char const*)', 'ns::v<int>::push(int&)', 'operator()',
    '<b>&amp"\'', ']]>', '</script><script>window.hacked=1</script>', '.*', '$&', '(', '\\', '`${a}`', 'a#s=a&z=b',
    'constructor', '__proto__', 'hasOwnProperty', 'module:x', 'π中', 'e\u0301', 'line\u2028end',
    ['\xff\xfe', '\\xFF\\xFE'], ['c\x01\x1b', 'c\\x01\\x1B'], ['\xe2\x80\xaeevil', '⟨U+202E⟩evil'], ['\xc2\x85', '\\xC2\\x85'],
].map((name) => Array.isArray(name) ? [Buffer.from(name[0], 'latin1'), name[1]] : [Buffer.from(name), name]);

function generator(seed) {
    return (limit) => {
        seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 >>> 0;
        return (seed >>> 9) % limit;
    };
}

// Lists of names with their weights, and the text that prof reads.
function randomStacks(next) {
    const names = Array.from({length: 3 + next(6)}, () => NAMES[next(NAMES.length)]);
    const scale = next(2) ? 2 ** 37 : 1, stacks = [], parts = [];
    for (let count = 2 + next(14); count > 0; count--) {
        const frames = Array.from({length: 1 + next(7)}, () => names[next(names.length)]);
        const weight = (1 + next(40)) * scale + (scale > 1 ? next(1000) : 0);
        if (!next(9))
            frames.splice(next(frames.length), 0, [Buffer.alloc(0), '[unknown]']);
        stacks.push([frames.map(([, shown]) => shown), weight]);
        parts.push(...frames.flatMap(([bytes], i) => [Buffer.from(i ? ';' : ''), bytes]), Buffer.from(` ${weight}\n`));
    }
    return [stacks, Buffer.concat(parts)];
}

const sum = (stacks) => stacks.reduce((all, [, weight]) => all + weight, 0);
// Begins with a line end, for a name may be one of an object's own properties.
const keyOf = (frames) => frames.map((name) => '\n' + name).join('');

function addPaths(boxes, paths, weight) {
    for (const frames of paths)
        boxes[keyOf(frames)] = (boxes[keyOf(frames)] || 0) + weight;
}

// Total of each box by the path that copying its stack yields.
function flameOf(stacks) {
    const boxes = {};
    for (const [frames, weight] of stacks)
        addPaths(boxes, frames.map((_, i) => frames.slice(0, i + 1)), weight);
    return boxes;
}

function callersOf(stacks) {
    const boxes = {};
    for (const [frames, weight] of stacks)
        addPaths(boxes, frames.map((_, i) => frames.slice(i)), weight);
    return boxes;
}

function sandwichOf(stacks, name) {
    const boxes = {};
    for (const [frames, weight] of stacks) {
        const at = frames.indexOf(name), below = frames.slice(at);
        if (at < 0)
            continue;
        const callers = frames.slice(0, at).map((_, i) => frames.slice(i, at + 1));
        addPaths(boxes, [...callers, ...below.map((_, i) => below.slice(0, i + 1))], weight);
    }
    return boxes;
}

function collapse(frames) {
    const once = [];
    for (const name of frames) {
        if (once.includes(name))
            once.length = once.indexOf(name);
        once.push(name);
    }
    return once;
}

// What is drawn, by the stacks that are copied; the roots have none. And the self weights that
// are told, and where each is.
function boxesDrawn(page) {
    return page.evaluate(async () => {
        const picture = document.querySelector('.picture'), bounds = picture.getBoundingClientRect();
        const lines = document.querySelector('.details').children, totals = {}, selfs = {}, places = {};
        const number = (text) => Number(text.replaceAll(',', ''));
        const points = [...picture.querySelectorAll('path:not(.inlined):not(.rest):not(.focus)')].flatMap((path) =>
            [...path.getAttribute('d').matchAll(/M([\d.]+) (\d+)h([\d.]+)/g)].map(([, x, y, w]) =>
                ({clientX: bounds.left + Number(x) + Math.min(w, 4) / 2, clientY: bounds.top + Number(y) + 4})));
        let copied = '';
        document.execCommand = () => { copied = document.activeElement.value; };
        Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => { copied = text; }}, configurable: true});
        for (const point of points) {
            copied = '';
            picture.dispatchEvent(new PointerEvent('pointermove', {...point, bubbles: true}));
            const figures = lines[1].textContent;
            window.dispatchEvent(new KeyboardEvent('keydown', {key: 'Y', bubbles: true}));
            await new Promise((done) => { setTimeout(done); });
            if (!copied)
                continue;
            copied = '\n' + copied;
            if (copied in totals)
                throw Error('two boxes with the stack ' + copied);
            totals[copied] = number(figures.match(/^([\d,]+) samples?/)[1]);
            places[copied] = point;
            selfs[copied] = number((figures.match(/self ([\d,]+)/) || ['', '0'])[1]);
        }
        return [totals, selfs, places];
    });
}

const rowsShown = (page) => page.locator('tbody tr').evaluateAll((rows) => Object.fromEntries(rows.map(({cells}) =>
    ['\n' + cells[4].textContent, [cells[1], cells[3]].map((cell) => Number(cell.textContent.replace(/\D/g, '')))])));

function rowsOf(stacks) {
    return Object.fromEntries(stacks.flatMap(([frames]) => frames).map((name) => [keyOf([name]), [
        sum(stacks.filter(([frames]) => frames.at(-1) === name)), sum(stacks.filter(([frames]) => frames.includes(name)))]]));
}

const press = (page, key) => page.evaluate((pressed) => {
    window.dispatchEvent(new KeyboardEvent('keydown', {key: pressed, bubbles: true}));
}, key);

// The weight of matches and of what it is a share of, as told.
async function matched(page) {
    const told = await page.locator('.found').getAttribute('title');
    return told.match(/functions?, ([\d,]+) samples? of ([\d,]+)/).slice(1).map((text) => Number(text.replaceAll(',', '')));
}

const clickAt = (page, point) => page.evaluate((where) => {
    document.querySelector('.picture').dispatchEvent(new MouseEvent('click', {...where, bubbles: true}));
}, point);

async function sandwichOfRow(page, name) {
    await page.locator('select.view').selectOption('table');
    await page.evaluate((wanted) => [...document.querySelectorAll('tbody tr')]
        .find(({cells}) => cells[4].textContent === wanted).click(), name);
}

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (let seed = FROM; seed <= TO; seed++) {
    describe(`random stacks ${seed}`, () => {
        const next = generator(seed), [stacks, text] = randomStacks(next);
        const names = [...new Set(stacks.flatMap(([frames]) => frames))].sort();
        const anyOf = (list) => list[next(list.length)];
        let page;

        before(async () => {
            const svg = execFileSync(prof, ['flamegraph', '-q', '-o', '-', '-'], {input: text, maxBuffer: 1 << 30});
            page = await open(browser, write('random.svg', svg), {viewport: {width: 3000, height: 900}});
        });
        after(async () => {
            assert.deepEqual(page.complaints, []);
            assert.equal(await page.evaluate(() => window.hacked), undefined);
            await page.context().close();
        });

        test('flame graph and callers', async () => {
            const [totals, selfs] = await boxesDrawn(page), expected = flameOf(stacks);
            assert.deepEqual(totals, expected);
            assert.deepEqual(selfs, Object.fromEntries(Object.keys(expected).map((key) =>
                [key, sum(stacks.filter(([frames]) => keyOf(frames) === key))])));
            await press(page, 'r');
            assert.deepEqual((await boxesDrawn(page))[0], callersOf(stacks));
            await press(page, 'f');
        });

        test('the table', async () => {
            await press(page, 't');
            assert.deepEqual(await rowsShown(page), rowsOf(stacks));
            await press(page, 'f');
        });

        test('a sandwich of each function', async () => {
            for (const name of names) {
                await sandwichOfRow(page, name);
                assert.deepEqual((await boxesDrawn(page))[0], sandwichOf(stacks, name), name);
            }
            await press(page, 'f');
        });

        test('recursion collapsed, functions hidden', async () => {
            const [one, other] = [anyOf(names), anyOf(names)];
            const without = (hidden) => stacks.map(([frames, weight]) =>
                [frames.filter((name) => !hidden.includes(name)), weight]);
            const collapsed = (some) => some.map(([frames, weight]) => [collapse(frames), weight]);
            await press(page, 'k');
            assert.deepEqual((await boxesDrawn(page))[0], flameOf(collapsed(stacks)));
            const hash = `#o=k&x=${encodeURIComponent([one, other].join('\n'))}`;
            await page.evaluate((wanted) => { location.hash = wanted; }, hash);
            await page.waitForFunction(() => document.querySelector('.details b').textContent === 'all');
            assert.deepEqual((await boxesDrawn(page))[0], flameOf(collapsed(without([one, other]))));
            await press(page, 'r');
            assert.deepEqual((await boxesDrawn(page))[0], callersOf(collapsed(without([one, other]))));
            await press(page, 'k');
            await press(page, 't');
            assert.deepEqual(await rowsShown(page), rowsOf(without([one, other])));
            await press(page, 'X');
            await press(page, 'f');
            assert.deepEqual((await boxesDrawn(page))[0], flameOf(stacks));
        });

        // Of each place a zoom leads to, by the stack that is copied there: the stacks through it, and of
        // these what counts as part of it.
        const startsWith = (frames, way) => way.every((name, i) => frames[i] === name);
        const endsWith = (frames, way) => startsWith(frames.slice(-way.length), way);
        const flameAt = (way) => stacks.filter(([frames]) => startsWith(frames, way))
            .map(([frames, weight]) => [frames.slice(way.length - 1), weight]);
        const callersAt = (way) => stacks.filter(([frames]) => endsWith(frames, way))
            .map(([frames, weight]) => [frames.slice(0, frames.length - way.length + 1), weight]);
        const sandwichAt = (name) => (way) => stacks.filter(([frames]) => frames.includes(name)).flatMap(([frames, weight]) => {
            const at = frames.indexOf(name), above = at - way.length + 1, isBelow = way[0] === name;
            if (way.length === 1)
                return [[frames, weight]];
            if (isBelow)
                return startsWith(frames.slice(at), way) ? [[frames.slice(at + way.length - 1), weight]] : [];
            return above >= 0 && startsWith(frames.slice(above), way) ? [[frames.slice(0, above + 1), weight]] : [];
        });

        async function compareMatches(partsAt) {
            const [, , points] = await boxesDrawn(page);
            for (let turn = 0; turn < 4; turn++) {
                const name = anyOf(names), way = anyOf(Object.keys(points));
                const text = [...name].slice(next(name.length)).join('').replace(/^module:/, '') || name[0];
                const hit = text === text.toLowerCase() ? (each) => each.toLowerCase().includes(text) : (each) => each.includes(text);
                const parts = partsAt(way.split('\n').slice(1));
                await page.locator('input').fill(text);
                await clickAt(page, points[way]);
                assert.deepEqual(await matched(page), [sum(parts.filter(([frames]) => frames.some(hit))), sum(parts)],
                    `'${text}' at ${way}`);
                await page.locator('input').fill('');
                await press(page, '0');
            }
        }

        const removeAt = (point) => page.evaluate((where) => {
            document.querySelector('.picture').dispatchEvent(new PointerEvent('pointermove', {...where, bubbles: true}));
            window.dispatchEvent(new KeyboardEvent('keydown', {key: 'Delete', bubbles: true}));
        }, point);

        test('what is removed is in no total of any view', async () => {
            let left = stacks;
            for (let turn = 0; turn < 3 && left.length; turn++) {
                const [, , points] = await boxesDrawn(page), way = anyOf(Object.keys(points));
                await removeAt(points[way]);
                left = left.filter(([frames]) => !startsWith(frames, way.split('\n').slice(1)));
                assert.deepEqual((await boxesDrawn(page))[0], flameOf(left));
                await press(page, 'r');
                assert.deepEqual((await boxesDrawn(page))[0], callersOf(left));
                await press(page, 't');
                assert.deepEqual(await rowsShown(page), rowsOf(left));
                await press(page, 'f');
            }
            const hash = await page.evaluate(() => location.hash);
            await press(page, 'X');
            assert.deepEqual((await boxesDrawn(page))[0], flameOf(stacks));
            await page.evaluate((wanted) => { location.hash = wanted; }, hash);
            await page.locator('.missing').waitFor();
            assert.deepEqual((await boxesDrawn(page))[0], flameOf(left));
            await press(page, 'X');
        });

        test('what is removed in a sandwich', async () => {
            for (let turn = 0; turn < 3; turn++) {
                const name = anyOf(names);
                await sandwichOfRow(page, name);
                const [, , points] = await boxesDrawn(page), key = anyOf(Object.keys(points)), way = key.split('\n').slice(1);
                await removeAt(points[key]);
                const left = stacks.filter(([frames]) => {
                    const at = frames.indexOf(name), isBelow = way[0] === name && startsWith(frames.slice(at), way);
                    return at < 0 || !isBelow && !endsWith(frames.slice(0, at + 1), way);
                });
                await press(page, 'f');
                assert.deepEqual((await boxesDrawn(page))[0], flameOf(left), `${key} of ${name}`);
                await press(page, 'X');
            }
        });

        test('shares of matches, in every view and wherever one zooms', async () => {
            await compareMatches(flameAt);
            await press(page, 'r');
            await compareMatches(callersAt);
            for (let turn = 0; turn < 2; turn++) {
                const name = anyOf(names);
                await sandwichOfRow(page, name);
                await compareMatches(sandwichAt(name));
            }
        });
    });
}
