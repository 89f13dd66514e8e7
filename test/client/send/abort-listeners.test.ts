import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { listenForAbort } from '../../../src/client/send/abort-listeners.ts';

const count = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('an abort calls every listener, in order, and those of no other signal', () => {
  const controller = new AbortController();
  const called: string[] = [];
  listenForAbort(controller.signal, () => called.push('first'));
  listenForAbort(new AbortController().signal, () => called.push('other'));
  listenForAbort(controller.signal, () => called.push('second'));
  controller.abort();
  assert.deepEqual(called, ['first', 'second']);
});

test('a signal has one listener of ours, however many wait, and none when nobody does', () => {
  const { signal } = new AbortController();
  const leave = Array.from({ length: 100 }, () => listenForAbort(signal, () => {}));
  assert.equal(count(signal), 1);
  for (const stop of leave.slice(1)) stop();
  assert.equal(count(signal), 1);
  leave[0]?.();
  assert.equal(count(signal), 0);
});

test('who has left is not called; who comes after all have left is', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const leave = listenForAbort(controller.signal, () => called.push('left'));
  leave();
  leave();
  listenForAbort(controller.signal, () => called.push('came'));
  assert.equal(count(controller.signal), 1);
  controller.abort();
  assert.deepEqual(called, ['came']);
});

test('a listener may leave, and take others along, while all are called', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const leave = listenForAbort(controller.signal, () => {
    called.push('first');
    leave();
    leaveSecond();
  });
  const leaveSecond = listenForAbort(controller.signal, () => called.push('second'));
  listenForAbort(controller.signal, () => called.push('third'));
  controller.abort();
  assert.deepEqual(called, ['first', 'third']);
});
