import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as words from '../../src/agent/words.ts';

for (const [text, expected] of [
  ['你好', true],
  ['用 React 写一个 hello world', true],
  ['请把这段 TypeScript 代码重构一下', true],
  ['What does 你好 mean in English?', false],
  ['Hello', false],
  ['', false],
  ['日本語で書いてください', false],
] as const) {
  test(`the language of a question: ${JSON.stringify(text)}`, () => {
    assert.equal(words.isMostlyChinese(text), expected);
  });
}

test('both languages of a phrase fill in as many values, and neither is the other', () => {
  const { advice, createSay: _, isMostlyChinese: __, ...phrases } = words;
  const holes = (text: string) => text.split('{}').length;
  for (const [name, [en, zh]] of Object.entries({ ...advice, ...phrases })) {
    assert.equal(holes(en), holes(zh), name);
    assert.ok(!/[\u4e00-\u9fff]/.test(en) && /[\u4e00-\u9fff]/.test(zh), name);
  }
});
