// SPDX-License-Identifier: MIT
//
// flamegraph.test.js - a flamegraph in the hands of a reader.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const {after, afterEach, before, describe, test} = require('node:test');
const {fileURLToPath} = require('node:url');
const {render, write, flamegraph, picture, launch, open, place, hover, click, labels, details} =
    require('./harness.js');

const field = (...parts) => parts.join('\x1f');
const APP = '/opt/app/bin/app';

// main is 1,000 ms: parse 600 (of which scan 350, inlined next 150, itself 100), render 400.
const SMALL = [
    [`${field('main', APP)};${field('parse', APP, 'src/parse.c', 12)}`, 100],
    [`${field('main', APP)};${field('parse', APP, 'src/parse.c', 14)};scan`, 350],
    [`${field('main', APP)};${field('parse', APP, 'src/parse.c', 12)};` +
        field('next', APP, 'src/next.h', 3, 'i'), 150],
    [`${field('main', APP)};render(int, char const*)`, 400],
].map(([stack, weight]) => `${stack} ${weight}\n`).join('');

// A generated profile with thousands of stacks, some of them far too thin to be drawn.
function generated(stackCount) {
    let seed = 12345;
    const next = (limit) => {
        seed = Math.imul(seed, 1103515245) + 12345 >>> 0;
        return (seed >>> 8) % limit;
    };
    const names = ['main', 'Parser::next(int)', 'Parser::peek', 'hash', 'insert', 'std::sort<int>',
                   'Render::draw', 'alloc', 'free', 'io::read', 'parser_fallback', 'ns::Parser'];
    const lines = [];
    for (let i = 0; i < stackCount; i++) {
        const frames = ['main'];
        for (let depth = next(12); depth > 0; depth--)
            frames.push(names[next(names.length)]);
        lines.push(`${frames.join(';')} ${1 + Math.floor(4000 / (1 + next(3000)))}`);
    }
    return lines.join('\n') + '\n';
}

// Names in which brackets, operators and namespaces meet in every way, in boxes of every width.
function puzzling(count) {
    let seed = 99;
    const next = (limit) => {
        seed = Math.imul(seed, 1103515245) + 12345 >>> 0;
        return (seed >>> 8) % limit;
    };
    const parts = ['a', 'Name', '::', '::', '<', '>', '(', ')', 'operator', '<<', '->', '()', ' ',
                   ' const', 'int', ', ', '中', 'é', '*', '(anonymous namespace)', '$', ':'];
    const lines = [];
    for (let i = 0; i < count; i++) {
        let name = 'n';
        for (let length = next(14); length > 0; length--)
            name += parts[next(parts.length)];
        lines.push(`${name} ${3 + next(60)}`);
    }
    return lines.join('\n') + '\n';
}

// Functions of more modules than there are hues; some of one weight, some without any, two paths that
// show as the same, and functions of no module.
function ofModules(count) {
    const lines = [`${field('main', APP)} 30`, 'nowhere 500', `${field('main', APP)};?x 70`];
    for (let i = 0; i < count; i++)
        lines.push(`${field('main', APP)};${field('call_' + i, `/lib/outer${i}.so`)};${field('f_' + i, `/lib/lib${i}.so`)} ${60 + i % 7}`);
    lines.push(`${field('odd', '/lib/\x01')} 40`, `${field('even', '/lib/\\x01')} 40`);
    return lines.join('\n') + '\n';
}

// The share of the weight, in percent, that lies in stacks below `path` with a name that passes.
function bruteForce(stacks, passes, path = []) {
    let matched = 0, all = 0;
    for (const line of stacks.trimEnd().split('\n')) {
        const at = line.lastIndexOf(' ');
        const frames = line.slice(0, at).split(';'), weight = Number(line.slice(at + 1));
        if (!path.every((name, i) => frames[i] === name))
            continue;
        all += weight;
        if (frames.slice(Math.max(path.length - 1, 0)).some(passes))
            matched += weight;
    }
    return 100 * matched / all;
}

