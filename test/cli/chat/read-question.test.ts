import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readTypedQuestion } from '../../../src/cli/chat/read-question.ts';
import { createTestTerminal } from '../commands.ts';

/** Fakes the clock. @returns what lets the keys be read that were typed, and time pass: by default that in which lines are one paste */
function fakePause(t: TestContext): (ms?: number) => Promise<void> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return async (ms = 30) => {
    await setImmediate();
    t.mock.timers.tick(ms);
  };
}

function start() {
  const { terminal, stdin, printed } = createTestTerminal({}, { isTTY: true, columns: 80 });
  return {
    read: (earlier: string[] = []) => readTypedQuestion(terminal, earlier),
    type: (keys: string) => stdin.write(keys),
    printed,
  };
}

test('a line is a question, and is shown while it is typed', async () => {
  const { read, type, printed } = start();
  const question = read();
  type('hello\r');
  assert.equal(await question, 'hello');
  assert.match(printed(), /> .*hello/s);
});

test('several lines that come at once are one question; the last of them may be unfinished', async (t) => {
  const pause = fakePause(t);
  const { read, type } = start();
  const question = read();
  type('first\rsecond\r\rthird');
  await pause();
  type('\r');
  await pause();
  assert.equal(await question, 'first\nsecond\n\nthird');
});

test('a paste may come in pieces: each line is waited for anew', async (t) => {
  const pause = fakePause(t);
  const { read, type } = start();
  const question = read();
  for (const line of ['one\r', 'two\r', 'three\r']) {
    type(line);
    await pause(29);
  }
  await pause(1);
  assert.equal(await question, 'one\ntwo\nthree');
});

test('what is typed before it is asked for is kept; an empty line is no question', async (t) => {
  const pause = fakePause(t);
  const { read, type } = start();
  type('\r');
  const question = read();
  await pause();
  type('one\r');
  await pause();
  assert.equal(await question, 'one');
  type('two\r');
  const next = read();
  await pause();
  assert.equal(await next, 'two');
});

test('Ctrl-C leaves without a question, and Ctrl-D after what was typed before it', async () => {
  const { read, type } = start();
  const first = read();
  type('never mind\r\x03');
  assert.equal(await first, undefined);
  const second = read();
  type('last\r\x04');
  assert.equal(await second, 'last');
  const third = read();
  type('\x04');
  assert.equal(await third, undefined);
});

test('Ctrl-D that was typed during an answer leaves after it, unless a question was begun', async (t) => {
  const pause = fakePause(t);
  const { read, type } = start();
  // Between two questions the terminal reads lines, in which Ctrl-D becomes NUL.
  type('\0\0');
  assert.equal(await read(), undefined);
  type('half\0');
  const question = read();
  await pause();
  type(' a question\r');
  await pause();
  assert.equal(await question, 'half a question');
});

test('Ctrl-Space at the prompt does not leave', async (t) => {
  const pause = fakePause(t);
  const { read, type } = start();
  const question = read();
  await pause();
  type('\0still here\r');
  await pause();
  assert.equal(await question, 'still here');
});

test('the arrow keys bring earlier questions back', async () => {
  const { read, type } = start();
  const question = read(['second', 'first']);
  type('\x1b[A\x1b[A\r');
  assert.equal(await question, 'first');
});
