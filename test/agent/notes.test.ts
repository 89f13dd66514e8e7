import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingFence } from '../../src/agent/fences.ts';
import { formatNote, removeNotes } from '../../src/agent/notes.ts';
import { createWriter } from '../../src/agent/writer.ts';

function write(work: (writer: ReturnType<typeof createWriter>) => void): string {
  let text = '';
  work(
    createWriter((piece) => {
      text += piece;
    }, 'Thinking'),
  );
  return text;
}

test('a note stands apart from the answer, and is taken out again without it', () => {
  const text = write(({ text, note }) => {
    text('Half an');
    text(' answer');
    note('⚠️', 'The connection broke.\nPress Retry.');
    note('ℹ️', 'And more.');
  });
  assert.match(
    text,
    /^Half an answer\n\n> ⚠️ \*\*local-llm\*\* · The connection broke\.\n> Press Retry\.\n\n> ℹ️/,
  );
  assert.equal(removeNotes(text).trim(), 'Half an answer');
});

test("a warning of the model's own is not taken for a note", () => {
  const text = 'Careful:\n\n> ⚠️ **Warning** · this deletes files.';
  assert.equal(removeNotes(text), text);
});

test('a note that was quoted within other lines leaves them', () => {
  assert.equal(removeNotes(`a\n\n${formatNote('⚠️', 'x')}\n\nb`).replace(/\n+/g, ' '), 'a b');
});

test('reasoning, answer and note are blocks of their own', () => {
  const text = write(({ text, reasoning, note }) => {
    reasoning('\n');
    reasoning('Let me');
    reasoning(' see.\n');
    text('Yes.');
    reasoning('More.');
    text('No.');
    note('ℹ️', 'End.');
  });
  assert.equal(
    text,
    '> 💭 **Thinking**\n>\n> Let me see.\n\nYes.\n\n> 💭 **Thinking**\n>\n> More.\n\nNo.\n\n> ℹ️ **local-llm** · End.',
  );
});

for (const [name, text, closing] of [
  ['no fence', 'text', ''],
  ['a closed fence', '```js\na\n```\n', ''],
  ['an open fence', '```js\na', '\n```'],
  ['an open fence after a newline', '```js\na\n', '```'],
  ['a long fence around a short one', '````md\n```\n', '````'],
  ['tildes', '~~~\n```\n', '~~~'],
  ['a fence in a list', '1. one\n   ```sh\n   ls', '\n   ```'],
  ["a fence on a list item's line", '- ```sh\n  ls\n', '  ```'],
  ['backticks in a line', 'use ```x``` here', ''],
  ['a closing line in the making', '```js\na\n``', '\n```'],
] as const) {
  test(`a code fence left open is closed: ${name}`, () =>
    assert.equal(closingFence(text), closing));
}
