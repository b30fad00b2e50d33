// SPDX-License-Identifier: MIT
//
// keys.test.js - keys, what the browser remembers, and what a screen reader is told, on wide and narrow
// pages, light and dark.
'use strict';

const assert = require('node:assert/strict');
const {after, afterEach, before, describe, test} = require('node:test');
const {render, flamegraph, write, launch, open, place, hover, click, labels, details} = require('./harness.js');

const STACKS = 'main;parse;scan 300\nmain;parse;skip 200\nmain;parse 100\nmain;render;scan 250\nmain;render 148\nmain;tiny 1\nmain;wee 1\n';

let browser, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
afterEach(async () => {
    const {complaints} = page;
    await page.context().close();
    assert.deepEqual(complaints, []);
});

const address = flamegraph(STACKS);
const hash = () => page.evaluate(() => location.hash);
const entries = () => page.evaluate(() => history.length);
const style = (locator, name) => locator.evaluate((element, what) => getComputedStyle(element)[what], name);
const valueOf = (selector) => page.locator(selector).evaluate((element) => element.value);
const selected = () => page.locator('[role=treeitem]');

for (const width of [1200, 400]) {
    for (const colorScheme of ['light', 'dark']) {
        const start = async (url = address) => {
            page = await open(browser, url, {viewport: {width, height: 700}, colorScheme});
        };

        describe(`at ${width} pixels, ${colorScheme}`, () => {
            test('Cmd-F leads to the field, Enter and Shift-Enter from match to match', async () => {
                await start();
                await page.keyboard.press('Meta+f');
                await page.keyboard.type('scan');
                const found = async (key) => {
                    await page.keyboard.press(key);
                    return [(await page.locator('.found').innerText()).split(' · ')[1], await selected().getAttribute('aria-level'),
                            (await details(page)).match(/[\d.]+ ms/)[0]];
                };
                assert.deepEqual(await found('Enter'), ['1/2', '4', '300 ms']);
                assert.deepEqual(await found('Enter'), ['2/2', '4', '250 ms']);
                assert.deepEqual(await found('Enter'), ['1/2', '4', '300 ms']);
                assert.deepEqual(await found('Shift+Enter'), ['2/2', '4', '250 ms']);
                await page.locator('.picture').focus();
                assert.deepEqual(await found('N'), ['1/2', '4', '300 ms']);
                assert.deepEqual(await found('n'), ['2/2', '4', '250 ms']);
            });

            test('Esc clears the search, then the zoom', async () => {
                await start();
                await page.keyboard.type('/scan');
                await click(page, /^parse$/);
                await page.keyboard.press('Escape');
                assert.equal(await valueOf('input'), '');
                assert.ok(!(await labels(page)).includes('render'));
                await page.keyboard.press('Escape');
                assert.ok((await labels(page)).includes('render'));
            });

            test('no key fires with other modifiers, nor while one types', async () => {
                await start();
                const before = [await hash(), await labels(page), await valueOf('select.view')];
                for (const modifier of ['Alt', 'Control', 'Meta']) {
                    for (const key of ['i', 'r', 's', 'm', 'k', 'x', 'y', 'o', 'Delete', '?'])
                        await page.keyboard.press(`${modifier}+${key}`);
                }
                assert.deepEqual([await hash(), await labels(page), await valueOf('select.view')], before);
                assert.equal(await page.locator('.menu').isVisible(), false);
                await page.locator('input').focus();
                await page.keyboard.type('irstwcdmkxXyY+-?0');
                assert.equal(await valueOf('input'), 'irstwcdmkxXyY+-?0');
                assert.equal(await valueOf('select.view'), 'flame');
            });

            test('arrows pass over boxes below two pixels', async () => {
                await start();
                await page.locator('.picture').focus();
                for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
                    await page.keyboard.press(key);
                assert.match(await details(page), /^render\s/);
            });

            test('each zoom is an entry of the history, each typed letter is none', async () => {
                await start();
                const first = await entries();
                await click(page, /^parse$/);
                assert.equal(await entries(), first + 1);
                await page.keyboard.press('Backspace');
                assert.equal(await entries(), first + 2);
                await page.keyboard.type('/scan');
                assert.equal(await entries(), first + 2);
                assert.match(await hash(), /s=scan/);
            });

            test('o opens the source where the template says', async () => {
                const svg = render('svg', 'main\x1f/bin/x\x1f/src/x.c\x1f7 5\n').toString();
                await start(write('linked.svg', svg.replace('data-colors=', 'data-source-link="https://host/{file}#L{line}" data-colors=')));
                await page.evaluate(() => { window.open = (...arguments_) => { window.opened = arguments_; }; });
                await hover(page, /^main$/);
                await page.keyboard.press('o');
                assert.deepEqual(await page.evaluate(() => window.opened), ['https://host//src/x.c#L7', '_blank', 'noopener']);
                await hover(page, /^all$/);
                await page.keyboard.press('o');
                assert.match(await details(page), /made without --source-link/);
            });

            test('rows are as high as fingers need on narrow pages', async () => {
                await start();
                assert.equal(Math.abs((await place(page, /^main$/)).y - (await place(page, /^parse$/)).y), width < 600 ? 20 : 18);
            });

            test('callers of what one zoomed to are faded, their labels are not', async () => {
                await start();
                await click(page, /^parse$/);
                assert.equal(await style(page.locator('.picture path.caller').first(), 'opacity'), '0.5');
                const label = page.locator('.picture text').filter({hasText: /^main$/});
                assert.equal(await style(label, 'opacity'), '1');
                assert.equal(await style(label, 'fill'), colorScheme === 'dark' ? 'rgb(230, 231, 233)' : 'rgb(0, 0, 0)');
                assert.equal(await style(page.locator('.picture text').filter({hasText: /^parse$/}), 'fill'), 'rgb(0, 0, 0)');
            });

            test('a match too narrow to be drawn is a tick of two pixels', async () => {
                await start(flamegraph('main;big 1000000\nmain;needle 1\n'));
                await page.locator('input').fill('needle');
                assert.match(await page.locator('.picture path.match.narrow').getAttribute('d'), /^M[\d.]+ \d+h2\.0v/);
            });

            test('nothing moves by itself', async () => {
                await start();
                await click(page, /^parse$/);
                await page.keyboard.press('?');
                assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
                assert.doesNotMatch(await page.evaluate(() => document.querySelector('style').textContent), /transition|animation|scroll-behavior/);
            });

            test('a screen reader finds a tree, its selected item, and text that changes', async () => {
                await start();
                assert.equal(await page.locator('svg').first().getAttribute('role'), 'group');
                const tree = page.getByRole('tree');
                await tree.focus();
                assert.equal(await tree.evaluate((element) => element === document.activeElement), true);
                for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp'])
                    await page.keyboard.press(key);
                const item = page.getByRole('treeitem');
                assert.match(await item.getAttribute('aria-label'), /^parse, 600 ms CPU · 60\.0 % of all · self 100 ms/);
                assert.equal(await item.getAttribute('tabindex'), '-1');
                assert.equal(await tree.getAttribute('aria-activedescendant'), await item.getAttribute('id'));
                assert.equal(await page.locator('.picture > g').getAttribute('aria-hidden'), 'true');
                assert.equal(await page.locator('[aria-live=polite]').innerText(), await details(page));
                const nameless = await page.locator('button, input, select').evaluateAll((all) => all.filter((element) =>
                    !(element.textContent.trim() || element.getAttribute('aria-label'))).length);
                assert.equal(nameless, 0);
                await page.keyboard.press('t');
                assert.equal(await page.getByRole('row').count(), 1 + 7);
                assert.deepEqual((await page.getByRole('columnheader').allInnerTexts())[0], 'self % ▼'.replace(' ▼', ''));
            });
        });
    }
}
