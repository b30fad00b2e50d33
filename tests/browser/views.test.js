// SPDX-License-Identifier: MIT
//
// views.test.js - every view and command, on wide and narrow pages, light and dark.
'use strict';

const assert = require('node:assert/strict');
const {after, afterEach, before, describe, test} = require('node:test');
const {render, flamegraph, comparison, picture, report, launch, open, place, hover, click, labels, details, write} =
    require('./harness.js');

const field = (...parts) => parts.join('\x1f');
const APP = '/opt/app/bin/app', LIBC = '/lib/x86_64-linux-gnu/libc.so.6';
const lib = (name) => field(name, LIBC, 'malloc.c', 30);

// Two threads; b and g are recursive, through each other as well.
const STACKS = [
    [`@1;main;a;b;a;b;${lib('malloc')}`, 100],
    ['@1;main;a;b;g', 60],
    ['@1;main;a', 40],
    [`@2;main;g;g;${lib('malloc')}`, 150],
    ['@2;main;g;b', 50],
    ['@2;main;c', 600],
];
const text = (stacks) => stacks.map(([stack, weight]) => `${stack} ${weight}\n`).join('');

// The same as lists of names, for what is computed here.
const lists = STACKS.map(([stack, weight]) => [
    stack.replace(/@\d;/, '').split(';').map((frame) => frame.split('\x1f')[0]), weight,
    stack[1]]);

// What the boxes of a tree with these stacks weigh, by path.
function boxesOf(stacks) {
    const boxes = {};
    for (const [frames, weight] of stacks) {
        frames.forEach((name, i) => {
            const path = frames.slice(0, i + 1).join(';');
            boxes[path] = (boxes[path] || 0) + weight;
        });
    }
    return boxes;
}

// The same of what is drawn: arrow keys and Enter are tested elsewhere, this reads the tree itself,
// by copying the stack of each box and reading its weight.
async function boxesDrawn(page) {
    const boxes = {};
    for (const {x, y} of await centers(page)) {
        await page.mouse.move(x, y);
        const figures = await page.locator('.details div').nth(1).innerText();
        await page.keyboard.press('Y');
        const note = await page.locator('.details .note').innerText();
        const path = note.replace(/^Copied: ?/, '').trim();
        if (path)
            boxes[path] = parseWeight(figures);
    }
    return boxes;
}

const parseWeight = (figures) => {
    const [, number, unit] = figures.match(/^([\d.,]+) (ms|s)/);
    return Math.round(Number(number.replace(',', '')) * (unit === 's' ? 1000 : 1));
};

// A point in every box, found by looking at the paths.
const centers = (page) => page.evaluate(() => {
    const points = [], picture = document.querySelector('.picture');
    const bounds = picture.getBoundingClientRect();
    for (const path of picture.querySelectorAll('path:not(.inlined):not(.rest):not(.focus)')) {
        for (const [, x, y, w] of path.getAttribute('d').matchAll(/M([\d.]+) (\d+)h([\d.]+)/g))
            points.push({x: bounds.left + Number(x) + Math.min(w, 4) / 2, y: bounds.top + Number(y) + 4});
    }
    return points;
});

const view = (page) => page.locator('select.view').evaluate((select) => select.value);

async function menuItem(page, name) {
    await page.locator('.more').click();
    await page.locator('.menu button', {hasText: name}).first().click();
}

async function clickWith(key, page, label) {
    await page.keyboard.down(key);
    await click(page, label);
    await page.keyboard.up(key);
}

async function rightClick(page, label) {
    const box = await page.locator('.picture text').filter({hasText: label}).first().boundingBox();
    await page.mouse.click(box.x + 2, box.y + box.height / 2, {button: 'right'});
}

let browser, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
afterEach(async () => {
    if (!page)
        return;
    const {complaints} = page;
    await page.context().close();
    page = null;
    assert.deepEqual(complaints, []);
});

const TIMED = text([
    ['@7;~1000;main;load', 1], ['@7;~2000;main;load', 1], ['@7;~3000;main;work;inner', 1],
    ['@7;~4000;main;work', 1], ['@7;~10000;main;load', 1], ['@8;~2000;other', 1],
]);
const LONG = text(Array.from({length: 700}, (_, i) => [`main;function_${i}`, 1 + i % 7]));
const addresses = {stacks: flamegraph(text(STACKS)), timed: flamegraph(TIMED), long: flamegraph(LONG)};

