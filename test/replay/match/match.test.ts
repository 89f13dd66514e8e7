import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Exchange } from '../../../src/replay/exchange/exchange.ts';
import type { MatchOptions } from '../../../src/replay/match/comparison.ts';
import * as replay from '../../../src/replay/match/match.ts';
import { storedRequestOf } from '../../../src/replay/match/request.ts';

beforeEach(() => {
  delete process.env.CI;
});

function exchange(name: string, body: unknown, path = '/v1/x', method = 'POST'): Exchange {
  return {
    format: 1,
    name,
    file: `${name}.json`,
    provenance: { kind: 'modelled', source: 'a test' },
    request: { method, path, headers: {}, body },
    response: { status: 200, headers: {}, body: 'x' },
    end: 'complete',
    readBody: async () => new Uint8Array(),
  };
}

const asked = (body: unknown, path = '/v1/x') => ({ method: 'POST', path, headers: {}, body });

const createMatcher = (source: Exchange[], options?: MatchOptions) =>
  replay.createMatcher(source, options).find;

test('keys may come in any order, at any depth; items of a list may not', () => {
  const find = createMatcher([exchange('a', { x: [{ b: 1, c: 2 }], y: null })]);
  assert.equal(find(asked({ y: null, x: [{ c: 2, b: 1 }] })).name, 'a');
  assert.throws(() => find(asked({ x: [{ c: 2 }, { b: 1 }], y: null })));
});

test('nothing is fuzzy: one field more, another path, another method, another query miss', () => {
  const find = createMatcher([exchange('a', { x: 1 })]);
  for (const other of [
    asked({ x: 1, y: 2 }),
    { ...asked({ x: 1 }), path: '/v1/y' },
    { ...asked({ x: 1 }), path: '/v1/x?a=1' },
    { ...asked({ x: 1 }), method: 'PUT' },
  ]) {
    assert.throws(() => find(other), { name: 'ReplayMiss' });
  }
});

test('equal requests are answered in order, and the last one repeats', () => {
  const find = createMatcher([
    exchange('a', { x: 1 }),
    exchange('other', 2),
    exchange('b', { x: 1 }),
  ]);
  assert.deepEqual(
    [1, 2, 3].map(() => find(asked({ x: 1 })).name),
    ['a', 'b', 'b'],
  );
});

test('ignored fields do not count, on both sides', () => {
  const find = createMatcher([exchange('a', { x: 1, seed: 1, o: { k: 1 } })], {
    ignore: ['seed', 'user'],
  });
  assert.equal(find(asked({ x: 1, o: { k: 1 }, user: 'me' })).name, 'a');
  assert.throws(
    () => find(asked({ x: 1, o: { k: 2 } })),
    (error: Error) => !/seed/.test(error.message),
  );
});

test('a miss shows the nearest exchange and where the bodies differ', () => {
  const near = { messages: [{ role: 'user', content: 'Hello' }], temperature: 0 };
  const find = createMatcher([
    exchange('text', '{bad'),
    exchange('list', { messages: 'Hi', temperature: 1 }),
    exchange('far', { a: 1, b: 2 }),
    exchange('near', near),
  ]);
  assert.throws(() => find(asked({ messages: [{ role: 'user', content: 'Hi' }] })), {
    message:
      'No recording matches POST /v1/x. Nearest: near. It differs in:\n' +
      '  messages[0].content: sent "Hi", recorded "Hello";\n' +
      '  temperature: sent none, recorded 0\n' +
      "To record it, ask once through recordFetch (mode 'new') or the command `record --upstream URL --to FOLDER`. " +
      'What differs each time, such as a date or an id, can be left out: see ignore and normalize.',
  });
});

test('in CI a miss says why nothing was recorded', () => {
  process.env.CI = 'true';
  assert.throws(() => createMatcher([exchange('a', 1)])(asked({})), {
    message:
      /\nWith CI=true nothing is recorded\. To record it, ask once without CI=true through recordFetch/,
  });
});

test('a miss on another path names what there is', () => {
  const find = createMatcher([exchange('a', null, '/v1/models', 'GET'), exchange('b', 1, '/y')]);
  assert.throws(() => find(asked({})), {
    message:
      /^No recording matches POST \/v1\/x\. There is: GET \/v1\/models, POST \/y\.\nTo record it, ask once/,
  });
});

test('exchanges in a sequence answer everything, and the last one repeats', () => {
  const { find, unused } = replay.createSequence([exchange('a', 1), exchange('b', 2)]);
  const anything = { method: 'GET', path: '/', headers: {}, body: null };
  assert.equal(find(anything).name, 'a');
  assert.deepEqual(unused(), ['b']);
  assert.deepEqual([find(anything).name, find(anything).name], ['b', 'b']);
});

test('a body is JSON where it parses, else its text; none is null', () => {
  const read = (text: string) =>
    storedRequestOf({
      method: 'POST',
      path: '/',
      headers: new Headers(),
      body: new TextEncoder().encode(text),
      signal: undefined,
      start: 0,
    }).body;
  assert.deepEqual(read('{"a":1}'), { a: 1 });
  assert.equal(read('{bad'), '{bad');
  assert.equal(read('"x"'), '"x"');
  assert.equal(read('null'), 'null');
  assert.equal(read(''), null);
  assert.equal(read('0'), 0);
});

const unlike: [one: string, other: string][] = [
  ['{"__proto__":1}', '{}'],
  ['{"a.b":1}', '{"a":{"b":1}}'],
  ['{"a":{"0":1}}', '{"a":[1]}'],
  ['{"a":{}}', '{"a":[]}'],
  ['{"a":[]}', '{}'],
  ['{"a":"1"}', '{"a":1}'],
  ['{"":1}', '1'],
  [`{"a":"${'x'.repeat(100)}1"}`, `{"a":"${'x'.repeat(100)}2"}`],
];
for (const [one, other] of unlike) {
  test(`${one} is not ${other}, and the miss says where`, () => {
    const find = createMatcher([exchange('a', JSON.parse(one))]);
    assert.equal(find(asked(JSON.parse(one))).name, 'a');
    assert.throws(() => find(asked(JSON.parse(other))), {
      message: / It differs in:?\s+\S.*: sent .*, recorded /,
    });
  });
}