const matched = async (page) =>
    (await page.locator('.found').getAttribute('title')).match(/\(([\d.]+) %\)/)[1];

const typed = (page) => page.locator('input').evaluate((input) => input.value);

let browser, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
afterEach(async () => {
    if (!page)
        return;
    const complaints = page.complaints;
    await page.context().close();
    page = null;
    assert.deepEqual(complaints, []);
});

const MANY = generated(4000);
const addresses = {small: flamegraph(SMALL), many: flamegraph(MANY),
                   puzzling: flamegraph(puzzling(90))};

test('the script takes over without a complaint and removes the hint', async () => {
    page = await open(browser, addresses.small);
    assert.equal(await page.locator('.hint').count(), 0);
    assert.equal(await page.locator('div.title').innerText(), 'app --work');
    assert.deepEqual((await labels(page)).sort(),
        ['all', 'main', 'next', 'parse', 'render(int, char const*)', 'scan']);
});

test('a long title is cut where the page ends, not before', async () => {
    const title = 'a title of very many words '.repeat(8).trim();
    page = await open(browser, picture('main 1\n', '--title', title), {viewport: {width: 3000, height: 500}});
    assert.equal(await page.locator('div.title').innerText(), title);
    await page.setViewportSize({width: 400, height: 500});
    assert.ok(await page.evaluate(() => document.querySelector('.page').scrollWidth) <= 400);
});

test('labels and colours are those of the static picture', async () => {
    const modules = ['svg-module', 'svg-name', 'svg-heat'].map((view) => flamegraph(ofModules(20), view));
    for (const address of [addresses.small, addresses.puzzling, ...modules, addresses.many]) {
        const source = fs.readFileSync(fileURLToPath(address), 'utf8');
        const boxes = [...source.matchAll(
            /<rect class="(\w\d+)" x="([\d.]+)" y="(\d+)"[^>]*\/>(?:<text[^>]*>([^<]*)<)?/g)]
            .filter((box) => source.lastIndexOf('class="legend"', box.index) < 0);
        page = await open(browser, address, {viewport: {width: 1200, height: 2000}});
        const unescape = (text) => (text || '').replace(/&lt;/g, '<').replace(/&gt;/g, '>')
            .replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
        assert.deepEqual((await labels(page)).sort(),
            boxes.map((box) => unescape(box[4])).filter((text) => text).sort());
        const classes = await page.evaluate((points) => {
            const bounds = document.querySelector('.picture').getBoundingClientRect();
            return points.map(([x, y]) => document.elementFromPoint(bounds.left + x + 6,
                bounds.top + y + 3).getAttribute('class'));
        }, boxes.map((box) => [Number(box[2]), Number(box[3])]));
        assert.deepEqual(classes, boxes.map((box) => box[1]));
        assert.ok(boxes.length > 5);
        if (address !== addresses.many)
            await page.context().close();
    }
});