for (const width of [1200, 400]) {
    for (const colorScheme of ['light', 'dark']) {
        const start = (address) => open(browser, address,
            {viewport: {width, height: 700}, colorScheme, permissions: ['clipboard-read', 'clipboard-write']});

        describe(`at ${width} pixels, ${colorScheme}`, () => {
            test('the flame graph is one box for each caller and function', async () => {
                page = await start(addresses.stacks);
                assert.deepEqual(await boxesDrawn(page), boxesOf(lists));
            });

            test('callers: the leaves merged, their callers above', async () => {
                page = await start(addresses.stacks);
                await page.locator('select.view').selectOption('callers');
                assert.deepEqual(await boxesDrawn(page), callersOf(lists));
                assert.match(await page.evaluate(() => location.hash), /v=callers/);
            });

            test('a sandwich: callers above, what it calls below, recursion once', async () => {
                page = await start(addresses.stacks);
                await click(page, /^g$/);
                await page.keyboard.press('s');
                assert.match(await details(page), /^g\s+260 ms CPU · 26\.0 % of all/);
                const drawn = await labels(page);
                assert.ok(drawn.includes('malloc') && drawn.includes('main'));
                const place = async (name) => (await page.locator('.picture text')
                    .filter({hasText: name}).first().boundingBox()).y;
                assert.ok(await place(/^main/) < await place(/^malloc/));
                await page.keyboard.press('i');
                assert.ok(await place(/^main/) > await place(/^malloc/));
                await page.goBack();
                assert.equal(await view(page), 'flame');
            });

            test('a sandwich shows which function it is about', async () => {
                page = await start(addresses.stacks);
                assert.equal(await page.locator('.picture path.focus').count(), 0);
                await click(page, /^g$/);
                await page.keyboard.press('s');
                const row = page.locator('.picture text.focus'), mark = page.locator('.picture path.focus');
                const style = (locator, name) => locator.evaluate((element, what) => getComputedStyle(element)[what], name);
                assert.deepEqual(await row.allTextContents(), ['g']);
                assert.equal(await style(row, 'fontWeight'), '700');
                const [label, frame] = [await row.boundingBox(), await mark.boundingBox()];
                assert.ok(frame.y <= label.y && frame.y + frame.height >= label.y + label.height - 3, JSON.stringify([label, frame]));
                assert.ok(frame.width > width - 30);
                assert.equal(await style(mark, 'stroke'), colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(29, 31, 35)');
                await page.keyboard.press('ArrowUp');
                await page.keyboard.press('Enter');
                assert.deepEqual(await row.allTextContents(), ['g']);
            });

            test('the table: self and total, sorted as asked, a row leads to the sandwich', async () => {
                page = await start(addresses.stacks);
                await page.keyboard.press('t');
                const rows = () => page.locator('tbody tr').evaluateAll((all) =>
                    all.map((row) => [...row.cells].map((cell) => cell.textContent)));
                let found = await rows();
                assert.deepEqual(found.map((row) => row[4]).slice(0, 3), ['c', 'malloc', 'g']);
                assert.deepEqual(found[1].slice(0, 4), ['25.0 %', '250 ms', '25.0 %', '250 ms']);
                assert.deepEqual(found.find((row) => row[4] === 'a').slice(0, 4),
                    ['4.0 %', '40 ms', '20.0 %', '200 ms']);
                await page.getByRole('button', {name: 'total %'}).click();
                found = await rows();
                assert.equal(found[0][4], 'main');
                assert.equal(await page.locator('th[aria-sort=descending]').innerText(), 'total %');
                await page.locator('[data-sort=name] button').click();
                assert.deepEqual((await rows()).map((row) => row[4]), ['a', 'b', 'c', 'g', 'main', 'malloc']);
                await page.locator('[data-sort=name] button').click();
                assert.deepEqual((await rows()).map((row) => row[4])[0], 'malloc');
                await page.locator('input').fill('m');
                assert.equal((await rows()).length, 2);
                await page.locator('tbody tr').first().press('Enter');
                assert.equal(await view(page), 'sandwich');
                assert.match(await details(page), /^malloc/);
            });

            test('a long table comes as one scrolls', async () => {
                page = await start(addresses.long);
                await page.keyboard.press('t');
                assert.equal(await page.locator('tbody tr').count(), 200);
                await page.locator('.table').evaluate((box) => { box.scrollTop = box.scrollHeight; });
                await page.waitForFunction(() => document.querySelectorAll('tbody tr').length > 200);
            });

            test('by thread: each has its stacks, and the sum stays', async () => {
                page = await start(addresses.stacks);
                await page.keyboard.press('m');
                const expected = boxesOf(lists.map(([frames, weight, thread]) =>
                    [['app (pid 100)', `worker (tid ${thread})`, ...frames], weight]));
                assert.deepEqual(await boxesDrawn(page), expected);
                await page.keyboard.press('m');
                assert.deepEqual(await boxesDrawn(page), boxesOf(lists));
            });

            test('collapsed recursion: a function is once in a stack', async () => {
                page = await start(addresses.stacks);
                await menuItem(page, 'Collapse recursion');
                assert.deepEqual(await boxesDrawn(page), boxesOf(lists.map(([frames, weight]) => {
                    const once = [];
                    for (const name of frames) {
                        if (once.includes(name))
                            once.length = once.indexOf(name);
                        once.push(name);
                    }
                    return [once, weight];
                })));
            });

            test('what is hidden counts for its caller, and X brings it back', async () => {
                page = await start(addresses.stacks);
                await hover(page, /^a$/);
                await page.keyboard.press('x');
                const without = (names) => boxesOf(lists.map(([frames, weight]) =>
                    [frames.filter((name) => !names.includes(name)), weight]));
                assert.deepEqual(await boxesDrawn(page), without(['a']));
                await page.keyboard.type('/malloc');
                await page.keyboard.press('Enter');
                await page.locator('.picture').press('M');
                assert.deepEqual(await boxesDrawn(page), without(['a', 'malloc']));
                await page.goBack();
                assert.deepEqual(await boxesDrawn(page), without(['a']));
                await page.keyboard.press('X');
                assert.deepEqual(await boxesDrawn(page), boxesOf(lists));
            });

            test('a click with Ctrl or Alt takes a box out of all totals, X brings it back', async () => {
                page = await start(addresses.stacks);
                const without = (passes) => lists.filter(([frames]) => !passes(frames));
                const missing = () => page.locator('.details .missing').innerText();
                await clickWith('Control', page, /^a$/);
                const left = without((frames) => frames[1] === 'a');
                assert.deepEqual(await boxesDrawn(page), boxesOf(left));
                assert.equal(await missing(), 'removed: a (200 ms) · X brings everything back');
                await hover(page, /^c$/);
                assert.match(await details(page), /600 ms CPU · 75\.0 % of all/);
                await clickWith('Alt', page, /^c$/);
                const less = without((frames) => frames[1] === 'a' || frames[1] === 'c');
                assert.deepEqual(await boxesDrawn(page), boxesOf(less));
                assert.equal(await missing(), 'removed: a, c (800 ms) · X brings everything back');
                await page.locator('select.view').selectOption('callers');
                assert.deepEqual(await boxesDrawn(page), callersOf(less));
                await page.goBack();
                await page.goBack();
                assert.deepEqual(await boxesDrawn(page), boxesOf(left));
                await page.keyboard.press('X');
                assert.deepEqual(await boxesDrawn(page), boxesOf(lists));
                assert.equal(await page.locator('.details .missing').count(), 0);
            });

            test('what is removed stays so in its address, by thread, and in a picture made anew', async () => {
                page = await start(addresses.stacks);
                await rightClick(page, /^g$/);
                await page.locator('.menu [data-key=Delete]').click();
                const left = lists.filter(([frames]) => frames[1] !== 'g');
                assert.deepEqual(await boxesDrawn(page), boxesOf(left));
                await page.keyboard.press('m');
                const byThread = boxesOf(left.map(([frames, weight, thread]) =>
                    [['app (pid 100)', `worker (tid ${thread})`, ...frames], weight]));
                assert.deepEqual(await boxesDrawn(page), byThread);
                await page.reload();
                await page.waitForSelector('svg[data-ready]', {state: 'attached'});
                assert.deepEqual(await boxesDrawn(page), byThread);
                const hash = await page.evaluate(() => location.hash);
                await page.context().close();
                page = await start(flamegraph(text([['@1;main;new', 100], ...STACKS])) + hash);
                await page.keyboard.press('m');
                assert.deepEqual(await boxesDrawn(page), boxesOf([[['main', 'new'], 100], ...left]));
            });

            test('of one thread only, where boxes are by thread', async () => {
                page = await start(flamegraph(text([['@1;main;a', 300], ['@1;main;b', 100], ['@2;main;a', 500]])) + '#o=m');
                await clickWith('Control', page, /^a$/);
                const first = 'app (pid 100);worker (tid 1)', other = 'app (pid 100);worker (tid 2)';
                assert.deepEqual(await boxesDrawn(page), {
                    'app (pid 100)': 600, [first]: 100, [`${first};main`]: 100, [`${first};main;b`]: 100,
                    [other]: 500, [`${other};main`]: 500, [`${other};main;a`]: 500});
            });

            test('order by width and by name', async () => {
                page = await start(addresses.stacks);
                assert.equal(await firstOf(page, 1), 'a');
                await page.keyboard.press('w');
                assert.equal(await firstOf(page, 1), 'c');
                await page.keyboard.press('w');
                assert.equal(await firstOf(page, 1), 'a');
            });

            test('over time: a thread, its functions one after the other', async () => {
                page = await start(addresses.timed);
                await page.keyboard.press('l');
                assert.match(await details(page), /^worker \(tid 7\)\s+10 ms long/);
                const drawn = await centers(page);
                // root; main and main again after the pause; load, work, load; inner
                assert.equal(drawn.length, 7);
                await page.locator('select.thread').selectOption({label: 'worker (tid 8)'});
                assert.equal((await centers(page)).length, 2);
                await page.keyboard.press('l');
                assert.equal(await view(page), 'flame');
            });

            test('a double click selects the name, and zooms', async () => {
                page = await start(addresses.stacks);
                const {x, y} = await place(page, /^c$/);
                await page.mouse.dblclick(x, y);
                const selected = () => page.evaluate(() => String(getSelection()));
                assert.equal(await selected(), 'c');
                assert.ok(!(await labels(page)).includes('g'));
                await page.keyboard.press('Control+c');
                assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'c');
                // it stays until something else is clicked
                await hover(page, /^main$/);
                assert.equal(await selected(), 'c');
                assert.match(await details(page), /^c\s/);
                await click(page, /^main$/);
                assert.equal(await selected(), '');
                await hover(page, /^c$/);
                assert.match(await details(page), /^c\s/);
            });

            test('what one zooms to stays where it is', async () => {
                page = await start(addresses.stacks);
                const y = async (label) => (await place(page, label)).y;
                for (const key of ['i', 'i']) {
                    const [main, c] = [await y(/^main$/), await y(/^c$/)];
                    await click(page, /^c$/);
                    assert.deepEqual([await y(/^main$/), await y(/^c$/)], [main, c]);
                    await page.keyboard.press('0');
                    assert.deepEqual([await y(/^main$/), await y(/^c$/)], [main, c]);
                    await page.keyboard.press(key);
                }
            });

            test('rows out of sight are hinted at', async () => {
                const deep = Array.from({length: 99}, (_, i) => 'deep_' + i).join(';');
                page = await start(flamegraph(`${deep} 50\nflat 50\n`));
                const scroller = page.locator('.scroll').first();
                const hints = (expected) => page.waitForFunction((wanted) => {
                    const box = document.querySelector('.scroll'), text = (name) => getComputedStyle(box, name).content;
                    return JSON.stringify([text('::before'), text('::after')].map((content) => content !== 'none')) === wanted;
                }, JSON.stringify(expected));
                await hints([true, false]);
                await scroller.evaluate((box) => { box.scrollTop = 500; });
                await hints([true, true]);
                await scroller.evaluate((box) => { box.scrollTop = 0; });
                await hints([false, true]);
                await page.keyboard.press('i');
                await hints([false, true]);
                await page.keyboard.press('i');
                await click(page, /^flat$/);
                await hints([false, false]);
                await page.setViewportSize({width, height: 2600});
                await page.keyboard.press('0');
                await hints([false, false]);
            });

            test('matches have an outline, but for those that would be nothing else', async () => {
                page = await start(flamegraph('main;wide_hit 500\nmain;other 497\nmain;thin_hit 1\n'));
                await page.locator('input').fill('hit');
                const strokes = () => page.locator('.picture path.match').evaluateAll((all) => Object.fromEntries(
                    all.map((path) => [path.getAttribute('class'), [getComputedStyle(path).stroke, getComputedStyle(path).fill]])));
                const [stroke, fill] = colorScheme === 'dark' ? ['rgb(255, 255, 255)', 'rgb(214, 72, 177)']
                    : ['rgb(0, 0, 0)', 'rgb(250, 43, 249)'];
                const expected = {'match': [stroke, fill], 'match narrow': ['none', fill]};
                assert.deepEqual(await strokes(), expected);
                await page.emulateMedia({forcedColors: 'active'});
                assert.deepEqual(await strokes(), expected);
                await page.emulateMedia({forcedColors: 'none', media: 'print'});
                assert.deepEqual((await strokes()).match, ['rgb(0, 0, 0)', 'rgb(250, 43, 249)']);
            });

            test('copies name and stack', async () => {
                page = await start(addresses.stacks);
                const copied = () => page.evaluate(() => navigator.clipboard.readText());
                await hover(page, /^c$/);
                await page.keyboard.press('y');
                await page.waitForFunction(() => document.querySelector('.details').innerText.includes('Copied'));
                assert.equal(await copied(), 'c');
                await page.keyboard.press('Y');
                await page.waitForFunction(() => document.querySelector('.details').innerText.includes('main;c'));
                assert.equal(await copied(), 'main\nc');
            });

            test('the menu of a box and the menu of everything', async () => {
                page = await start(addresses.stacks);
                await rightClick(page, /^c$/);
                const shown = () => page.locator('.menu button').evaluateAll((items) =>
                    items.filter((item) => item.offsetHeight).map((item) => item.firstChild.textContent));
                assert.equal((await shown())[0], 'Zoom');
                assert.ok(!(await shown()).includes('Callers'));
                await page.keyboard.press('ArrowDown');
                await page.keyboard.press('Enter');
                assert.equal(await view(page), 'sandwich');
                await page.keyboard.press('?');
                assert.ok((await shown()).includes('Callers'));
                assert.equal(await page.locator('.menu [data-key=f]').getAttribute('aria-checked'), 'false');
                await page.keyboard.press('Escape');
                assert.equal(await page.locator('.menu').isVisible(), false);
            });

            test('the theme changes and is remembered', async () => {
                page = await start(addresses.stacks);
                const background = () => page.evaluate(() =>
                    getComputedStyle(document.documentElement).backgroundColor);
                const [light, dark] = ['rgb(255, 255, 255)', 'rgb(27, 27, 27)'];
                assert.equal(await background(), colorScheme === 'dark' ? dark : light);
                await page.keyboard.press('d');
                const other = colorScheme === 'dark' ? light : dark;
                assert.equal(await background(), other);
                await page.reload();
                await page.waitForSelector('svg[data-ready]', {state: 'attached'});
                assert.equal(await background(), other);
                await page.keyboard.press('d');
                assert.equal(await background(), colorScheme === 'dark' ? dark : light);
            });

            test('colours by module, name and self time, each with its legend', async () => {
                page = await start(addresses.stacks);
                const legend = () => page.locator('.legend span').evaluateAll((spans) =>
                    spans.filter((span) => span.offsetWidth).map((span) => span.innerText).join('|'));
                const seen = [];
                for (let i = 0; i < 4; i++) {
                    seen.push(await legend());
                    await page.keyboard.press('c');
                }
                assert.match(seen[0], /^program\|system library\|search match$/);
                assert.match(seen[1], /libc\.so\.6/);
                assert.match(seen[2], /each name/);
                assert.match(seen[3], /most of the self time/);
                assert.equal(await legend(), seen[0]);
            });

            test('larger and smaller text', async () => {
                page = await start(addresses.stacks);
                const height = () => page.locator('.picture').evaluate((picture) => picture.clientHeight);
                const before = await height();
                for (let i = 0; i < 4; i++)
                    await page.keyboard.press('+');
                assert.ok(await height() > before);
                assert.equal(await page.locator('.picture text').first()
                    .evaluate((label) => getComputedStyle(label).fontSize), '16px');
                for (let i = 0; i < 4; i++)
                    await page.keyboard.press('-');
                assert.equal(await height(), before);
            });

            test('pinned details stay', async () => {
                page = await start(addresses.stacks);
                await hover(page, /^c$/);
                await page.keyboard.press(' ');
                await hover(page, 'main');
                assert.match(await details(page), /^c\s/);
                await hover(page, /^c$/);
                await page.keyboard.press(' ');
                await hover(page, /^c$/);
                await hover(page, 'main');
                assert.match(await details(page), /^main/);
            });

            test('the address leads back to view, zoom, order and colours', async () => {
                page = await start(addresses.stacks);
                for (const key of ['r', 'w', 'k', 'c'])
                    await page.keyboard.press(key);
                await click(page, /^c$/);
                await page.locator('input').fill('main');
                const hash = await page.evaluate(() => location.hash);
                const drawn = await labels(page), found = await page.locator('.found').innerText();
                await page.context().close();
                page = await start(flamegraph(text([['main;zzz', 1], ...STACKS])) + hash);
                assert.deepEqual(await labels(page), drawn);
                assert.equal(await page.locator('.found').innerText(), found);
                assert.equal(await page.locator('.page').getAttribute('data-colors'), 'module');
            });

            test('touch: a tap zooms, a long press opens the menu', async () => {
                page = await open(browser, addresses.stacks,
                    {viewport: {width, height: 700}, colorScheme, hasTouch: true});
                const box = await page.locator('.picture text').filter({hasText: /^c$/}).boundingBox();
                const point = {x: box.x + 2, y: box.y + 5};
                const session = await page.context().newCDPSession(page);
                await session.send('Input.dispatchTouchEvent', {type: 'touchStart', touchPoints: [point]});
                await page.locator('.menu').waitFor();
                await session.send('Input.dispatchTouchEvent', {type: 'touchEnd', touchPoints: []});
                assert.equal(await page.locator('.menu b').innerText(), 'c');
                assert.ok((await labels(page)).includes('g'));
                await page.locator('.menu [data-key=x]').tap();
                assert.ok(!(await labels(page)).includes('c'));
                await page.touchscreen.tap(point.x, point.y);
                assert.equal(await page.locator('.menu').isVisible(), false);
            });
        });
    }
}

