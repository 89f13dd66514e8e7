import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Joiner, type JoinerEvents } from '../../../src/agent/turn/joiner.ts';
import { createFakeClock } from '../doubles/clock.ts';

function setUp(events: Partial<JoinerEvents> = {}) {
  const clock = createFakeClock();
  const ends: string[] = [];
  const joiner = new Joiner(
    { onStart() {}, isOpen: () => true, onText() {}, onEnd: (how) => ends.push(how), ...events },
    clock,
  );
  const chunks: [at: number, text: string][] = [];
  const reading = (async () => {
    for await (const chunk of joiner) chunks.push([clock.now(), chunk]);
  })();
  return { clock, joiner, chunks, reading, ends };
}

test('the first delta comes at once, later ones are joined: 20 chunks a second at most', async () => {
  const { clock, joiner, chunks } = setUp();
  for (let i = 0; i < 1000; i++) {
    joiner.push('x');
    await clock.pass(1);
  }
  assert.deepEqual(chunks[0], [0, 'x']);
  assert.ok(chunks.length <= 21, `${chunks.length} chunks in a second`);
  assert.equal(
    chunks.filter(([, text]) => text === '').length,
    0,
    'none is empty while text flows',
  );
  assert.ok(
    chunks.every(([, text]) => text.length <= 51),
    'no more than 50 ms of text is held back',
  );
});

test('an empty chunk comes for every 500 ms of silence, before the first delta and between two', async () => {
  const { clock, joiner, chunks } = setUp();
  await clock.pass(2001);
  assert.deepEqual(
    chunks.map(([at]) => at),
    [500, 1000, 1500, 2000],
  );
  joiner.push('a');
  await clock.pass(550);
  assert.deepEqual(
    chunks.slice(4).map(([, text]) => text),
    ['a', ''],
  );
});

test('the longer the text, the longer the panel has for it', async () => {
  const { clock, joiner, chunks } = setUp();
  joiner.push('x'.repeat(26_000));
  await clock.pass(1);
  for (let i = 0; i < 2000; i++) {
    joiner.push('y');
    await clock.pass(1);
  }
  const times = chunks.map(([at]) => at);
  assert.ok(chunks.length >= 4 && chunks.length <= 7, `${times}`);
  assert.ok(
    chunks.every(([, text]) => text !== ''),
    'and no empty ones between',
  );
});

test('where nobody sees it any more the stream ends, and what waits is still there', async () => {
  let isOpen = true;
  const { clock, joiner, chunks, reading, ends } = setUp({ isOpen: () => isOpen });
  joiner.push('a');
  await clock.pass(1);
  isOpen = false;
  joiner.push('b');
  await clock.pass(100);
  await reading;
  assert.deepEqual([ends, chunks.length, joiner.waiting], [['closed'], 1, 'b']);
  assert.equal(clock.timers(), 0, 'no timer is left');
});

test('what waits comes out at the end', async () => {
  const { clock, joiner, chunks, reading, ends } = setUp();
  joiner.push('a');
  await clock.pass(1);
  joiner.push('b');
  joiner.push('c');
  joiner.end();
  await reading;
  assert.deepEqual(
    chunks.map(([, text]) => text),
    ['a', 'bc'],
  );
  assert.deepEqual(ends, ['done']);
  assert.equal(clock.timers(), 0, 'no timer is left');
});

test('leaving the loop ends it at once, also with a chunk in hand; later deltas go nowhere', async () => {
  const { clock, joiner, ends } = setUp();
  await clock.pass(10);
  const pending = joiner.next();
  await joiner.return();
  assert.equal((await pending).done, true);
  joiner.push('x');
  assert.equal((await joiner.next()).done, true);
  assert.deepEqual(ends, ['left']);
  assert.equal(clock.timers(), 0, 'no timer is left');
});

test('nothing starts before the first chunk is asked for', async () => {
  let starts = 0;
  const joiner = new Joiner(
    { onStart: () => starts++, isOpen: () => true, onText() {}, onEnd() {} },
    createFakeClock(),
  );
  assert.equal(starts, 0);
  void joiner.next();
  void joiner.next();
  assert.equal(starts, 1);
});

test('two readers that wait at the same time are both served', async () => {
  const clock = createFakeClock();
  const joiner = new Joiner({ onStart() {}, isOpen: () => true, onText() {}, onEnd() {} }, clock);
  const both = Promise.all([joiner.next(), joiner.next()]);
  joiner.push('a');
  joiner.end();
  assert.deepEqual(
    (await both).map(({ value }) => value),
    ['a', undefined],
  );
});
