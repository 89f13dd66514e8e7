import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConnectionWords } from '../../../src/client/errors/connection-words.ts';

/** An error as `fetch` throws it. */
function wrapped(message: string, cause?: unknown, code?: string): Error {
  return Object.assign(new TypeError(message, { cause }), code !== undefined && { code });
}

const ring = wrapped('ring');
ring.cause = ring;

let deep: Error | undefined;
for (let level = 10; level > 0; level--) deep = wrapped(`level ${level}`, deep);

const cases: [what: string, error: unknown, words: string, code?: string][] = [
  ['nothing', undefined, ''],
  ['an object that says nothing', {}, ''],
  ['a text', 'gone', 'gone'],
  ['a message', new Error('gone'), 'gone'],
  [
    'Node’s fetch, refused',
    wrapped('fetch failed', wrapped('connect ECONNREFUSED 127.0.0.1:9', undefined, 'ECONNREFUSED')),
    'connect ECONNREFUSED 127.0.0.1:9',
    'ECONNREFUSED',
  ],
  [
    'Node’s fetch, cut off',
    wrapped('terminated', wrapped('other side closed', undefined, 'UND_ERR_SOCKET')),
    'other side closed (UND_ERR_SOCKET)',
    'UND_ERR_SOCKET',
  ],
  [
    'a code of its own around an innermost one',
    wrapped('outer', wrapped('inner', undefined, 'INNER'), 'OUTER'),
    'inner (INNER)',
    'INNER',
  ],
  [
    'a code outside of a message without one',
    wrapped('outer', wrapped('inner'), 'OUTER'),
    'inner (OUTER)',
    'OUTER',
  ],
  ['a code alone', { code: 'ECONNRESET' }, 'ECONNRESET', 'ECONNRESET'],
  [
    'a code, and nothing but a wrapping',
    wrapped('fetch failed', undefined, 'ConnectionRefused'),
    'fetch failed (ConnectionRefused)',
    'ConnectionRefused',
  ],
  [
    'a code, and an empty message (several addresses that refuse)',
    wrapped('fetch failed', wrapped('', undefined, 'ECONNREFUSED')),
    'fetch failed (ECONNREFUSED)',
    'ECONNREFUSED',
  ],
  ['a code that is a number', { message: 'gone', code: 7 }, 'gone'],
  ['a message that is no text', { message: 7 }, ''],
  ['a wrapping alone: better than nothing', wrapped('fetch failed'), 'fetch failed'],
  ['Chrome’s wrapping', wrapped('Failed to fetch'), 'Failed to fetch'],
  ['two wrappings: the inner one', wrapped('fetch failed', wrapped('terminated')), 'terminated'],
  ['a ring', ring, 'ring'],
  ['a long chain: nine links are read', deep, 'level 9'],
];

for (const [what, error, words, code] of cases) {
  test(what, () => assert.deepEqual(findConnectionWords(error), { words, code }));
}
