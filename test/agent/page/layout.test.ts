import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFence } from '../../../src/agent/page/fences.ts';
import { createLayout, type Layout } from '../../../src/agent/page/layout.ts';

/** What is shown: the marks are not. */
async function shown(work: (layout: Layout) => unknown, goesOn = ''): Promise<string> {
  let text = '';
  const page = {
    write(piece: string) {
      text += piece;
    },
    async rewrite(whole: string) {
      text = whole;
    },
  };
  await work(createLayout(page, 'Thinking', goesOn));
  return text.replace(/[\u{E0000}-\u{E007F}]/gu, '');
}

test('a note stands apart from the answer, each of its paragraphs on a line of its own', async () => {
  const text = await shown(({ text, note }) => {
    text('Half an');
    text(' answer');
    note('⚠️', ['The connection broke.', 'Press 重试.']);
    note('ℹ️', ['And more.']);
  });
  assert.equal(
    text,
    'Half an answer\n\n> ⚠️ **local-llm** · The connection broke.\n>\n> Press 重试.\n\n> ℹ️ **local-llm** · And more.',
  );
});

test('reasoning, answer and note are blocks of their own', async () => {
  const text = await shown(({ text, reasoning, note }) => {
    reasoning('\n');
    reasoning('Let me');
    reasoning(' see.\n');
    text('Yes.');
    reasoning('More.');
    text('No.');
    note('ℹ️', ['End.']);
  });
  assert.equal(
    text,
    '> 💭 **Thinking**\n>\n> Let me see.\n\nYes.\n\n> 💭 **Thinking**\n>\n> More.\n\nNo.\n\n> ℹ️ **local-llm** · End.',
  );
});

test('the reasoning is the same, whatever the deltas were', async () => {
  const reasoning = '\n\nFirst.\n\nSecond\r\nthird\rfourth\n';
  const whole = await shown((layout) => layout.reasoning(reasoning));
  assert.equal(whole, '> 💭 **Thinking**\n>\n> First.\n>\n> Second\n> third\n> fourth');
  const pieces = await shown((layout) => {
    for (const piece of reasoning) layout.reasoning(piece);
  });
  assert.equal(pieces, whole);
});

test('a code fence that reasoning or a note interrupts is closed, and opened again behind it', async () => {
  const text = await shown(({ text, reasoning }) => {
    text('```js\nlet a');
    reasoning('Hm.');
    text(' = 1;\n```');
  });
  assert.equal(text, '```js\nlet a\n```\n\n> 💭 **Thinking**\n>\n> Hm.\n\n```js\n = 1;\n```');
});

test('an answer that goes on inside a code fence begins with it', async () => {
  const text = await shown((layout) => layout.text('(i);\n}\n```'), 'Code:\n```js\nlog');
  assert.match(text, /^\s*```js\n\(i\);\n}\n```$/);
});

test('an answer that turns out to be reasoning is laid out anew', async () => {
  const isShown = await shown(async (layout) => {
    layout.text('First I think.');
    await layout.answerWasReasoning(true);
    layout.text('Then I say.');
  });
  assert.equal(isShown, '> 💭 **Thinking**\n>\n> First I think.\n\nThen I say.');
  const isHidden = await shown(async (layout) => {
    layout.text('First I think.');
    await layout.answerWasReasoning(false);
    layout.text('Then I say.');
  });
  assert.equal(isHidden, 'Then I say.');
});

for (const [name, text, closing] of [
  ['no fence', 'text', undefined],
  ['a closed fence', '```js\na\n```\n', undefined],
  ['an open fence', '```js\na', '```'],
  ['an open fence after a newline', '```js\na\n', '```'],
  ['a long fence around a short one', '````md\n```\n', '````'],
  ['tildes', '~~~\n```\n', '~~~'],
  ['a fence in a list', '1. one\n   ```sh\n   ls', '   ```'],
  ["a fence on a list item's line", '- ```sh\n  ls\n', '  ```'],
  ['backticks in a line', 'use ```x``` here', undefined],
  ['a closing line in the making', '```js\na\n``', '```'],
] as const) {
  test(`a code fence left open is found: ${name}`, () =>
    assert.equal(openFence(text)?.closing, closing));
}
