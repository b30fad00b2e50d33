// SPDX-License-Identifier: MIT
//
// harness.js - a browser, and flamegraphs made from collapsed stacks.
//
// The stacks may say more than collapsed stacks usually do: tests/tools/collapsed_profile.h.
'use strict';

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {fileURLToPath, pathToFileURL} = require('node:url');
const {chromium} = require('playwright-core');

const build = process.env.PROF_TESTS_BUILD || path.join(__dirname, '../../build-tests');
const program =
    process.env.MAKE_FLAMEGRAPH || path.join(build, 'tests/unit/render/make_flamegraph');
const prof = path.join(process.env.PROF_BUILD || path.join(__dirname, '../../build'), 'bin/prof');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prof-browser-'));
process.on('exit', () => fs.rmSync(folder, {recursive: true, force: true}));

let files = 0;

function render(view, stacks) {
    return execFileSync(program, [view], {input: stacks, maxBuffer: 1 << 30});
}

// Writes a document and yields its file:// address.
function write(name, content) {
    const file = path.join(folder, `${++files}-${name}`);
    fs.writeFileSync(file, content);
    return pathToFileURL(file).href;
}

function flamegraph(stacks, view = 'svg') {
    return write('flamegraph.svg', render(view, stacks));
}

// With a number of samples as large as the weight, as collapsed stacks have them when prof reads them.
function comparison(older, newer) {
    const [a, b] = [older, newer].map((stacks) => fileURLToPath(write('stacks', stacks)));
    const picture = path.join(folder, `${++files}-diff.svg`);
    execFileSync(prof, ['diff', '-o', picture, a, b], {stdio: ['ignore', 'ignore', 'ignore']});
    return pathToFileURL(picture).href;
}

// What prof flamegraph makes of plain collapsed stacks, by its options.
function picture(stacks, ...options) {
    return write('picture.svg', execFileSync(prof, ['flamegraph', '-q', '-o', '-', ...options, '-'],
                                             {input: stacks, maxBuffer: 1 << 30}));
}

// The page of -f html.
function report(stacks) {
    return write('report.html', execFileSync(prof, ['flamegraph', '-q', '-f', 'html', '-o', '-', '-'],
                                             {input: stacks, maxBuffer: 1 << 30}));
}

// The shell is Chromium without the window around its pages, which takes a second to make for each test.
async function launch() {
    const shell = '/usr/bin/chromium-headless-shell';
    return chromium.launch({
        executablePath: process.env.CHROMIUM || (fs.existsSync(shell) ? shell : '/usr/bin/chromium'),
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
               '--disable-background-networking', '--disable-component-update',
               '--disable-sync'],
    });
}

// A page on which every message of the console and every error is a failure, see `complaints`.
async function open(browser, url, options = {}, before = null) {
    const context = await browser.newContext({viewport: {width: 1200, height: 700}, ...options});
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (message) => page.complaints.push(message.text()));
    page.on('pageerror', (error) => page.complaints.push(error.message));
    page.on('dialog', (dialog) => page.complaints.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
        if (!request.url().startsWith('file:') && !request.url().startsWith('blob:'))
            page.complaints.push(`request: ${request.url()}`);
    });
    if (before)
        await page.addInitScript(before);
    await page.goto(url);
    if (options.javaScriptEnabled !== false)
        await page.waitForSelector('svg[data-ready]', {state: 'attached'});
    return page;
}

// Where the box with the label is, on the page.
async function place(page, label) {
    const text = page.locator('.picture text').filter({hasText: label}).first();
    const box = await text.boundingBox();
    return {x: box.x + 2, y: box.y + box.height / 2};
}

async function hover(page, label) {
    const {x, y} = await place(page, label);
    await page.mouse.move(x, y);
}

async function click(page, label) {
    const {x, y} = await place(page, label);
    await page.mouse.click(x, y);
}

const labels = (page) => page.locator('.picture text').allTextContents();
const details = (page) => page.locator('.details').innerText();

module.exports = {render, write, flamegraph, comparison, picture, report, launch, open, place, hover, click, labels, details};