// Paths of the callers view are given root first as drawn, that is leaf first in the stack; copying a
// stack there begins at the outermost caller.
function callersOf(stacks) {
    const boxes = {};
    for (const [frames, weight] of stacks) {
        for (let i = frames.length - 1; i >= 0; i--) {
            const path = frames.slice(i).join(';');
            boxes[path] = (boxes[path] || 0) + weight;
        }
    }
    return boxes;
}

// The label of the leftmost box so many rows above main.
async function firstOf(page, above) {
    const texts = await page.locator('.picture text').evaluateAll((all) => all.map((label) =>
        [label.textContent, Number(label.getAttribute('x')), Number(label.getAttribute('y'))]));
    const main = texts.find(([name]) => name === 'main')[2];
    const rows = [...new Set(texts.map(([, , y]) => y))].sort((a, b) => b - a);
    const row = rows[rows.indexOf(main) + above];
    return texts.filter(([, , y]) => y === row).sort((a, b) => a[1] - b[1])[0][0];
}

// ---- what does not depend on the page's size ----

test('the share of matches is that of brute force, in every view', async () => {
    page = await open(browser, addresses.stacks);
    const shareOf = (passes) => {
        const sum = (list) => list.reduce((all, [, weight]) => all + weight, 0);
        return (100 * sum(lists.filter(([frames]) => passes(frames))) / sum(lists)).toFixed(2);
    };
    const exact = async () => (await page.locator('.found').getAttribute('title')).match(/\(([\d.]+) %\)/)[1];
    await page.locator('input').fill('b');
    for (const view of ['flame', 'callers']) {
        await page.locator('select.view').selectOption(view);
        assert.equal(await exact(), shareOf((frames) => frames.includes('b')), view);
    }
    // of what ends in malloc, what was called by b
    await click(page, /^malloc$/);
    assert.equal(await exact(), (100 * 100 / 250).toFixed(2));
    await page.keyboard.press('0');
    await page.keyboard.press('f');
    await click(page, /^g$/);
    await page.keyboard.press('s');
    // of the stacks through g (260), those through b as well
    assert.equal(await exact(), (100 * 110 / 260).toFixed(2));
    await page.locator('input').fill('module:libc');
    assert.equal(await exact(), (100 * 150 / 260).toFixed(2));
    await page.keyboard.press('Escape');
});

