import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countSteps, createProgress, duration, QUIET_MS } from './progress.ts';

test('progress is one line that changes at a terminal, and a line now and then elsewhere', () => {
  for (const isTTY of [true, false]) {
    let written = '';
    let now = 0;
    const stream = { isTTY, columns: 10, write: (piece: string) => (written += piece) };
    const progress = createProgress(stream, () => now);
    progress.update('one of many');
    now += QUIET_MS;
    progress.update('two');
    progress.print('done');
    progress.end();
    assert.equal(written, isTTY ? '\r\x1b[Kone of ma\r\x1b[Ktwo\r\x1b[Kdone\n' : 'two\ndone\n');
  }
  assert.deepEqual([duration(41_600), duration(185_000)], ['42 s', '3 min 5 s']);
});

test('steps of a known number show how many are done, and about how long the rest takes', () => {
  const lines: string[] = [];
  let now = 0;
  const stream = { isTTY: true, columns: 80, write: (text: string) => lines.push(text) };
  const stepDone = countSteps(
    3,
    createProgress(stream, () => now),
    () => now,
  );
  for (const at of [30_000, 60_000, 90_000]) {
    now = at;
    stepDone('a column');
  }
  const clear = '\r\x1b[K';
  assert.deepEqual(lines, [
    `${clear}  1 of 3: a column; about 60 s left`,
    `${clear}  2 of 3: a column; about 30 s left`,
    `${clear}  3 of 3: a column; about 0 s left`,
    clear,
  ]);
});
