import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorPhrases, isMostlyChinese, phrases } from '../../src/agent/words.ts';

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
    assert.equal(isMostlyChinese(text), expected);
  });
}

test('both languages of a phrase fill in the same values', () => {
  const values = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
  for (const [name, [en, zh]] of Object.entries({ ...errorPhrases, ...phrases })) {
    assert.deepEqual(values(en), values(zh), name);
    assert.ok(!/[\u4e00-\u9fff]/.test(en), name);
  }
});