test('next and previous in a view that is not the flame graph walk over what is drawn', async () => {
    page = await open(browser, addresses.stacks + '#v=callers&s=main');
    await page.locator('.picture').focus();
    const seen = new Set();
    for (let i = 0; i < 9; i++) {
        await page.keyboard.press('n');
        seen.add(await page.locator('.found').innerText());
        assert.match(await details(page), /^main/);
    }
    assert.ok(seen.size > 3);
});

test('a comparison: colours by change, and a lane for what is gone', async () => {
    const old = text([['main;a;x', 300], ['main;b;gone_a', 100], ['main;b;vanished', 200], ['main;c', 400]]);
    const now = text([['main;a;x', 500], ['main;b', 100], ['main;c', 405], ['main;added', 50]]);
    for (const [width, colorScheme] of [[1200, 'light'], [400, 'dark']]) {
        page = await open(browser, comparison(old, now), {viewport: {width, height: 700}, colorScheme});
        const colour = async (name) => {
            const bounds = await page.locator('.picture text').filter({hasText: name}).last().boundingBox();
            return page.evaluate(([x, y]) => document.elementFromPoint(x, y).getAttribute('class'),
                [bounds.x + 1, bounds.y + bounds.height / 2]);
        };
        assert.equal(await colour(/^x$/), 'd10');
        assert.equal(await colour(/^c$/), 'd5');
        assert.equal(await colour(/^va/), 'd0');
        await hover(page, /^x$/);
        assert.match(await details(page), /47\.4 % of all .* was 30\.0 %: \+17\.39 pp/s);
        await click(page, /^va/);
        assert.match(await details(page), /^vanished\s+20\.0 % of the older profile/);
        await page.keyboard.press('0');
        await page.keyboard.press('t');
        await page.locator('[data-sort=change] button').click();
        assert.match((await page.locator('tbody tr').allInnerTexts())[0], /\+17\.39 pp\s+x/);
        if (width === 1200)
            await page.context().close();
    }
});

