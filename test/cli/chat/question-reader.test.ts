import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuestionReader } from '../../../src/cli/chat/question-reader.ts';
import { createTestTerminal } from '../commands.ts';

function start(onInterrupt = () => false) {
  const { terminal, stdin, printed } = createTestTerminal({}, { isTTY: true, columns: 80 });
  const reader = new QuestionReader(terminal, onInterrupt);
  return { reader, printed, type: (keys: string) => stdin.write(keys) };
}

test('a line is a question', async () => {
  const { reader, type } = start();
  const question = reader.next();
  type('hello\r');
  assert.equal(await question, 'hello');
  reader.close();
});

test('several lines that are pasted are one question, as the terminal marks them', async () => {
  const { reader, type, printed } = start();
  assert.match(printed(), /^\x1b\[\?2004h/);
  const question = reader.next();
  type('\x1b[200~first\rsecond\r\rthird\x1b[201~');
  type('\r');
  assert.equal(await question, 'first\nsecond\n\nthird');
  reader.close();
  assert.match(printed(), /\x1b\[\?2004l$/);
});

test('several lines that come at once are one question, even if the terminal does not mark a paste', async () => {
  const { reader, type } = start();
  const question = reader.next();
  type('first\rsecond\rthird');
  type('\r');
  assert.equal(await question, 'first\nsecond\nthird');
  reader.close();
});

test('what is typed during an answer is not shown in it, waits for its turn, and is shown then', async () => {
  const { reader, type, printed } = start();
  const first = reader.next();
  type('one\r');
  assert.equal(await first, 'one');
  const before = printed();
  type('two\r');
  // Longer than it takes to see that no second line was pasted.
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('three\r');
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('hal');
  assert.equal(printed(), before);
  assert.equal(await reader.next(), 'two');
  assert.equal(await reader.next(), 'three');
  assert.equal(printed(), `${before}> two\n> three\n`);
  const last = reader.next();
  type('f\r');
  assert.equal(await last, 'half');
  assert.match(printed().slice(before.length), /> .*hal.*f/s);
  reader.close();
});

test('Ctrl-C goes to what can use it, and else leaves', async () => {
  let isAnswering = true;
  const { reader, type } = start(() => isAnswering);
  const question = reader.next();
  type('\x03');
  type('still here\r');
  assert.equal(await question, 'still here');
  isAnswering = false;
  const next = reader.next();
  type('\x03');
  assert.equal(await next, undefined);
  reader.close();
});

test('Ctrl-D leaves, after what was typed before it', async () => {
  const { reader, type } = start();
  type('last\r');
  await new Promise((resolve) => setTimeout(resolve, 60));
  type('\x04');
  assert.equal(await reader.next(), 'last');
  assert.equal(await reader.next(), undefined);
  reader.close();
});
