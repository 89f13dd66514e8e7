import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { sleep, type TurnClock } from '../../../src/agent/turn/clock.ts';

test('a sleep leaves no listener on its signal, whether it ends by time or by an abort', async () => {
  const due: (() => void)[] = [];
  const clock: TurnClock = {
    now: () => 0,
    after(_, run) {
      due.push(run);
      return () => void due.pop();
    },
  };
  const leaving = new AbortController();
  const slept = sleep(5, clock, leaving.signal);
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 1);
  due.pop()?.();
  await slept;
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
  const cut = sleep(5, clock, leaving.signal);
  leaving.abort();
  await cut;
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
  assert.equal(due.length, 0);
});