test('on paper the picture is light and as wide as the page, with its legend and without buttons', async () => {
    const deep = Array.from({length: 99}, (_, i) => 'deep_' + i).join(';');
    page = await open(browser, flamegraph(`${deep} 50\nflat 50\n`), {colorScheme: 'dark'});
    await page.keyboard.press('d');
    await page.keyboard.press('d');
    await page.emulateMedia({media: 'print'});
    // paper is narrower than the window, and nothing tells the script
    await page.locator('.app').evaluate((app) => app.setAttribute('width', 600));
    const style = (selector, name, pseudo) => page.evaluate(([at, what, part]) =>
        getComputedStyle(document.querySelector(at), part)[what], [selector, name, pseudo]);
    assert.equal(await style('svg', 'backgroundColor'), 'rgb(255, 255, 255)');
    assert.equal(await style('.tools', 'display'), 'none');
    assert.equal(await style('.scroll', 'display', '::before'), 'none');
    assert.equal(await style('.legend i', 'printColorAdjust'), 'exact');
    const {x, width} = await page.locator('.picture').boundingBox();
    assert.ok(x >= 0 && x + width <= 600);
    assert.match(await page.locator('.picture').getAttribute('viewBox'), /^0 0 \d+ \d+$/);
});

test('what is removed from the place one looks at shows its caller, and all may go', async () => {
    page = await open(browser, addresses.stacks);
    await page.locator('input').fill('c');
    await click(page, /^c$/);
    await page.keyboard.press('Delete');
    assert.match(await details(page), /^main\s+400 ms CPU · 100\.0 % of all/);
    assert.match(await page.locator('.found').innerText(), /^matched 62\.5 %/);
    await clickWith('Control', page, /^main$/);
    assert.deepEqual(await labels(page), ['all']);
    assert.match(await details(page), /^all\s+0 s CPU · 0\.0 % of all/);
    await page.keyboard.press('t');
    assert.equal(await page.locator('tbody tr').count(), 0);
});

