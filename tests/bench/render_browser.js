// SPDX-License-Identifier: MIT
//
// render_browser.js - how long pictures take until they can be used, and each click until it is painted.
//
//     node render_browser.js PICTURE.svg...        (needs tests/browser/node_modules)
//
// Pictures of prof and of flamegraph.pl, one after the other, each so many times; medians. A click
// ends with the second animation frame after it. Memory is that of the renderer process over an empty
// picture.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {chromium} = require(path.join(__dirname, '../browser/node_modules/playwright-core'));

const RUNS = Number(process.env.RUNS || 3);
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function timed(page, action) {
    return page.evaluate(async (code) => {
        const act = window.eval(code);
        const start = performance.now();
        act();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return performance.now() - start;
    }, action);
}

function rendererMemory() {
    const sizes = [];
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
            if (fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer'))
                sizes.push(Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]));
        } catch {
            // it has ended
        }
    }
    return Math.max(...sizes) / 1024;
}

async function measure(file) {
    const browser = await chromium.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
                                           args: ['--no-sandbox', '--disable-gpu']});
    const page = await (await browser.newContext({viewport: {width: 1200, height: 700}})).newPage();
    const start = Date.now(), times = {};
    await page.goto('file://' + path.resolve(file), {timeout: 300000});
    const ours = await page.evaluate(() => Boolean(document.querySelector('.prof-data')));
    if (ours)
        await page.waitForSelector('svg[data-ready]', {state: 'attached', timeout: 300000});
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    times.load = Date.now() - start;
    const key = (name) => `() => window.dispatchEvent(new KeyboardEvent('keydown', {key: '${name}', bubbles: true}))`;
    if (ours) {
        await timed(page, key('ArrowUp'));
        for (let i = 0; i < 20; i++)
            await timed(page, key('ArrowUp'));
        times.zoom = await timed(page, key('Enter'));
        times.reset = await timed(page, key('0'));
        times.search = await timed(page, "() => { const i = document.querySelector('input'); i.value = 'Parser';" +
            "i.dispatchEvent(new Event('input', {bubbles: true})); }");
        times.memory = rendererMemory();
    } else {
        times.zoom = await timed(page, "() => zoom([...document.querySelectorAll('.func_g')].filter((g) => " +
            "g.querySelector('rect').width.baseVal.value < 800 && g.querySelector('rect').width.baseVal.value > 200)[0])");
        times.reset = await timed(page, '() => unzoom()');
        times.search = await timed(page, "() => search('Parser')");
    }
    await browser.close();
    return times;
}

(async () => {
    const all = new Map(process.argv.slice(2).map((file) => [file, []]));
    for (let run = 0; run < RUNS; run++) {
        for (const [file, found] of all)
            found.push(await measure(file));
    }
    for (const [file, found] of all) {
        const row = Object.keys(found[0]).map((name) =>
            `${name} ${median(found.map((times) => times[name])).toFixed(0)}`);
        console.log(path.basename(file), row.join(' · '));
    }
})();
