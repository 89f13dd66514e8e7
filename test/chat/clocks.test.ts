import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { streamChat } from '../../src/index.ts';
import { fakeClock } from './fake-clock.ts';
import { chunk, fakeServer, frames, serverByHand, silence } from './streams.ts';

const body = { messages: [] };
const text = frames(chunk({ content: 'a' }));

test('no token within firstToken: role frames and pings do not stop that clock', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const { result } = streamChat(body, { fetch, timeouts: { firstToken: 3000, idle: 1000 } });
  const failed = assert.rejects(result, {
    name: 'ChatError',
    kind: 'timeout',
    reason: 'first-token',
    message: /127\.0\.0\.1:1234.*3 s/,
  });
  await clock.pass(1500);
  give(frames(chunk({ role: 'assistant', content: '' })));
  await clock.pass(1400);
  give(': ping\n\n');
  await clock.pass(200);
  await failed;
  assert.equal(clock.timers(), 0);
});

test('silence after the first token: any byte is a sign of life', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const reply = streamChat(body, { fetch, timeouts: { idle: 1000 } });
  const errors: unknown[] = [];
  reply.result.catch((error: unknown) => errors.push(error));
  await clock.pass(100);
  give(text);
  for (let i = 0; i < 5; i++) {
    await clock.pass(900);
    give(':');
  }
  await clock.pass(800);
  assert.deepEqual(errors, []);
  await clock.pass(400);
  await assert.rejects(reply.result, { kind: 'timeout', reason: 'idle' });
  assert.equal(reply.soFar.text, 'a');
  assert.equal(clock.timers(), 0);
});

test('a slow reader is not a slow server', async (t) => {
  const clock = fakeClock(t);
  const { fetch } = fakeServer([text, text, frames('[DONE]')]);
  const iterator = streamChat(body, { fetch, timeouts: { idle: 500, firstToken: 500 } })[
    Symbol.asyncIterator
  ]();
  assert.equal((await iterator.next()).value, 'a');
  await clock.pass(60_000);
  assert.equal((await iterator.next()).value, 'a');
  await clock.pass(60_000);
  assert.equal((await iterator.next()).done, true);
});

test('after the finish reason 2 s are given, then it is finished', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([text + frames(chunk({}, 'stop')), silence]);
  const { result } = streamChat(body, { fetch, timeouts: { idle: 500 } });
  let verdict: string | undefined;
  void result.then((done) => {
    verdict = done.verdict;
  });
  await clock.pass(1900);
  assert.equal(verdict, undefined);
  await clock.pass(200);
  assert.equal(verdict, 'complete');
  assert.equal(seen.cancelled, 1);
  assert.equal(clock.timers(), 0);
});

for (const off of [0, Infinity]) {
  test(`${off} switches both clocks off`, async (t) => {
    const clock = fakeClock(t);
    const { fetch, give } = serverByHand();
    const reply = streamChat(body, { fetch, timeouts: { firstToken: off, idle: off } });
    void reply.result.catch(() => {});
    await clock.pass(100);
    assert.equal(clock.timers(), 0);
    give(text);
    await clock.pass(100);
    assert.equal(clock.timers(), 0);
    assert.equal(reply.soFar.text, 'a');
  });
}

test('a limit beyond what a timer takes does not fire at once', async (t) => {
  const clock = fakeClock(t);
  const set = mock.method(globalThis, 'setTimeout');
  t.after(() => set.mock.restore());
  const { fetch } = fakeServer([silence]);
  const reply = streamChat(body, { fetch, timeouts: { firstToken: 1e12 } });
  void reply.result.catch(() => {});
  await clock.pass(10);
  assert.ok(set.mock.calls.every(({ arguments: [, ms = 0] }) => ms < 2 ** 31));
});