test('where a box is no subtree, nothing is removed', async () => {
    page = await open(browser, addresses.timed);
    for (const key of ['f', 'r', 'l']) {
        await page.keyboard.press(key);
        const before = await centers(page);
        await hover(page, key === 'f' ? 'all' : /^load$/);
        await page.keyboard.press('Delete');
        assert.match(await details(page), /cannot be removed/);
        assert.deepEqual(await centers(page), before);
    }
});

test('a match in the lane of what is gone can be stepped to', async () => {
    const old = text([['main;a', 500], ['main;gone;gone_inner', 500]]), now = text([['main;a', 900], ['main;b', 100]]);
    page = await open(browser, comparison(old, now));
    await page.keyboard.press('/');
    await page.keyboard.type('gone');
    assert.equal(await page.locator('.found').innerText(), 'matched 0.0 % · 2 functions');
    for (const name of ['gone', 'gone_inner', 'gone']) {
        await page.locator('.picture').press('n');
        assert.match(await details(page), new RegExp(`^${name}\\s+50.0 % of the older profile`));
    }
});

test('over time, samples too short to be drawn are seen, and what they called', async () => {
    const stacks = Array.from({length: 2000}, (_, i) => [`@7;~${1000 + 9000 * i};main;work;${i % 2 ? 'odd' : 'even'}`, 1]);
    for (const width of [1200, 400]) {
        page = await open(browser, flamegraph(text(stacks)) + '#v=chart', {viewport: {width, height: 700}});
        const rows = {};
        for (const {y} of await centers(page))
            rows[y] = (rows[y] || 0) + 1;
        const counts = Object.keys(rows).sort((a, b) => b - a).map((y) => rows[y]);
        assert.equal(counts[0], 1);
        assert.equal(counts.length, 4);
        assert.ok(counts.slice(1).every((count) => count > 0.8 * (width - 20) && count <= width), String(counts));
        if (width === 1200)
            await page.context().close();
    }
});

