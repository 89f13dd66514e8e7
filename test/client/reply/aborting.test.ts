import assert from 'node:assert/strict';
import { getEventListeners, setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { chunk, collect, fakeServer, frames, hello, silence } from '../streams.ts';

const body = { messages: [] };

/** A signal that counts who listens to it. */
function counted(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { controller, listeners: () => count };
}

test('an aborted signal sends nothing and rejects with its reason', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const mine = new Error('mine');
  const reply = streamChat(body, { fetch, signal: AbortSignal.abort(mine) });
  await assert.rejects(reply.result, (error) => error === mine);
  assert.equal(seen.requests.length, 0);
});

test('without a reason it is the AbortError that fetch gives', async () => {
  const { result } = streamChat(body, { fetch: () => silence, signal: AbortSignal.timeout(1) });
  await assert.rejects(result, { name: 'TimeoutError' });
  const reply = streamChat(body, { signal: AbortSignal.abort() });
  await assert.rejects(reply.result, { name: 'AbortError' });
});

test('an abort ends a pending read at once, and what came is kept', async () => {
  const { fetch, seen } = fakeServer([frames(chunk({ content: 'Hel' })), silence]);
  const { controller, listeners } = counted();
  const reply = streamChat(body, { fetch, signal: controller.signal });
  const iterator = reply[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next();
  assert.equal(listeners(), 1);
  const mine = new Error('mine');
  controller.abort(mine);
  await assert.rejects(pending, (error) => error === mine);
  await assert.rejects(reply.result, (error) => error === mine);
  assert.equal(reply.soFar.text, 'Hel');
  assert.equal(seen.cancelled, 1);
  assert.equal(listeners(), 0);
});

test('an abort in the moment in which the head comes ends the read, though fetch ignores its signal', async () => {
  for (let late = 0; late < 8; late++) {
    const controller = new AbortController();
    let cancelled = 0;
    const fetch = async () => {
      let turns = late;
      const count = () => (turns-- > 0 ? queueMicrotask(count) : controller.abort());
      queueMicrotask(count);
      return new Response(
        new ReadableStream({
          cancel() {
            cancelled++;
          },
        }),
      );
    };
    const reply = streamChat(body, { fetch, signal: controller.signal });
    await assert.rejects(reply.result, { name: 'AbortError' });
    await new Promise(setImmediate);
    assert.equal(cancelled, 1);
  }
});

test('an abort while the answer to wait is still open is not waited for', async () => {
  const controller = new AbortController();
  const busy = new ReadableStream({
    start: (stream) => stream.enqueue(new TextEncoder().encode('loading')),
    pull: () => controller.abort(),
  });
  const init = { status: 503, headers: { 'retry-after': '600' } };
  const fetch = async () => new Response(busy, init);
  const reply = streamChat(body, { fetch, signal: controller.signal });
  await assert.rejects(reply.result, { name: 'AbortError' });
});

test('an abort before the head rejects, though fetch ignores its signal', async () => {
  const controller = new AbortController();
  const reply = streamChat(body, { fetch: () => silence, signal: controller.signal });
  const pending = reply[Symbol.asyncIterator]().next();
  controller.abort();
  await assert.rejects(pending, { name: 'AbortError' });
});

test('an abort between two reads makes the next one fail', async () => {
  const { fetch } = fakeServer([hello]);
  const controller = new AbortController();
  const iterator = streamChat(body, { fetch, signal: controller.signal })[Symbol.asyncIterator]();
  await iterator.next();
  controller.abort();
  await assert.rejects(iterator.next(), { name: 'AbortError' });
});

test('no listener stays on the signal, however the stream ends', async () => {
  const endings = [[hello], [frames({ error: 'no' })], [new Error('gone')], ['']];
  for (const reads of endings) {
    const { controller, listeners } = counted();
    const { fetch } = fakeServer(reads);
    await collect(streamChat(body, { fetch, signal: controller.signal })).catch(() => {});
    assert.equal(listeners(), 0);
    controller.abort();
  }
});

test('what came with the piece before an abort is not given out after it', async () => {
  const { fetch } = fakeServer([frames(chunk({ reasoning: 'Hm', content: 'Hi' })), silence]);
  const controller = new AbortController();
  const reply = streamChat(body, { fetch, signal: controller.signal });
  const events = reply.events();
  assert.deepEqual((await events.next()).value, { type: 'reasoning', text: 'Hm' });
  const mine = new Error('mine');
  controller.abort(mine);
  await assert.rejects(events.next(), (error) => error === mine);
  assert.deepEqual(await events.next(), { done: true, value: undefined });
  assert.equal(reply.soFar.text, 'Hi');
});

test('an abort after the end changes nothing', async () => {
  const controller = new AbortController();
  const { fetch } = fakeServer([hello]);
  const reply = streamChat(body, { fetch, signal: controller.signal });
  const result = await reply.result;
  controller.abort();
  assert.equal(await reply.result, result);
  assert.equal(reply.soFar.verdict, 'complete');
});

test('one signal for a hundred streams at once has one listener, and nobody warns of a leak', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(10, signal);
  const { fetch } = fakeServer([frames(chunk({ content: 'a' })), silence]);
  const iterators = Array.from({ length: 100 }, () =>
    streamChat(body, { fetch, signal })[Symbol.asyncIterator](),
  );
  await Promise.all(iterators.map((iterator) => iterator.next()));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  const mine = new Error('mine');
  const pending = iterators.map((iterator) => iterator.next());
  controller.abort(mine);
  const outcomes = await Promise.allSettled(pending);
  for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason: mine });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});