for (const width of [1200, 400]) {
    for (const colorScheme of ['light', 'dark']) {
        const start = (address, options) => open(browser, address, {viewport: {width, height: 700}, colorScheme, ...options});

        describe(`at ${width} pixels, ${colorScheme}`, () => {
            test('hovering shows name, place, time and shares', async () => {
                page = await start(addresses.small);
                await hover(page, 'parse');
                const expected = new RegExp('^parse.*/opt/app/bin/app · src/parse\\.c:14\\s+600 ms CPU · ' +
                    '60\\.0 % of all · self 100 ms \\(10\\.0 %\\) · 3 samples$', 's');
                assert.match(await details(page), expected);
                assert.match((await page.locator('.tip').innerText()).replace(/\n/, ' '), expected);
                await hover(page, 'next');
                assert.match(await details(page),
                    /^next \(inlined\) · \/opt\/app\/bin\/app · src\/next\.h:3/);
                await page.mouse.move(600, 690);
                assert.equal(await page.locator('.tip').isVisible(), false);
                assert.match(await details(page), /^all/);
            });

            test('recursion and other callers add up in "everywhere"', async () => {
                page = await start(flamegraph('main;f;f 10\nmain;g;f 5\nmain;g 85\n'));
                await hover(page, /^f$/);
                assert.match(await details(page),
                    /10 ms CPU · 10\.0 % of all .* everywhere 15 ms \(15\.0 %\)/);
            });

            test('a click zooms, callers stay, and Back undoes it', async () => {
                page = await start(addresses.small);
                await click(page, 'parse');
                assert.deepEqual((await labels(page)).sort(), ['all', 'main', 'next', 'parse', 'scan']);
                const [all, parse] = [await place(page, 'all'), await place(page, 'parse')];
                assert.equal(all.x, parse.x);
                await hover(page, 'scan');
                assert.match(await details(page), /35\.0 % of all · 58\.3 % of zoom/);
                await click(page, 'scan');
                assert.deepEqual((await labels(page)).sort(), ['all', 'main', 'parse', 'scan']);
                await page.goBack();
                assert.ok((await labels(page)).includes('next'));
                await page.goBack();
                assert.equal((await labels(page)).length, 6);
                await page.goForward();
                assert.equal((await labels(page)).length, 5);
            });

            test('a caller can be clicked to zoom out to it', async () => {
                page = await start(addresses.small);
                await click(page, 'scan');
                await click(page, 'parse');
                assert.ok((await labels(page)).includes('next'));
            });

            for (const [how, reset] of [
                ['the button', (page) => page.locator('.reset').click()],
                ['0', (page) => page.keyboard.press('0')],
                ['Home', (page) => page.keyboard.press('Home')],
                ['Escape', (page) => page.keyboard.press('Escape')],
            ]) {
                test(`${how} resets the zoom`, async () => {
                    page = await start(addresses.small);
                    const button = page.locator('.reset');
                    assert.equal(await button.evaluate((element) => element.disabled), true);
                    await click(page, 'scan');
                    assert.equal((await labels(page)).length, 4);
                    await reset(page);
                    assert.equal((await labels(page)).length, 6);
                });
            }

            test('zooming shows frames that the static picture left out', async () => {
                const stacks = 'main;big 1000000\nmain;small;hidden_a 10\nmain;small;hidden_b 30\n';
                const address = flamegraph(stacks);
                assert.doesNotMatch(fs.readFileSync(fileURLToPath(address), 'utf8'), />hidden_a</);
                page = await start(address);
                await page.keyboard.press('/');
                await page.keyboard.type('hidden_b');
                await page.keyboard.press('Enter');
                assert.match(await details(page), /^hidden_b/);
                await page.keyboard.press('Enter');
                assert.ok((await labels(page)).includes('hidden_b'));
                await page.keyboard.press('Escape');
            });

            test('the matched share is that of brute force over the collapsed stacks', async () => {
                page = await start(addresses.many);
                const collapsed = render('collapsed', MANY).toString();
                for (const [text, passes] of [
                    ['parser', (name) => name.toLowerCase().includes('parser')],
                    ['Parser', (name) => name.includes('Parser')],
                    ['next(int)', (name) => name.includes('next(int)')],
                    ['sort<', (name) => name.includes('sort<')],
                    ['main', () => true],
                ]) {
                    await page.locator('input').fill(text);
                    const expected = bruteForce(collapsed, passes);
                    assert.equal(await matched(page), expected.toFixed(2));
                    const hit = text === 'main' ? (name) => name === text : passes;
                    const count = new Set(collapsed.replace(/ \d+$/gm, '').split(/[;\n]/).filter((name) => name && hit(name))).size;
                    assert.equal(await page.locator('.found').innerText(),
                        `matched ${expected.toFixed(1)} % · ${count} function${count === 1 ? '' : 's'}`);
                }
                await page.locator('input').fill('no such function');
                assert.equal(await page.locator('.found').innerText(), 'no match');
            });

            test('the matched share follows the zoom', async () => {
                page = await start(addresses.many);
                await page.locator('input').fill('parser');
                await click(page, /^in/);
                const path = ['main', 'insert'];
                assert.match(await details(page), /^insert/);
                const title = await page.locator('.found').getAttribute('title');
                const expected = bruteForce(render('collapsed', MANY).toString(),
                    (name) => name.toLowerCase().includes('parser'), path);
                assert.equal(await matched(page), expected.toFixed(2), title);
            });

            test('regular expressions are a choice, and a wrong one keeps the old result', async () => {
                page = await start(addresses.many);
                await page.locator('input').fill('^io::');
                assert.equal(await page.locator('.found').innerText(), 'no match');
                await page.getByText('.*').click();
                assert.equal(await matched(page), bruteForce(render('collapsed', MANY).toString(),
                    (name) => name.startsWith('io::')).toFixed(2));
                const drawn = await page.locator('.picture path.match').first().getAttribute('d');
                await page.locator('input').fill('io::(');
                assert.equal(await page.locator('.found').innerText(), 'not a regular expression: Unterminated group');
                assert.equal(await page.locator('input').getAttribute('aria-invalid'), 'true');
                assert.equal(await page.locator('.picture path.match').first().getAttribute('d'), drawn);
            });

            test('the first Ctrl-F is ours and the second is not', async () => {
                page = await start(addresses.small);
                await page.evaluate(() => {
                    window.prevented = [];
                    window.addEventListener('keydown', (event) => {
                        if (event.key === 'f')
                            window.prevented.push(event.defaultPrevented);
                    });
                });
                await page.keyboard.press('Control+f');
                assert.equal(await page.evaluate(() => document.activeElement.localName), 'input');
                await page.keyboard.press('Control+f');
                assert.deepEqual(await page.evaluate(() => window.prevented), [true, false]);
            });

            test('n and N walk through the matches and show which one it is', async () => {
                page = await start(flamegraph('main;fa 10\nmain;g;fb 10\nmain;fc 80\n'));
                await page.keyboard.press('/');
                await page.keyboard.type('f');
                await page.locator('.picture').focus();
                const seen = [];
                for (const key of ['n', 'n', 'n', 'n', 'N']) {
                    await page.keyboard.press(key);
                    seen.push((await details(page)).slice(0, 2) + ' ' +
                        (await page.locator('.found').innerText()).split('· ')[1]);
                }
                assert.deepEqual(seen, ['fa 1/3', 'fc 2/3', 'fb 3/3', 'fa 1/3', 'fb 3/3']);
            });

            test('the buttons for matches are there when there is a search', async () => {
                page = await start(addresses.small);
                const visible = () => page.locator('.step').evaluateAll(
                    (buttons) => buttons.map((button) => getComputedStyle(button).display !== 'none'));
                assert.deepEqual(await visible(), [false, false]);
                await page.locator('input').fill('scan');
                assert.deepEqual(await visible(), [true, true]);
                await page.getByText('›').click();
                assert.match(await details(page), /^scan/);
            });

            test('keys typed into the field are text', async () => {
                page = await start(addresses.small);
                await page.keyboard.press('/');
                await page.keyboard.type('in0/');
                assert.equal(await typed(page), 'in0/');
                await page.keyboard.press('Escape');
                assert.equal(await typed(page), '');
            });

            test('i turns the picture upside down and back', async () => {
                page = await start(addresses.small);
                const flame = [(await place(page, 'all')).y, (await place(page, 'scan')).y];
                await page.keyboard.press('i');
                const icicle = [(await place(page, 'all')).y, (await place(page, 'scan')).y];
                assert.ok(flame[0] > flame[1] && icicle[0] < icicle[1]);
                await hover(page, 'scan');
                assert.match(await details(page), /^scan/);
                await page.locator('.more').click();
                await page.getByRole('menuitemcheckbox', {name: 'Icicle'}).click();
                assert.ok((await place(page, 'all')).y > (await place(page, 'scan')).y);
            });

            test('arrows move the selection, Enter zooms, Backspace goes out again', async () => {
                page = await start(addresses.small);
                await page.locator('.picture').focus();
                const seen = [];
                for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowRight', 'ArrowLeft', 'ArrowUp',
                                   'ArrowDown']) {
                    await page.keyboard.press(key);
                    seen.push((await details(page)).match(/^\w+/)[0]);
                }
                assert.deepEqual(seen, ['all', 'main', 'parse', 'render', 'parse', 'scan', 'parse']);
                await page.keyboard.press('Enter');
                assert.equal((await labels(page)).length, 5);
                await page.keyboard.press('Backspace');
                assert.equal((await labels(page)).length, 6);
            });

            test('the selected box is announced as an item of a tree', async () => {
                page = await start(addresses.small);
                await page.locator('.picture').focus();
                for (let i = 0; i < 3; i++)
                    await page.keyboard.press('ArrowUp');
                const item = page.locator('[role=treeitem]');
                assert.match(await item.getAttribute('aria-label'), /^parse, 600 ms CPU · 60\.0 % of all/);
                assert.equal(await item.getAttribute('aria-level'), '3');
                assert.equal(await item.getAttribute('aria-posinset'), '1');
                assert.equal(await item.getAttribute('aria-setsize'), '2');
                assert.equal(await page.locator('[role=tree]').getAttribute('aria-activedescendant'),
                    await item.getAttribute('id'));
                assert.equal(await page.locator('.details').getAttribute('aria-live'), 'polite');
            });

            test('a link leads to the same place, also in a picture made anew', async () => {
                page = await start(addresses.small);
                await click(page, 'parse');
                await page.locator('input').fill('Scan');
                await page.locator('.picture').focus();
                await page.keyboard.press('i');
                const hash = await page.evaluate(() => location.hash);
                await page.context().close();
                page = await start(flamegraph(SMALL + 'a_new_function 77\n') + hash);
                assert.deepEqual((await labels(page)).sort(), ['all', 'main', 'next', 'parse', 'scan']);
                assert.equal(await typed(page), 'Scan');
                assert.ok((await place(page, 'all')).y < (await place(page, 'scan')).y);
            });

            test('a link to what is not there says so and searches instead', async () => {
                page = await start(addresses.small + '#z=00000000000000&f=scan');
                assert.match(await details(page), /What the link leads to is not in this profile: scan/);
                assert.equal(await page.locator('.found').innerText(), 'matched 35.0 % · 1 function');
            });

            test('a search in the form that flamegraph.pl gives it is applied', async () => {
                page = await start(addresses.small + '?s=scan');
                assert.equal(await typed(page), 'scan');
                assert.equal(await page.locator('.found').innerText(), 'matched 35.0 % · 1 function');
            });

            test('a regular expression from a link is applied, unless it takes for ever', async () => {
                page = await start(addresses.small + '#s=%5E(scan%7Cnext)%24&o=r');
                await page.locator('.found', {hasText: 'matched 50.0 %'}).waitFor();
                await page.context().close();
                page = await start(flamegraph('main;' + 'a'.repeat(60) + '! 5\n') + '#s=(a%2B)%2B%24&o=r');
                await page.locator('.found', {hasText: 'press Enter to search'}).waitFor();
                assert.equal(await page.locator('.picture text').count(), 3);
                await page.context().close();
                page = await start(addresses.small + '#s=(a&o=r');
                await page.locator('.found', {hasText: 'not a regular expression'}).waitFor();
            });

            test('Aa makes case matter, also in a link', async () => {
                page = await start(flamegraph('main;Parse 30\nmain;parse 50\nmain;x 20\n'));
                const found = async () => (await page.locator('.found').innerText()).split(' · ')[0];
                await page.locator('input').fill('parse');
                assert.equal(await found(), 'matched 80.0 %');
                await page.locator('.case').click();
                assert.equal(await found(), 'matched 50.0 %');
                await page.reload();
                await page.waitForSelector('svg[data-ready]', {state: 'attached'});
                assert.equal(await found(), 'matched 50.0 %');
                await page.locator('.case').click();
                assert.equal(await found(), 'matched 80.0 %');
                await page.locator('input').fill('Parse');
                assert.equal(await found(), 'matched 30.0 %');
            });

            test('a link to a frame is short however deep it lies', async () => {
                const stack = Array.from({length: 80}, (_, i) => 'function_' + i).join(';');
                page = await start(flamegraph(`${stack} 5\n${stack.replace('_3;', '_4;')} 7\n`));
                await page.locator('input').fill('function_79');
                await page.locator('.picture').focus();
                for (let i = 0; i < 2; i++) {
                    await page.keyboard.press('n');
                    await page.keyboard.press('Enter');
                    const hash = await page.evaluate(() => location.hash);
                    assert.ok(hash.length < 50, hash);
                    const weight = (await details(page)).match(/[\d.]+ ms/)[0];
                    await page.reload();
                    await page.waitForSelector('svg[data-ready]', {state: 'attached'});
                    assert.match(await details(page), new RegExp(`^function_79.*${weight}`, 's'));
                    await page.locator('.picture').press('0');
                }
            });

            test('a touch shows details and zooms', async () => {
                page = await start(addresses.small,
                    {hasTouch: true, isMobile: true});
                const {x, y} = await place(page, 'parse');
                await page.touchscreen.tap(x, y);
                assert.match(await details(page), /^parse/);
                assert.equal(await page.locator('.tip').isVisible(), false);
                assert.ok(!(await labels(page)).some((label) => label.startsWith('render')));
            });
        });
    }
}