test('what --max-size has left out says so, and is no incomplete stack', async () => {
    const stacks = Array.from({length: 90000}, (_, i) => `main;f${i % 7};g${i * i} ${1 + i % 9}\n`).join('');
    page = await open(browser, picture(stacks, '--max-size', '0.2'));
    const rest = page.locator('.picture text').filter({hasText: /^\[\d+ more/}).first();
    const {x, y} = await rest.boundingBox();
    assert.match(await page.evaluate((point) => document.elementFromPoint(...point).getAttribute('class'), [x, y + 4]), /^o\d$/);
    await page.mouse.move(x, y + 4);
    assert.match(await details(page), /^\[\d+ more frames, left out for the size of the file\]/);
    const legend = await page.locator('.legend').innerText();
    assert.match(legend, /left out \(--max-size\)/);
    assert.doesNotMatch(legend, /incomplete/);
});

test('a page with the picture: its root in sight, its address and its theme', async () => {
    const deep = Array.from({length: 300}, (_, i) => 'deep_' + i).join(';');
    const many = Array.from({length: 450}, (_, i) => `main;f${i} 1\n`).join('');
    page = await open(browser, report(`${deep} 900\n${many}`), {viewport: {width: 1000, height: 700}, colorScheme: 'light'});
    const visible = async (label) => {
        const box = await page.locator('.picture text').filter({hasText: label}).first().boundingBox();
        return box.y > 0 && box.y < 700;
    };
    assert.ok(await visible(/^all$/));
    assert.ok((await page.locator('.scroll').first().boundingBox()).height < 600);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await background(), 'rgb(255, 255, 255)');
    await click(page, /^deep_1$/);
    await page.locator('.picture').press('d');
    assert.equal(await background(), 'rgb(27, 27, 27)');
    await page.emulateMedia({colorScheme: 'dark'});
    await page.locator('.picture').press('d');
    assert.equal(await background(), 'rgb(255, 255, 255)');
    await page.reload();
    await page.waitForSelector('svg[data-ready]', {state: 'attached'});
    assert.match(await details(page), /^deep_1\s/);
    await page.goBack();
    assert.match(await details(page), /^all\s/);
    await page.locator('select.view').selectOption('table');
    await page.locator('.table').evaluate((box) => { box.scrollTop = box.scrollHeight; });
    await page.waitForFunction(() => document.querySelectorAll('.table tbody tr').length > 200);
});

test('a page fits on a phone, with its functions and its facts', async () => {
    const long = 'ns::Outer<std::__cxx11::basic_string<char>>::method(unsigned long, char const*)';
    for (const colorScheme of ['light', 'dark']) {
        page = await open(browser, report(`main;${long} 70\nmain;${'a'.repeat(90)} 30\n`), {viewport: {width: 400, height: 700}, colorScheme});
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 400);
        assert.deepEqual(await page.locator('.hot tbody tr').first().locator('td:visible').allInnerTexts(), ['70.0 %', '70.0 %', long, '']);
        assert.ok(await page.locator('h2', {hasText: 'The run'}).isVisible());
        if (colorScheme === 'light')
            await page.context().close();
    }
});

test('the menu shows all its keys at once on a wide page', async () => {
    page = await open(browser, addresses.stacks);
    await page.keyboard.press('?');
    const {scrollHeight, clientHeight} = await page.locator('.menu').evaluate((menu) =>
        ({scrollHeight: menu.scrollHeight, clientHeight: menu.clientHeight}));
    assert.ok(scrollHeight <= clientHeight, `${scrollHeight} > ${clientHeight}`);
});

test('a box of less than a pixel is drawn as one', async () => {
    page = await open(browser, flamegraph('main;big 99945\nmain;small 55\n'));
    const widths = await page.locator('.picture path').evaluateAll((all) => all.flatMap((path) =>
        [...path.getAttribute('d').matchAll(/h([\d.]+)/g)].map(([, w]) => Number(w))));
    assert.equal(Math.min(...widths), 1);
});

test('on a phone, the table has its functions and modules in sight, in rows for fingers', async () => {
    page = await open(browser, addresses.stacks + '#v=table', {viewport: {width: 400, height: 700}});
    const cells = await page.locator('tbody tr').first().locator('td').evaluateAll((all) =>
        all.map((cell) => cell.getBoundingClientRect()).filter(({width}) => width)
            .map(({left, right, height}) => ({left, right, height})));
    assert.equal(cells.length, 4);
    assert.ok(cells.every(({left, right, height}) => left >= 0 && right <= 400 && height >= 24), JSON.stringify(cells));
    const heads = await page.locator('th:visible').allInnerTexts();
    assert.deepEqual(heads, ['self % ▼', 'total %', 'function', 'module'].map((head) => head.replace(' ▼', '')));
});

