// SPDX-License-Identifier: MIT
//
// lint.test.js - the script of the flamegraph, looked at by ESLint, and as it is embedded.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {ESLint} = require('eslint');
const espree = require('espree');
const {render} = require('./harness.js');

const RULES = {
    'no-undef': 'error', 'no-unused-vars': 'error', 'no-shadow': 'off', 'prefer-const': 'error', 'no-var': 'error',
    'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error', 'no-unreachable': 'error',
    'no-redeclare': 'error', 'no-dupe-keys': 'error', 'no-fallthrough': 'error', 'no-cond-assign': 'error',
    'no-self-compare': 'error', 'no-unsafe-finally': 'error', 'use-isnan': 'error', 'valid-typeof': 'error',
    'eqeqeq': 'error', 'semi': ['error', 'always'], 'no-loss-of-precision': 'error', 'no-useless-escape': 'error', 'no-empty': 'error',
    'no-restricted-properties': ['error', ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write']
        .map((property) => ({property}))],
};
const BROWSER = ['document', 'window', 'history', 'location', 'navigator', 'localStorage', 'matchMedia', 'atob', 'Blob',
                 'Response', 'ResizeObserver', 'Worker', 'URL', 'postMessage', 'DecompressionStream', 'TextDecoder', 'TextEncoder', 'getSelection', 'setTimeout', 'clearTimeout'];

function linter(rules) {
    return new ESLint({
        cwd: path.join(__dirname, '../..'),
        overrideConfigFile: true,
        overrideConfig: {
            languageOptions: {ecmaVersion: 2022, sourceType: 'script',
                              globals: Object.fromEntries(BROWSER.map((name) => [name, 'readonly']))},
            linterOptions: {reportUnusedDisableDirectives: 'error'},
            rules,
        },
    });
}

test('ESLint finds nothing in the script', async () => {
    const results = await linter(RULES).lintFiles(['render/flamegraph.js']);
    assert.equal(results.length, 1);
    assert.deepEqual(results.flatMap((result) => result.messages.map(
        ({line, message}) => `${path.basename(result.filePath)}:${line}: ${message}`)), []);
});

// Names may be different ones, but each the same everywhere.
function assertSame(a, b, names, where = 'script') {
    if (typeof a !== 'object' || !a || !b) {
        assert.equal(b, a, where);
        return;
    }
    assert.equal(b.type, a.type, where);
    const skipped = ['start', 'end', 'raw'], keys = Object.keys(a).filter((key) => a.type ? !skipped.includes(key) : true);
    assert.deepEqual(Object.keys(b).filter((key) => keys.includes(key)), keys, where);
    for (const key of keys) {
        if (key === 'name' && a.type === 'Identifier') {
            for (const [from, to] of [[a.name, b.name], ['to ' + b.name, a.name]]) {
                assert.equal(names.get(from) || to, to, where);
                names.set(from, to);
            }
        } else {
            assertSame(a[key], b[key], names, `${where}.${key}`);
        }
    }
}

// One declaration for each variable, constants and functions as variables, no empty statements.
function normalize(tree) {
    if (Array.isArray(tree)) {
        return tree.filter((node) => !node || node.type !== 'EmptyStatement').map(normalize)
            .flatMap((node) => node && node.type === 'VariableDeclaration'
                ? node.declarations.map((one) => ({type: node.type, declarations: [one]})) : [node]);
    }
    if (typeof tree !== 'object' || !tree || tree instanceof RegExp)
        return tree;
    if (tree.type === 'FunctionDeclaration' && !tree.generator) {
        const init = {...tree, type: 'ArrowFunctionExpression', id: null};
        return normalize({type: 'VariableDeclaration', kind: 'let',
                          declarations: [{type: 'VariableDeclarator', id: tree.id, init}]});
    }
    const same = Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, normalize(value)]));
    return same.kind === 'const' ? {...same, kind: 'let'} : same;
}

const parse = (text) => normalize(espree.parse(text, {ecmaVersion: 2022}).body);

test('the embedded script is the one that people read', async () => {
    const source = fs.readFileSync(path.join(__dirname, '../../render/flamegraph.js'), 'utf8');
    const [, embedded] = render('svg', 'main 1\n').toString().match(/<script><!\[CDATA\[(.*)\]\]><\/script>/s);
    const [one, other] = [source, embedded].map(parse);
    assertSame(one, other, new Map());
    const [{messages}] = await linter({'no-undef': 'error', 'no-redeclare': 'error'}).lintText(embedded);
    assert.deepEqual(messages, []);
    const size = Buffer.byteLength(embedded);
    assert.ok(size < 30000, `${size} bytes`);
    assert.throws(() => assertSame(one, parse(embedded.replace('+', '-')), new Map()));
});
