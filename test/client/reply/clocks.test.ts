/** How long a reply waits for what, on a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { fakeClock, settled } from '../send/fake-clock.ts';
import { chunk, fakeServer, frames, hello, serverByHand, silence } from '../streams.ts';

const body = { messages: [] };
const text = frames(chunk({ content: 'a' }));

/** Once its limit has run out, a clock looks once more, after so long; in ms. */
const LAST_LOOK = 20;

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
  for (const sign of [':', '\n', 'data: : keepalive\n\n', 'data:\n\n', ' ']) {
    await clock.pass(900);
    give(sign);
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

/** What a reply that is not over yet has come to. */
async function ending(result: Promise<{ verdict: string }>): Promise<string> {
  return Promise.race([
    result.then(
      ({ verdict }) => verdict,
      (error: unknown) => `${error}`,
    ),
    settled().then(() => 'goes on'),
  ]);
}

test('a finish reason that came with a token is given 10 s for more, and what follows counts', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const { result } = streamChat(body, { fetch });
  result.catch(() => {});
  give(frames(chunk({ content: 'a' }, 'stop')));
  await clock.pass(10_000);
  assert.equal(await ending(result), 'goes on');
  give(frames(chunk({ content: 'b' })));
  await clock.pass(60_000);
  assert.equal(await ending(result), 'goes on');
  give(frames(chunk({}, 'stop')));
  await clock.pass(2000 + LAST_LOOK - 1);
  assert.equal(await ending(result), 'goes on');
  await clock.pass(1);
  assert.equal(await ending(result), 'complete');
  assert.equal((await result).text, 'ab');
});

test('and is the end where nothing follows', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([frames(chunk({ content: 'a' }, 'stop')), silence]);
  const { result } = streamChat(body, { fetch });
  result.catch(() => {});
  await clock.pass(10_000 + LAST_LOOK - 1);
  assert.equal(await ending(result), 'goes on');
  await clock.pass(1);
  assert.equal(await ending(result), 'complete');
  assert.equal(seen.cancelled, 1);
});

test('a finish reason before any token is none yet: the first token is waited for', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const { result } = streamChat(body, { fetch, timeouts: { firstToken: 60_000 } });
  result.catch(() => {});
  give(frames(chunk({}, 'stop')));
  await clock.pass(59_000);
  give(frames(chunk({ content: 'a' })));
  await clock.pass(60_000);
  give(frames(chunk({}, 'stop'), '[DONE]'));
  assert.equal((await result).text, 'a');
});

test('a body that stays open after [DONE] is closed after 200 ms', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([hello, silence]);
  assert.equal((await streamChat(body, { fetch }).result).text, 'Hello');
  await clock.pass(200 + LAST_LOOK - 1);
  assert.deepEqual([seen.cancelled, clock.timers()], [0, 1]);
  await clock.pass(1);
  assert.deepEqual([seen.cancelled, clock.timers()], [1, 0]);
});

test('a body that ends after [DONE] is neither cancelled nor aborted, and leaves no timer', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([hello]);
  await streamChat(body, { fetch }).result;
  await settled();
  assert.deepEqual([seen.cancelled, clock.timers()], [0, 0]);
  assert.equal(seen.requests[0]?.init.signal?.aborted, false);
});

test('a body that goes on after [DONE] is closed at once', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([hello, ': ping\n\n', silence]);
  await streamChat(body, { fetch }).result;
  await settled();
  assert.deepEqual([seen.cancelled, clock.timers()], [1, 0]);
});

test('a reader that comes late finds the bytes that came meanwhile, not a timeout', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const { result } = streamChat(body, { fetch, timeouts: { idle: 1000 } });
  result.catch(() => {});
  await settled();
  give(text);
  await settled();
  // The timer is due before the process has looked at its sockets.
  await clock.sleep(1500);
  give(frames(chunk({ content: 'b' }, 'stop'), '[DONE]'));
  assert.equal((await result).text, 'ab');
});

test('the limits of 30 and 5 minutes hold where none are set', async (t) => {
  const clock = fakeClock(t);
  const first = streamChat(body, { fetch: () => silence }).result;
  first.catch(() => {});
  await clock.pass(30 * 60_000 + LAST_LOOK - 1);
  assert.equal(await ending(first), 'goes on');
  await clock.pass(1);
  await assert.rejects(first, { reason: 'first-token', message: /1800 s/ });
  const idle = streamChat(body, { fetch: fakeServer([text, silence]).fetch }).result;
  idle.catch(() => {});
  await clock.pass(5 * 60_000 + LAST_LOOK - 1);
  assert.equal(await ending(idle), 'goes on');
  await clock.pass(1);
  await assert.rejects(idle, { reason: 'idle', message: /300 s/ });
});
