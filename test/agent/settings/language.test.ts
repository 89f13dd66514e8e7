import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rows } from '../../../src/advice/rows.ts';
import { chinese } from '../../../src/agent/say/phrases-chinese.ts';
import { english } from '../../../src/agent/say/phrases-english.ts';
import { languageOf, languageOfText } from '../../../src/agent/settings/language.ts';
import { readSettings } from '../../../src/agent/settings/settings.ts';
import { streamChat } from '../../../src/client/stream-chat.ts';

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
        phrase === undefined
          ? []
          : [[name, String(typeof phrase === 'function' ? phrase('a', 'b', 'c') : phrase)]],
      ),
    );
  const inEnglish = sample({ ...english, explain: undefined, wrongSettings: undefined });
  const inChinese = sample({ ...chinese, explain: undefined, wrongSettings: undefined });
  assert.deepEqual([...inChinese.keys()].sort(), [...inEnglish.keys()].sort());
  for (const [name, text] of inEnglish) {
    // Names and signs are the same in every language.
    if (['effort', 'withoutPanel'].includes(name)) continue;
    assert.doesNotMatch(text.replace(/添加初始文件|重试/g, ''), /[\u4e00-\u9fff]/, name);
    assert.match(inChinese.get(name) ?? '', /[\u4e00-\u9fff]/, name);
  }
});

const noDetails = {
  url: 'http://x/v1',
  model: 'm',
  patience: 'p',
  message: 'w',
  status: 500,
  hasKey: true,
};

test('every failure is explained in the words of the panel, in both languages', () => {
  for (const reason of [...Object.keys(rows), 'settings']) {
    for (const { explain, wrongSettings } of [english, chinese]) {
      const { happened, advice } =
        reason === 'settings' ? wrongSettings('w') : explain({ reason }, noDetails);
      assert.match(happened, /[.。]$/, reason);
      assert.match(advice, /[.。]$/, reason);
      assert.doesNotMatch(happened + advice, /undefined|--|LOCAL_LLM/, reason);
    }
  }
});

test('what is wrong with a setting is said in Chinese, too', () => {
  const key = 'a key with\nlines';
  for (const [llm, words] of [
    [5, /metadata\.llm 必须是对象。/],
    [{ timeouts: 1 }, /timeouts 必须是对象，例如 `\{ "firstToken": 1800000 \}`。/],
    [{ timeouts: { idle: -1 } }, /timeouts\.idle 必须是不小于 0 的数字。/],
    [{ showStats: 1 }, /showStats 的类型必须是 boolean。/],
    [{ reasoning: 'loud' }, /reasoning 只能是 show, hide, off 之一。/],
    [{ presets: { a: { systemPrompt: 1 } } }, /presets\.a\.systemPrompt 的类型必须是 string。/],
  ] as const) {
    const { problem } = readSettings({ llm }, {});
    assert.match(chinese.wrongSettings(String(problem?.message)).happened, words);
  }
  for (const [options, words] of [
    [{ baseURL: 'localhost' }, /baseURL 必须以 http:\/\/ 或 https:\/\/ 开头。/],
    [{ apiKey: key }, /API 令牌或 `baseURL` 里有不能发送的字符。/],
  ] as const) {
    assert.throws(
      () => streamChat({ messages: [] }, options),
      ({ message }: Error) => words.test(chinese.wrongSettings(message).happened),
    );
  }
});

test('times are told as people tell them', () => {
  assert.deepEqual([8, 75, 1800].map(english.time), ['8 s', '1 min 15 s', '30 min']);
  assert.deepEqual([8, 75, 1800].map(chinese.time), ['8 秒', '1 分 15 秒', '30 分钟']);
});
