// SPDX-License-Identifier: MIT
//
// firefox.test.js - the picture in Firefox, where that is installed: firefox.py does the work.
'use strict';

const assert = require('node:assert/strict');
const {spawnSync} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');

const isHere = spawnSync('firefox-esr', ['--version']).status === 0;

test('zoom, search, views and theme work in Firefox', {skip: !isHere && 'there is no firefox-esr'}, () => {
    const build = process.env.PROF_BUILD || path.join(__dirname, '../../build');
    const {status, stdout, stderr} = spawnSync('python3', [path.join(__dirname, 'firefox.py')],
        {env: {...process.env, PROF_BUILD: build}, encoding: 'utf8', timeout: 180000});
    assert.equal(status, 0, stderr);
    assert.match(stdout, /removal, callers, table and theme work/);
});