test('names in the table can be read to their end, also on a phone', async () => {
    const long = 'ns::Outer<std::__cxx11::basic_string<char, std::char_traits<char>>>::method_of_it(unsigned long, char const*)';
    for (const width of [1200, 400]) {
        page = await open(browser, flamegraph(`${field('short', '/lib/libpython3.11.so.1.0')} 5\n${field(long, '/lib/b.so')} 4\n`) + '#v=table',
            {viewport: {width, height: 700}});
        const cells = await page.locator('tbody td').evaluateAll((all) => all.filter((cell) => cell.offsetWidth)
            .map((cell) => [cell.textContent, cell.scrollWidth <= cell.clientWidth && cell.getBoundingClientRect().right <= innerWidth]));
        assert.ok(cells.every(([, fits]) => fits), JSON.stringify(cells));
        const texts = cells.map(([text]) => text);
        assert.ok(texts.includes('libpython3.11.so.1.0') && texts.includes('short'));
        assert.ok(texts.includes(width === 1200 ? long : 'ns::Outer<…>::method_of_it'), String(texts));
        await page.keyboard.press('Tab');
        await page.locator('tbody tr').last().press('Enter');
        assert.match(await details(page), /^ns::Outer<std::__cxx11::.*char const\*\)/);
        if (width === 1200)
            await page.context().close();
    }
});

test('a key closes the menu that tells of it', async () => {
    page = await open(browser, addresses.stacks);
    await page.locator('.more').click();
    await page.keyboard.press('w');
    assert.equal(await page.locator('.menu').isVisible(), false);
    assert.match(await page.evaluate(() => location.hash), /o=w/);
    await page.keyboard.press('t');
    await page.keyboard.press('?');
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('.table').evaluate((table) => table === document.activeElement));
});

test('a finger need not keep still to open the menu, and scrolls when it moves on', async () => {
    page = await open(browser, addresses.stacks, {hasTouch: true});
    const opened = (path) => page.evaluate(async (points) => {
        const picture = document.querySelector('.picture'), bounds = picture.getBoundingClientRect();
        const send = (type, [x, y]) => picture.dispatchEvent(new PointerEvent(type, {pointerType: 'touch', bubbles: true,
            clientX: bounds.left + 50 + x, clientY: bounds.bottom - 30 + y}));
        document.querySelector('.menu').hidden = true;
        send('pointerdown', [0, 0]);
        points.forEach((point) => send('pointermove', point));
        await new Promise((done) => { setTimeout(done, 700); });
        send('pointerup', points.at(-1));
        return !document.querySelector('.menu').hidden;
    }, path);
    assert.equal(await opened([[2, 1], [-3, 2]]), true);
    assert.equal(await opened([[2, 1], [3, -40]]), false);
});

test('a source link follows the template, and only to where it may', async () => {
    const svg = render('svg', 'main\x1fx\x1f/src/a b#.c\x1f7 5\n').toString();
    const withLink = (template) => write('linked.svg',
        svg.replace('data-colors=', `data-source-link="${template}" data-colors=`));
    page = await open(browser, withLink('vscode://file/{file}:{line}'));
    await hover(page, 'main');
    assert.equal(await page.locator('.details a').getAttribute('href'), 'vscode://file//src/a%20b%23.c:7');
    await page.context().close();
    page = await open(browser, withLink('javascript:alert({line})'));
    await hover(page, 'main');
    assert.equal(await page.locator('.details a').count(), 0);
    assert.match(await details(page), /\/src\/a b#\.c:7/);
});

test('a sandbox without storage, history, dialogs and clipboard works', async () => {
    const svg = render('svg', text(STACKS)).toString().replace(/&/g, '&amp;').replace(/"/g, '&quot;');
    const address = write('sandbox.html', '<!DOCTYPE html><meta charset="utf-8"><iframe sandbox="allow-scripts" ' +
        `width="1000" height="600" srcdoc="${svg}"></iframe>`);
    const context = await browser.newContext();
    page = await context.newPage();
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    page.on('dialog', (dialog) => page.complaints.push(dialog.message()));
    await page.goto(address);
    const frame = page.frameLocator('iframe');
    await frame.locator('svg[data-ready]').waitFor({state: 'attached'});
    await frame.locator('input').fill('malloc');
    assert.equal(await frame.locator('.found').innerText(), 'matched 25.0 % · 1 function');
    await frame.locator('.picture').press('n');
    assert.match(await frame.locator('.details').innerText(), /^malloc/);
    await frame.locator('.picture').press('d');
    await frame.locator('.picture').press('y');
    await frame.locator('.details', {hasText: 'Copied: malloc'}).waitFor();
});

test('scripts that are forbidden leave the picture, its titles and a hint', async () => {
    const svg = render('svg', text(STACKS)).toString();
    page = await browser.newContext().then((context) => context.newPage());
    page.complaints = [];
    await page.goto(write('csp.html', '<!DOCTYPE html><meta http-equiv="Content-Security-Policy" ' +
        `content="script-src 'none'"><body>${svg}</body>`));
    assert.equal(await page.locator('.hint').isVisible(), true);
    assert.equal(await page.locator('.app').isVisible(), false);
    assert.ok(await page.locator('.frames text').count() > 5);
});
