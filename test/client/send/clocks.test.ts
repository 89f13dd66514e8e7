import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { LONGEST_TIMER_MS } from '../../../src/client/option-values.ts';
import { Clock, now, pause } from '../../../src/client/send/clocks.ts';
import { streamChat } from '../../../src/index.ts';
import { chunk, fakeServer, frames, hello, serverByHand, silence } from '../streams.ts';
import { fakeClock, settled } from './fake-clock.ts';

const body = { messages: [] };
const text = frames(chunk({ content: 'a' }));

/** A clock on a fake time, and when it ran out. */
function clockOf(t: TestContext) {
  const time = fakeClock(t);
  const start = now();
  const ranOut: number[] = [];
  const clock = new Clock(() => ranOut.push(now() - start));
  return { time, clock, ranOut };
}

/** Once its limit has run out, a clock looks once more, after so long; in ms. */
const LAST_LOOK = 20;

describe('a clock', () => {
  test('runs out once, a last look behind its limit', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    clock.wait();
    await time.pass(1000 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [1000 + LAST_LOOK]);
    await time.pass(10_000);
    assert.equal(ranOut.length, 1);
    assert.equal(time.timers(), 0);
  });

  test('counts all waits together, and what is between them not at all', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    for (const pause of [5000, 70_000]) {
      clock.wait();
      await time.pass(400);
      clock.resume();
      await time.pass(pause);
    }
    clock.wait();
    await time.pass(200 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [75_800 + 200 + LAST_LOOK]);
  });

  test('that is renewed gives every wait the whole limit', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000, true);
    for (let waits = 0; waits < 5; waits++) {
      clock.wait();
      await time.pass(999);
      clock.resume();
    }
    clock.wait();
    await time.pass(1000 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [5 * 999 + 1000 + LAST_LOOK]);
  });

  test('does not run while nobody waits, and leaves no timer behind then', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    assert.equal(time.timers(), 0);
    clock.wait();
    clock.resume();
    assert.equal(time.timers(), 1);
    await time.pass(5000);
    assert.deepEqual(ranOut, []);
    assert.equal(time.timers(), 0);
  });

  test('sets one timer for a thousand reads', async (t) => {
    const { time, clock } = clockOf(t);
    clock.limit(1000, true);
    for (let reads = 0; reads < 1000; reads++) {
      clock.wait();
      clock.resume();
    }
    assert.deepEqual(time.waits, [1000]);
  });

  test('is not run out where a read comes back in the last look', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000, true);
    clock.wait();
    await time.pass(1000 + LAST_LOOK - 1);
    clock.resume();
    clock.wait();
    await time.pass(999);
    assert.deepEqual(ranOut, []);
    await time.pass(1 + LAST_LOOK);
    assert.deepEqual(ranOut, [2000 + 2 * LAST_LOOK - 1]);
  });

  test('whose waits together are over takes one more last look at the next one', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    clock.wait();
    await time.pass(1010);
    clock.resume();
    await time.pass(500);
    clock.wait();
    await time.pass(LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [1510 + LAST_LOOK]);
  });

  test('of a process that was busy looks once more: bytes may be waiting', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000, true);
    clock.wait();
    await time.sleep(1000 + 5000);
    assert.deepEqual(ranOut, []);
    await time.pass(LAST_LOOK);
    assert.deepEqual(ranOut, [6000 + LAST_LOOK]);
  });

  test('of a computer that slept for more than 5 s beyond its limit starts over', async (t) => {
    for (const isRenewed of [true, false]) {
      const { time, clock, ranOut } = clockOf(t);
      clock.limit(1000, isRenewed);
      clock.wait();
      await time.sleep(1000 + 5001);
      await time.pass(1000 + LAST_LOOK - 1);
      assert.deepEqual(ranOut, []);
      await time.pass(1);
      assert.deepEqual(ranOut, [6001 + 1000 + LAST_LOOK]);
      t.mock.restoreAll();
    }
  });

  test('starts over with the whole limit, though earlier waits had used some of it', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    clock.wait();
    await time.pass(900);
    clock.resume();
    clock.wait();
    await time.sleep(60_000);
    await time.pass(1000 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [61_900 + LAST_LOOK]);
  });

  test('starts over, last look and all, where the computer slept in the last look', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000, true);
    clock.wait();
    await time.pass(1000);
    await time.sleep(60_000);
    await time.pass(1000 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [62_000 + LAST_LOOK]);
  });

  test('with another limit forgets the old one, also in its last look', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(1000);
    clock.wait();
    await time.pass(1010);
    clock.limit(500);
    assert.equal(time.timers(), 0);
    clock.wait();
    await time.pass(500 + LAST_LOOK - 1);
    assert.deepEqual(ranOut, []);
    await time.pass(1);
    assert.deepEqual(ranOut, [1510 + LAST_LOOK]);
  });

  for (const off of [0, Infinity]) {
    test(`with the limit ${off} never runs out, and sets no timer`, async (t) => {
      const { time, clock } = clockOf(t);
      clock.limit(off, true);
      clock.wait();
      assert.equal(time.timers(), 0);
    });
  }

  test('sleeps in pieces where the limit is beyond what a timer takes', async (t) => {
    const { time, clock, ranOut } = clockOf(t);
    clock.limit(LONGEST_TIMER_MS + 1000);
    clock.wait();
    await time.pass(LONGEST_TIMER_MS + 1000 + LAST_LOOK);
    assert.deepEqual(time.waits, [LONGEST_TIMER_MS, 1000, LAST_LOOK]);
    assert.deepEqual(ranOut, [LONGEST_TIMER_MS + 1000 + LAST_LOOK]);
  });
});

describe('a pause', () => {
  test('lasts as long as it was told, and leaves no listener', async (t) => {
    const time = fakeClock(t);
    const { signal } = new AbortController();
    let isOver = false;
    void pause(1000, signal).then(() => {
      isOver = true;
    });
    await time.pass(999);
    assert.equal(isOver, false);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await time.pass(1);
    assert.equal(isOver, true);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('is over at an abort, and leaves no timer', async (t) => {
    const time = fakeClock(t);
    const controller = new AbortController();
    const over = pause(1000, controller.signal);
    controller.abort();
    await over;
    assert.equal(time.timers(), 0);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  test('is none after an abort', async (t) => {
    const time = fakeClock(t);
    await pause(1000, AbortSignal.abort());
    assert.deepEqual(time.waits, []);
  });

  test('is no longer than a timer takes, for one that is too long fires at once', (t) => {
    const time = fakeClock(t);
    void pause(1e12, new AbortController().signal);
    assert.deepEqual(time.waits, [LONGEST_TIMER_MS]);
  });
});

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

test('a body that ends after [DONE] is not cancelled, and leaves no timer', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer([hello]);
  await streamChat(body, { fetch }).result;
  await settled();
  assert.deepEqual([seen.cancelled, clock.timers()], [0, 0]);
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