test('the picture follows the width of the window', async () => {
    page = await open(browser, addresses.small);
    const width = () => page.locator('.picture').evaluate((picture) => picture.clientWidth);
    assert.equal(await width(), 1180);
    await page.setViewportSize({width: 640, height: 500});
    await page.waitForFunction(() => document.querySelector('.picture').clientWidth === 620);
    await page.setViewportSize({width: 360, height: 500});
    await page.waitForFunction(() => document.querySelector('.picture').clientWidth === 340);
    const overflow = await page.evaluate(() =>
        document.querySelector('.page').scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0);
    await hover(page, 'parse');
    assert.match(await details(page), /^parse/);
});

test('malformed links are survived', async () => {
    page = await open(browser, addresses.small + '#z=%E0%A4%A&s=%&&=&o');
    assert.equal((await labels(page)).length, 6);
});

test('names are text, whatever they say', async () => {
    const hostile = ['</script><script>window.hacked=1</script>', '<img src=x onerror=hacked=1>',
                     ']]><svg onload="hacked=1">', 'javascript:hacked=1', '"onmouseover="hacked=1',
                     '${hacked=1}', '__proto__', '\u202eevil', '\x01\x1b[31m', '&lt;b&gt;'];
    page = await open(browser, flamegraph(hostile.map((name) => `main;${name} 10\n`).join('')));
    for (const label of await labels(page))
        await hover(page, label);
    await page.locator('input').fill('<');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('img, script').count(), 1);
    await page.locator('input').fill('\\x01');
    await page.keyboard.press('Enter');
    assert.match(await details(page), /^\\x01\\x1B\[31m/);
});

