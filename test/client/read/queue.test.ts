import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queue } from '../../../src/client/read/queue.ts';

test('what was pushed first is taken first, and nothing is taken twice', () => {
  const queue = new Queue<number>();
  assert.equal(queue.take(), undefined);
  const taken: (number | undefined)[] = [];
  let next = 0;
  // Two in for each one out, then all out: past the length at which the queue is moved up.
  for (let round = 0; round < 5000; round++) {
    queue.push(next++);
    queue.push(next++);
    taken.push(queue.take());
  }
  assert.equal(queue.length, 5000);
  while (queue.length > 0) taken.push(queue.take());
  assert.equal(queue.take(), undefined);
  assert.deepEqual(
    taken,
    Array.from({ length: 10_000 }, (_, nth) => nth),
  );
});

test('a queue that is cleared in the middle begins anew', () => {
  const queue = new Queue<string>();
  for (const item of ['a', 'b', 'c']) queue.push(item);
  assert.equal(queue.take(), 'a');
  queue.clear();
  assert.deepEqual([queue.length, queue.take()], [0, undefined]);
  queue.push('d');
  assert.deepEqual([queue.length, queue.take(), queue.take()], [1, 'd', undefined]);
});
