import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTypedQuestion } from '../../../src/cli/chat/read-question.ts';
import { createTestTerminal } from '../commands.ts';

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

test('several lines that come at once are one question; the last of them may be unfinished', async () => {
  const { read, type } = start();
  const question = read();
  type('first\rsecond\r\rthird');
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('\r');
  assert.equal(await question, 'first\nsecond\n\nthird');
});

test('what is typed before it is asked for is kept; an empty line is no question', async () => {
  const { read, type } = start();
  type('\r');
  const question = read();
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('one\r');
  assert.equal(await question, 'one');
  type('two\r');
  assert.equal(await read(), 'two');
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

test('Ctrl-D that was typed during an answer leaves after it, unless a question was begun', async () => {
  const { read, type } = start();
  // Between two questions the terminal reads lines, in which Ctrl-D becomes NUL.
  type('\0\0');
  assert.equal(await read(), undefined);
  type('half\0');
  const question = read();
  await new Promise((resolve) => setTimeout(resolve, 60));
  type(' a question\r');
  assert.equal(await question, 'half a question');
});

test('Ctrl-Space at the prompt does not leave', async () => {
  const { read, type } = start();
  const question = read();
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('\0still here\r');
  assert.equal(await question, 'still here');
});

test('the arrow keys bring earlier questions back', async () => {
  const { read, type } = start();
  const question = read(['second', 'first']);
  type('\x1b[A\x1b[A\r');
  assert.equal(await question, 'first');
});
