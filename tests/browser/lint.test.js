// SPDX-License-Identifier: MIT
//
// lint.test.js - the script of the flamegraph, looked at by ESLint.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {ESLint} = require('eslint');

const RULES = {
    'no-undef': 'error', 'no-unused-vars': 'error', 'no-shadow': 'off', 'prefer-const': 'error', 'no-var': 'error',
    'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error', 'no-unreachable': 'error',
    'no-redeclare': 'error', 'no-dupe-keys': 'error', 'no-fallthrough': 'error', 'no-cond-assign': 'error',
    'no-self-compare': 'error', 'no-unsafe-finally': 'error', 'use-isnan': 'error', 'valid-typeof': 'error',
    'eqeqeq': 'error', 'no-loss-of-precision': 'error', 'no-useless-escape': 'error', 'no-empty': 'error',
    'no-restricted-properties': ['error', ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write']
        .map((property) => ({property}))],
};
const BROWSER = ['document', 'window', 'history', 'location', 'navigator', 'localStorage', 'matchMedia', 'atob', 'Blob',
                 'Response', 'DecompressionStream', 'TextDecoder', 'TextEncoder', 'setTimeout', 'clearTimeout'];

test('ESLint finds nothing in the script', async () => {
    const eslint = new ESLint({
        cwd: path.join(__dirname, '../..'),
        overrideConfigFile: true,
        overrideConfig: {
            languageOptions: {ecmaVersion: 2022, sourceType: 'script',
                              globals: Object.fromEntries(BROWSER.map((name) => [name, 'readonly']))},
            linterOptions: {reportUnusedDisableDirectives: 'error'},
            rules: RULES,
        },
    });
    const results = await eslint.lintFiles(['render/flamegraph.js']);
    assert.equal(results.length, 1);
    assert.deepEqual(results.flatMap((result) => result.messages.map(
        ({line, message}) => `${path.basename(result.filePath)}:${line}: ${message}`)), []);
});
