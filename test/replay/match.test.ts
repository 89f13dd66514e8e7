import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../src/replay/exchange.ts';
import { bodyOf, canonical, createMatcher, differences } from '../../src/replay/match.ts';

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

const asked = (body: unknown) => ({ method: 'POST', path: '/v1/x', body });

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
  const find = createMatcher([exchange('a', { x: 1, seed: 1, o: { k: 1 } })], ['seed', 'user']);
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
    exchange('far', { a: 1, b: 2 }),
    exchange('near', near),
  ]);
  assert.throws(() => find(asked({ messages: [{ role: 'user', content: 'Hi' }] })), {
    message:
      "no recorded exchange answers this POST /v1/x. The nearest is 'near', which differs in:\n" +
      '  messages[0].content: sent "Hi", recorded "Hello"\n' +
      '  temperature: sent nothing, recorded 0',
  });
});

test('a miss on another path names what there is', () => {
  const find = createMatcher([exchange('a', null, '/v1/models', 'GET')]);
  assert.throws(() => find(asked({})), {
    message: /POST \/v1\/x; there is: GET \/v1\/models$/,
  });
});

test('one exchange that was chosen answers everything', () => {
  assert.equal(createMatcher(exchange('a', 1))({ method: 'GET', path: '/', body: null }).name, 'a');
});

test('a body is JSON where it parses, else its text; none is null', () => {
  assert.deepEqual(bodyOf('{"a":1}'), { a: 1 });
  assert.equal(bodyOf('{bad'), '{bad');
  assert.equal(bodyOf('"x"'), '"x"');
  assert.equal(bodyOf('null'), 'null');
  assert.equal(bodyOf(''), null);
  assert.equal(bodyOf('0'), 0);
});

test('a key called __proto__ is a key like any other', () => {
  assert.notEqual(canonical(bodyOf('{"__proto__":1}')), canonical({}));
  assert.equal(differences(bodyOf('{"__proto__":1}'), {}).length, 1);
});