test('dark and light follow the reader', async () => {
    const background = () => page.evaluate(() =>
        getComputedStyle(document.documentElement).backgroundColor);
    page = await open(browser, addresses.small, {colorScheme: 'dark'});
    assert.equal(await background(), 'rgb(27, 27, 27)');
    await page.emulateMedia({colorScheme: 'light'});
    assert.equal(await background(), 'rgb(255, 255, 255)');
});

test('without scripts the picture, its titles, figures, legend and theme are there', async () => {
    page = await open(browser, addresses.small, {javaScriptEnabled: false, colorScheme: 'dark'});
    const fill = (selector) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).fill);
    assert.equal(await page.locator('text.title').textContent(), 'app --work');
    assert.match(await page.locator('text.figures').textContent(), /^4 samples · 1\.00 s CPU sampled/);
    assert.deepEqual(await page.locator('g.legend text').allTextContents(), ['program', 'inlined']);
    assert.equal(await fill('.paper'), 'rgb(27, 27, 27)');
    await page.emulateMedia({colorScheme: 'light'});
    assert.equal(await fill('.paper'), 'rgb(255, 255, 255)');
    assert.equal(await fill('g.legend rect'), 'rgb(201, 131, 11)');
    assert.equal(await page.locator('text.hint').textContent(),
        'open in a browser for zoom and search');
    const texts = await page.locator('.frames text').allTextContents();
    assert.deepEqual(texts.sort(),
        ['all', 'main', 'next', 'parse', 'render(int, char const*)', 'scan']);
    assert.match(await page.locator('.frames title').nth(2).textContent(),
        /^parse\n600 ms CPU, 60\.0 % of all; self 100 ms; 3 samples$/);
});

