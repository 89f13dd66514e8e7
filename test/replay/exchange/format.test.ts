import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatHead, parseHead } from '../../../src/replay/exchange/exchange.ts';
import { readExchange, readSource } from '../../../src/replay/exchange/folder.ts';
import { allFixtures, fixtures, scratch, write } from '../helpers.ts';

const good = {
  format: 1,
  provenance: { kind: 'modelled', source: 'a test' },
  request: { method: 'POST', path: '/v1/x', headers: {}, body: null },
  response: { status: 200, headers: {}, body: 'a.sse' },
  end: 'complete',
};

const parse = (head: unknown) => parseHead(JSON.stringify(head), 'a.json');

test('an exchange without chunks, bytes and sha256 is read', () => {
  assert.deepEqual(parse(good), good);
});

const broken: [what: string, head: unknown, message: RegExp][] = [
  ['an unknown format', { ...good, format: 2 }, /^a\.json: format must be 1.*; it is 2$/],
  ['no format', { ...good, format: undefined }, /^a\.json: format must be 1/],
  ['a list', [good], /^a\.json: format must be 1/],
  ['no provenance', { ...good, provenance: null }, /provenance\.kind must be/],
  ['a kind that is none', { ...good, provenance: { kind: 'x' } }, /provenance\.kind must be/],
  [
    'a recording without its server',
    { ...good, provenance: { kind: 'recorded', source: 's' } },
    /provenance\.server must be/,
  ],
  [
    'a model without its source',
    { ...good, provenance: { kind: 'modelled', server: 's' } },
    /provenance\.source must be/,
  ],
  [
    'a full URL for a path',
    { ...good, request: { ...good.request, path: 'http://x/' } },
    /request\.path must be/,
  ],
  [
    'no request body',
    { ...good, request: { ...good.request, body: undefined } },
    /request\.body must be/,
  ],
  [
    'a header that HTTP cannot carry',
    { ...good, response: { ...good.response, headers: { a: 'b\nc' } } },
    /response\.headers must be/,
  ],
  [
    'a header that is no text',
    { ...good, request: { ...good.request, headers: { a: 1 } } },
    /request\.headers must be/,
  ],
  [
    'status 100',
    { ...good, response: { ...good.response, status: 100 } },
    /response\.status must be/,
  ],
  [
    'a body outside the folder',
    { ...good, response: { ...good.response, body: '../a.sse' } },
    /response\.body must be/,
  ],
  [
    'a hash that is none',
    { ...good, response: { ...good.response, sha256: 'x' } },
    /response\.sha256 must be/,
  ],
  ['an unknown end', { ...good, end: 'reset' }, /end must be/],
  ['a chunk that is no pair', { ...good, chunks: [[1, 2, 3]] }, /chunks must be/],
  ['a negative time', { ...good, chunks: [[-1, 2]] }, /chunks must be/],
];
for (const [what, head, message] of broken) {
  test(`${what} is refused, naming the file and the field`, () => {
    assert.throws(() => parse(head), { message });
  });
}

test('what is no JSON is refused, naming the file', () => {
  assert.throws(() => parseHead('{', 'a.json'), { message: /^a\.json: not JSON: / });
});

test('a body that is not what was recorded is refused: other bytes, other sum, no file', async (t) => {
  const folder = await scratch(t);
  const sha256 = '0'.repeat(64);
  await write(folder, 'bytes', { response: { body: 'bytes.sse', bytes: 3 } });
  await write(folder, 'hash', { response: { body: 'hash.sse', sha256 } });
  await write(folder, 'sum', { chunks: [[0, 3]] });
  await write(folder, 'gone', { response: { body: 'gone.sse' } });
  const message = async (name: string) => {
    const exchange = await readExchange(join(folder, `${name}.json`));
    return exchange.readBody().then(String, (error: Error) => error.message);
  };
  assert.match(await message('bytes'), /bytes\.json: response\.bytes says 3, .* 14: was it edited/);
  assert.match(await message('hash'), /hash\.json: response\.sha256 says 0000/);
  assert.match(await message('sum'), /sum\.json: the sum of chunks says 3/);
  await writeFile(
    join(folder, 'gone.json'),
    (await readFile(join(folder, 'gone.json'), 'utf8')).replace('gone.sse', 'lost.sse'),
  );
  assert.match(await message('gone'), /gone\.json: response\.body cannot be read: .*lost\.sse/);
});

test('a folder is read in the order of its names, numbers by their value', async (t) => {
  const folder = await scratch(t);
  for (const name of ['b', 'a-10', 'a', 'a-2']) await write(folder, name);
  const exchanges = [await readSource(folder)].flat();
  assert.deepEqual(
    exchanges.map(({ name }) => name),
    ['a', 'a-2', 'a-10', 'b'],
  );
});

test('a path may name one exchange, with or without .json', async () => {
  for (const path of ['llama.cpp-2026/hello', 'llama.cpp-2026/hello.json']) {
    const one = await readSource(join(fixtures, path));
    assert.ok(!Array.isArray(one));
    assert.equal(one.name, 'hello');
  }
});

test('a folder without an exchange, and one that is not there, are refused in words', async (t) => {
  const folder = await scratch(t);
  await assert.rejects(readSource(folder), { message: /holds no exchange/ });
  await assert.rejects(readSource(join(folder, 'x')), { message: /^There is no folder '.*x'\.$/ });
});

test('every fixture is written as it is stored', async () => {
  for (const { file } of await allFixtures()) {
    const text = await readFile(file, 'utf8');
    assert.equal(formatHead(parseHead(text, file)), text);
  }
});
