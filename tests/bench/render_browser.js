// SPDX-License-Identifier: MIT
//
// render_browser.js - how long pictures take until they can be used, and each click until it is painted.
//
//     node render_browser.js PICTURE.svg...        (needs tests/browser/node_modules)
//
// Pictures of prof and of flamegraph.pl, one after the other, so many times (RUNS, 3); medians in
// milliseconds. A click ends with the second animation frame after it, the first in which it is seen;
// each run zooms into five boxes and back again and searches three texts, and the first zoom counts for
// itself, as it finds nothing warm. Memory is what the renderer process holds after a collection of
// garbage more than with an empty picture, and the most it ever held more.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {chromium} = require(path.join(__dirname, '../browser/node_modules/playwright-core'));

const RUNS = Number(process.env.RUNS || 3), TARGETS = 5, WORDS = ['Parser', 'alloc::', 'f1'];
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const empty = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'prof-bench-')), 'empty.svg');
fs.writeFileSync(empty, '<svg xmlns="http://www.w3.org/2000/svg"></svg>');
process.on('exit', () => fs.rmSync(path.dirname(empty), {recursive: true}));

// What runs in the page: each yields what to click, and the click itself.
const PAGE = `
const between = (bounds) => bounds.width > 100 && bounds.width < 800;
const spread = (found) => Array.from({length: ${TARGETS}}, (_, i) => found[Math.floor(i * found.length / ${TARGETS})]);
const key = (key) => window.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
const ours = Boolean(document.querySelector('.prof-data'));
window.bench = ours ? {
    targets() {
        const bounds = document.querySelector('.picture').getBoundingClientRect(), found = [];
        for (const path of document.querySelectorAll('.picture path:not(.inlined):not(.rest):not(.focus):not(.caller)')) {
            for (const [, x, y, width] of path.getAttribute('d').matchAll(/M([\\d.]+) (\\d+)h([\\d.]+)/g)) {
                if (between({width: Number(width)}))
                    found.push({clientX: bounds.x + Number(x) + 5, clientY: bounds.y + Number(y) + 5});
            }
        }
        return spread(found);
    },
    zoom(point) {
        document.querySelector('.picture').dispatchEvent(new MouseEvent('click', {...point, bubbles: true}));
    },
    reset: () => key('0'),
    search(text) {
        const input = document.querySelector('input');
        input.value = text;
        input.dispatchEvent(new Event('input', {bubbles: true}));
    },
} : {
    targets: () => spread([...document.querySelectorAll('.func_g')].filter((group) =>
        between({width: group.querySelector('rect').width.baseVal.value}))),
    zoom: (group) => zoom(group),
    reset: () => unzoom(),
    search: (text) => search(text),
};
window.painted = async (act) => {
    const start = performance.now();
    act();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - start;
};
`;

// Of the renderer with the most of it, in bytes: [held now, held at most].
function rendererMemory() {
    const found = [[0, 0]];
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
            if (!fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer'))
                continue;
            const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
            found.push(['RSS', 'HWM'].map((name) => 1024 * status.match(`Vm${name}:\\s+(\\d+)`)[1]));
        } catch {
            // it has ended
        }
    }
    return found.sort((a, b) => b[1] - a[1])[0];
}

async function measure(file) {
    const browser = await chromium.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
                                           args: ['--no-sandbox', '--disable-gpu']});
    const page = await (await browser.newContext({viewport: {width: 1200, height: 700}})).newPage();
    const start = Date.now(), times = {};
    await page.goto('file://' + path.resolve(file), {timeout: 300000});
    if (await page.evaluate(() => Boolean(document.querySelector('.prof-data'))))
        await page.waitForSelector('svg[data-ready]', {state: 'attached', timeout: 300000});
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    times.load = Date.now() - start;
    if (file !== empty)
        await use(page, times);
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    const heap = await session.send('Runtime.getHeapUsage');
    times.heap = heap.usedSize + (heap.backingStorageSize || 0);
    [times.memory, times.most] = rendererMemory();
    await browser.close();
    return times;
}

async function use(page, times) {
    await page.evaluate(PAGE);
    const runs = await page.evaluate(async ([count, words]) => {
        const zoom = [], reset = [], search = [];
        for (let i = 0; i < count; i++) {
            const target = window.bench.targets()[i];
            zoom.push(await window.painted(() => window.bench.zoom(target)));
            reset.push(await window.painted(() => window.bench.reset()));
        }
        for (const word of words)
            search.push(await window.painted(() => window.bench.search(word)));
        return {zoom, reset, search};
    }, [TARGETS, WORDS]);
    times.first = runs.zoom[0];
    for (const name of Object.keys(runs))
        times[name] = median(runs[name]);
}

(async () => {
    const all = new Map([empty, ...process.argv.slice(2)].map((file) => [file, []]));
    for (let run = 0; run < RUNS; run++) {
        for (const [file, found] of all)
            found.push(await measure(file));
    }
    const of = (file, name) => median(all.get(file).map((times) => times[name]));
    for (const file of process.argv.slice(2)) {
        const times = ['load', 'first', 'zoom', 'reset', 'search'].map((name) => `${name} ${of(file, name).toFixed(0)}`);
        const sizes = ['heap', 'memory', 'most'].map((name) =>
            `${name} ${((of(file, name) - of(empty, name)) / 1e6).toFixed(1)} MB`);
        console.log(path.basename(file), [...times, ...sizes].join(' · '));
    }
})();
