import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQuoter, removeReasoning } from '../../src/agent/reasoning.ts';

const title = 'Thinking';

test('every line of the reasoning is quoted, whatever the deltas were', () => {
  const text = '\n\nFirst.\n\nSecond\nthird\n';
  const whole = createQuoter(title)(text);
  assert.equal(whole, '> 💭 **Thinking**\n>\n> First.\n>\n> Second\n> third');
  const quote = createQuoter(title);
  assert.equal([...text].map((one) => quote(one)).join(''), whole);
});

test('what was shown of the reasoning is found again and taken out', () => {
  const shown = `${createQuoter(title)('one\n\ntwo')}\n\n> a quotation of the answer\n\nThe answer.`;
  assert.equal(removeReasoning(shown), '> a quotation of the answer\n\nThe answer.');
});

for (const [name, text, left] of [
  ['text before it', 'Note: yes.\n\n> 💭 **Thinking**\n>\n> hm\n\nAnswer', 'Note: yes.\n\nAnswer'],
  ['a line that lost its mark', '> 💭 **Thinking**\n>\n> one\ntwo\n> three\n\nAnswer', 'Answer'],
  ['another title', '> 💭 Gedanken\n> one\n\nAnswer', 'Answer'],
  ['the Chinese title', '> 💭 **思考过程**\n>\n> 嗯\n\n答案', '答案'],
  ['two blocks', '> 💭 a\n> b\n\nX\n\n> 💭 c\n> d\n\nY', 'X\n\nY'],
  ['nothing behind it', '> 💭 **Thinking**\n>\n> one', ''],
] as const) {
  test(`reasoning is taken out of a reply that was edited: ${name}`, () => {
    assert.equal(removeReasoning(text), left);
  });
}

test('<think> at the start is taken out, also where it was never closed; elsewhere it stays', () => {
  assert.equal(removeReasoning('<think>\nhm\n</think>\n\nYes.').trim(), 'Yes.');
  assert.equal(removeReasoning('\n<think>hm'), '');
  assert.equal(removeReasoning('The tag <think> opens.'), 'The tag <think> opens.');
});