test('a browser that cannot inflate keeps the static picture, and the hint says why', async () => {
    const context = await browser.newContext();
    const old = await context.newPage();
    await old.addInitScript(() => { delete window.DecompressionStream; });
    await old.goto(addresses.small);
    await old.locator('text.hint').filter({hasText: 'not available'}).waitFor();
    assert.equal(await old.locator('.frames text').count(), 6);
    await context.close();
});

test('damaged data leave the static picture, and the hint says why', async () => {
    const source = render('svg', SMALL).toString()
        .replace(/(<metadata class="prof-data">.{40}).{8}/, '$1AAAAAAAA');
    const context = await browser.newContext();
    const damaged = await context.newPage();
    await damaged.goto(write('damaged.svg', source));
    await damaged.locator('text.hint').filter({hasText: 'not available'}).waitFor();
    assert.equal(await damaged.locator('.frames text').count(), 6);
    await context.close();
});

test('an empty profile opens', async () => {
    page = await open(browser, flamegraph(''));
    assert.deepEqual(await labels(page), ['all']);
    await page.locator('input').fill('x');
    assert.equal(await page.locator('.found').innerText(), 'no match');
});

test('a stack of two thousand frames scrolls, and the root is in sight', async () => {
    const names = Array.from({length: 2000}, (_, i) => 'f' + i);
    page = await open(browser, flamegraph(names.join(';') + ' 1\n'));
    const root = await place(page, 'all');
    assert.ok(root.y > 0 && root.y < 700);
    const scroller = page.locator('.scroll').first();
    assert.ok(await scroller.evaluate((element) => element.scrollHeight) > 2000 * 18);
    await page.mouse.move(600, 300);
    await page.mouse.wheel(0, -3000);
    await page.waitForFunction(() => {
        const element = document.querySelector('.scroll');
        return element.scrollTop < element.scrollHeight - element.clientHeight - 1000;
    });
    const header = await page.locator('.head').boundingBox();
    assert.ok(header.y >= 0);
});

test('two flamegraphs share a page', async () => {
    const svgs = [SMALL, 'other;thing 5\n'].map((stacks) => render('svg', stacks).toString());
    page = await open(browser, write('both.html',
        `<!DOCTYPE html><meta charset="utf-8"><body>${svgs.join('<hr>')}</body>`));
    await page.waitForFunction(() => document.querySelectorAll('svg[data-ready]').length === 2);
    const pictures = page.locator('.picture');
    assert.ok((await pictures.nth(0).locator('text').allTextContents()).includes('scan'));
    assert.ok((await pictures.nth(1).locator('text').allTextContents()).includes('thing'));
    const heights = await page.locator('svg[data-ready]').evaluateAll(
        (svgs) => svgs.map((svg) => svg.getBoundingClientRect().height));
    assert.ok(heights.every((height) => height >= 420 && height < 600), String(heights));
    const {x, y} = await place(page, 'scan');
    await page.mouse.click(x, y);
    assert.equal(await pictures.nth(0).locator('text').count(), 4);
    assert.equal(await pictures.nth(1).locator('text').count(), 3);
    assert.equal(await page.evaluate(() => location.hash), '');
});
