import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rows } from '../../../src/advice/rows.ts';
import { chinese } from '../../../src/agent/say/phrases-chinese.ts';
import { english } from '../../../src/agent/say/phrases-english.ts';
import { languageOf, languageOfText } from '../../../src/agent/settings/language.ts';

for (const [text, expected] of [
  ['你好', 'zh'],
  ['用 React 写一个 hello world', 'zh'],
  ['请把这段 TypeScript 代码重构一下', 'zh'],
  ['What does 你好 mean in English?', 'en'],
  ['Hello', 'en'],
  ['Привет', 'en'],
  ['日本語で書いてください', 'en'],
  ['1 + 1 = ?', undefined],
  ['', undefined],
] as const) {
  test(`the language of a text: ${JSON.stringify(text)}`, () => {
    assert.equal(languageOfText(text), expected);
  });
}

test('a question without words is answered in the language of the one before it', () => {
  const inEnglish = { VSCODE_NLS_CONFIG: '{"locale":"en"}' };
  const asked = ['Hello', '你好', '1 + 1 = ?'].map((text) => ({ sender: 'user', text }));
  assert.equal(languageOf(asked, inEnglish), 'zh');
  assert.equal(languageOf([...asked, { sender: 'bot', text: 'Two.' }], inEnglish), 'zh');
});

test("where no question has words, or there is none, VS Code's language is spoken", () => {
  const inChinese = { VSCODE_NLS_CONFIG: '{"locale":"zh-cn"}' };
  const asked = (text: string) => [{ sender: 'user', text }];
  assert.equal(languageOf([], inChinese), 'zh');
  assert.equal(languageOf(asked('1 + 1 = ?'), inChinese), 'zh');
  assert.equal(languageOf(asked('Hello'), inChinese), 'en');
  assert.equal(languageOf([], { VSCODE_NLS_CONFIG: '{"locale":"en"}' }), 'en');
  assert.equal(languageOf(asked('1 + 1 = ?'), { VSCODE_NLS_CONFIG: 'broken' }), 'en');
  assert.equal(languageOf([], {}), 'en');
});

test('every phrase is there in both languages, in its own words', () => {
  const sample = (phrases: object) =>
    new Map(
      Object.entries(phrases).flatMap(([name, phrase]) =>
        typeof phrase === 'function'
          ? [[name, String(phrase(name === 'models' ? ['a'] : 'a', 'b', 'c'))]]
          : [],
      ),
    );
  const inEnglish = sample({ ...english, explain: undefined });
  const inChinese = sample({ ...chinese, explain: undefined });
  assert.deepEqual([...inChinese.keys()].sort(), [...inEnglish.keys()].sort());
  for (const [name, text] of inEnglish) {
    // Names and signs are the same in every language.
    if (['effort', 'withoutPanel'].includes(name)) continue;
    assert.doesNotMatch(text.replace(/添加初始文件|重试/g, ''), /[\u4e00-\u9fff]/, name);
    assert.match(inChinese.get(name) ?? '', /[\u4e00-\u9fff]/, name);
  }
});

test('every failure is explained in the words of the panel, in both languages', () => {
  const details = {
    url: 'http://x/v1',
    model: 'm',
    patience: 'p',
    message: 'w',
    status: 500,
    hasKey: true,
  };
  for (const reason of [...Object.keys(rows), 'settings']) {
    for (const { explain } of [english, chinese]) {
      const { happened, advice } = explain({ reason }, details);
      assert.match(happened, /[.。]$/, reason);
      assert.match(advice, /[.。]$/, reason);
      assert.doesNotMatch(happened + advice, /undefined|--|LOCAL_LLM/, reason);
    }
  }
});

test('times are told as people tell them', () => {
  assert.deepEqual([8, 75, 1800].map(english.time), ['8 s', '1 min 15 s', '30 min']);
  assert.deepEqual([8, 75, 1800].map(chinese.time), ['8 秒', '1 分 15 秒', '30 分钟']);
});
