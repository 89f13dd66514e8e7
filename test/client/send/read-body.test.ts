import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody, readerOf } from '../../../src/client/send/read-body.ts';
import { fakeServer, silence } from '../streams.ts';
import { fakeClock } from './fake-clock.ts';

/** A response of these reads, and what becomes of it. */
async function respond(reads: Parameters<typeof fakeServer>[0]) {
  const { fetch, seen } = fakeServer(reads);
  return { response: await fetch('', {}), seen };
}

test('a body is read whole, with characters that are cut into two reads', async () => {
  const { response, seen } = await respond(['Gr', Uint8Array.of(0xc3), Uint8Array.of(0xbc), 'n']);
  assert.equal(await readBody(response), 'Grün');
  assert.equal(seen.cancelled, 0);
});

test('no body is an empty one', async () => {
  assert.equal(await readBody(new Response(null)), '');
  assert.deepEqual(await readerOf(new Response(null)).read(), { done: true, value: undefined });
});

test('of a body that breaks off it is what has come', async () => {
  const { response } = await respond(['No', new Error('gone')]);
  assert.equal(await readBody(response), 'No');
});

test('of a body that stays open it is what has come in 2 s, and the body is cancelled', async (t) => {
  const clock = fakeClock(t);
  const { response, seen } = await respond(['No', silence]);
  let text: string | undefined;
  void readBody(response).then((read) => {
    text = read;
  });
  await clock.pass(1999);
  assert.deepEqual([text, seen.cancelled], [undefined, 0]);
  await clock.pass(1);
  assert.deepEqual([text, seen.cancelled, clock.timers()], ['No', 1, 0]);
});

test('of a body that an abort breaks off it is what has come', async () => {
  const controller = new AbortController();
  const { fetch } = fakeServer(['No', silence]);
  const text = readBody(await fetch('', { signal: controller.signal }));
  await new Promise(setImmediate);
  controller.abort();
  assert.equal(await text, 'No');
});

test('of a long body it is the reads up to 1 Mi characters, and the rest is cancelled', async () => {
  const piece = 'x'.repeat(2 ** 19);
  const { response, seen } = await respond([piece, piece, 'more', silence]);
  assert.equal((await readBody(response)).length, 2 ** 20);
  assert.equal(seen.cancelled, 1);
  const { response: shorter } = await respond([piece, piece.slice(1), 'more']);
  assert.equal((await readBody(shorter)).length, 2 ** 20 - 1 + 4);
});

test('or up to as many as are asked for', async () => {
  const { response, seen } = await respond(['abc', 'def', 'ghi', silence]);
  assert.equal(await readBody(response, 4), 'abcdef');
  assert.equal(seen.cancelled, 1);
});

test('no timer is left behind', async (t) => {
  const clock = fakeClock(t);
  for (const reads of [['No'], ['No', new Error('gone')]]) {
    const { response } = await respond(reads);
    await readBody(response);
    assert.equal(clock.timers(), 0);
  }
});
