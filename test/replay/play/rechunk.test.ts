import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chunk } from '../../../src/replay/exchange/exchange.ts';
import { frameEnds } from '../../../src/replay/exchange/frames.ts';
import { checkPlayOptions, type PlayOptions } from '../../../src/replay/play/play-options.ts';
import { pieces } from '../../../src/replay/play/rechunk.ts';
import { readFixture } from '../helpers.ts';

const hello = await readFixture('llama.cpp-2026/hello');

/** The ends and times of the pieces of a stream with these chunks. */
function cutUp(text: string, chunks: readonly Chunk[] | undefined, options: PlayOptions = {}) {
  const { chunks: _, ...rest } = hello;
  const exchange = { ...rest, ...(chunks && { chunks }) };
  const list = [...pieces(exchange, Buffer.from(text) as Uint8Array, options)];
  assert.deepEqual(
    list.map(({ from }) => from),
    [0, ...list.map(({ to }) => to)].slice(0, list.length),
  );
  return list.map(({ due, to }) => [due, to]);
}

const recorded: Chunk[] = [
  [10, 4],
  [0, 3],
  [5, 5],
];

test('as recorded: every chunk, due at the sum of the times', () => {
  assert.deepEqual(cutUp('a\n\nbb\n\nccc\n\n', recorded), [
    [10, 4],
    [10, 7],
    [15, 12],
  ]);
});

test('by frame: a frame is due with the chunk that holds its last byte', () => {
  assert.deepEqual(cutUp('a\n\nbb\n\nccc\n\n', recorded, { rechunk: 'frame' }), [
    [10, 3],
    [10, 7],
    [15, 12],
  ]);
});

test('by byte: each byte is due with its chunk', () => {
  const due = cutUp('a\n\nbb\n\nccc\n\n', recorded, { rechunk: 'byte' });
  assert.deepEqual(
    due.map(([ms]) => ms),
    [10, 10, 10, 10, 10, 10, 10, 15, 15, 15, 15, 15],
  );
});

test('by seed: the same cuts for the same seed, others for another, nothing lost', () => {
  const text = 'x'.repeat(5000);
  const cuts = (seed: number) => cutUp(text, [[0, 5000]], { rechunk: { seed } });
  assert.deepEqual(cuts(1), cuts(1));
  assert.notDeepEqual(cuts(1), cuts(2));
  assert.ok(cuts(1).length > 50);
  assert.equal(cuts(1).at(-1)?.[1], 5000);
});

test('without recorded chunks: a frame a chunk, at once', () => {
  assert.deepEqual(cutUp('a\n\nbb\n\nc', undefined), [
    [0, 3],
    [0, 7],
    [0, 8],
  ]);
});

test('an empty body has no pieces', () => {
  assert.deepEqual(cutUp('', []), []);
  assert.deepEqual(cutUp('', undefined), []);
  assert.deepEqual(cutUp('', undefined, { rechunk: 'byte' }), []);
});

test('a cut ends the pieces at its byte, in whatever way they are cut', () => {
  const text = 'a\n\nbb\n\nccc\n\n';
  const ends = (options: PlayOptions) => cutUp(text, recorded, options).map(([, to]) => to);
  const cut = (at: number) => ({ at, then: 'reset' as const });
  assert.deepEqual(ends({ cut: cut(5) }), [4, 5]);
  assert.deepEqual(ends({ cut: cut(4) }), [4]);
  assert.deepEqual(ends({ cut: cut(0) }), []);
  assert.deepEqual(ends({ cut: cut(5), rechunk: 'frame' }), [3, 5]);
  assert.deepEqual(ends({ cut: cut(2), rechunk: 'byte' }), [1, 2]);
  assert.deepEqual(ends({ cut: cut(99) }), [4, 7, 12]);
});

test('frames end behind a blank line, with any line end', () => {
  const ends = (text: string) => [...frameEnds('events', Buffer.from(text) as Uint8Array)];
  assert.deepEqual(ends('a\n\nb\n\n'), [3, 6]);
  assert.deepEqual(ends('a\r\n\r\nb\r\n\r\n'), [5, 10]);
  assert.deepEqual(ends('a\r\rb\r\r'), [3, 6]);
  assert.deepEqual(ends('a\n\nrest'), [3, 7]);
  assert.deepEqual(ends(''), []);
});

const wrong: [options: object, message: RegExp][] = [
  [{ speed: 0 }, /^speed must be/],
  [{ speed: 'fast' }, /^speed must be/],
  [{ speed: Number.NaN }, /^speed must be/],
  [{ rechunk: 'line' }, /^rechunk must be/],
  [{ rechunk: { seed: 'x' } }, /^rechunk must be/],
  [{ rechunk: null }, /^rechunk must be/],
  [{ firstDelay: -1 }, /^firstDelay must be/],
  [{ cut: { at: 1.5, then: 'reset' } }, /^cut must be/],
  [{ cut: { at: 1 } }, /^cut must be/],
];
for (const [options, message] of wrong) {
  test(`${JSON.stringify(options)} is refused, naming the option`, () => {
    assert.throws(() => checkPlayOptions(options), { name: 'TypeError', message });
  });
}
