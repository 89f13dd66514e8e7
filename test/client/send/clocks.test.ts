import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { LONGEST_TIMER_MS } from '../../../src/client/option-values.ts';
import { Clock, now, pause } from '../../../src/client/send/clocks.ts';
import { fakeClock } from './fake-clock.ts';

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

  test('with another limit forgets the old one, even in its last look', async (t) => {
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
  test('lasts as long as it was set, and leaves no listener', async (t) => {
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
