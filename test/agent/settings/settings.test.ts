import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../../src/agent/settings/settings.ts';

test("the tutorial's agents.json needs nothing else", () => {
  const config = readSettings(
    { llm: { model: 'local-model-name', baseURL: 'http://localhost:1234/v1' } },
    { apiKey: { openai: '' }, agentRepositoryUrl: {} },
  );
  assert.equal(config.baseURL, 'http://localhost:1234/v1');
  assert.equal(config.model, undefined, 'the sample value is no model');
  assert.equal(config.apiKey, undefined);
  assert.deepEqual([config.problem, config.unknown], [undefined, []]);
});

test('without any setting LM Studio is meant', () => {
  for (const [metadata, settings] of [
    [undefined, undefined],
    [{}, {}],
    [{ llm: { baseURL: ' ' } }, null],
  ]) {
    const { baseURL, problem } = readSettings(metadata, settings);
    assert.deepEqual([baseURL, problem], ['http://127.0.0.1:1234/v1', undefined]);
  }
});

test('the model is found in every place, the most specific first', () => {
  const places: [metadata: object, settings: object, model: string | undefined][] = [
    [{ model: 'b' }, { model: 'a', apiKey: { model: 'c' } }, 'a'],
    [{ model: 'b' }, { model: '', apiKey: { model: 'c' } }, 'b'],
    [{ model: 'b' }, { model: '(auto)' }, 'b'],
    [{ model: 'local-model-name' }, { apiKey: { model: 'c' } }, 'c'],
    [{}, { apiKey: { model: 'c' } }, 'c'],
    [{ body: { model: 'd' } }, {}, 'd'],
    [{}, { model: 7 }, '7'],
    [{}, {}, undefined],
  ];
  for (const [llm, settings, model] of places) {
    assert.equal(readSettings({ llm }, settings).model, model, JSON.stringify([llm, settings]));
  }
});

test("metadata.llm.apiKey names a key, in the plugin's map or beside it; an empty one is none", () => {
  const key = (settings: object) => readSettings({ llm: { apiKey: 'lmstudio' } }, settings).apiKey;
  assert.equal(key({ apiKey: { lmstudio: ' token ' } }), 'token');
  assert.equal(key({ lmstudio: 'token' }), 'token');
  assert.equal(key({ apiKey: { lmstudio: '' } }), '');
  assert.equal(key({ apiKey: { openai: 'sk-1' } }), undefined);
});

test('a key that was pasted in place of its name is used as a key', () => {
  for (const apiKey of ['sk-lm-abc:def', 'abcdefghijklmnopqrstuvwx']) {
    assert.equal(readSettings({ llm: { apiKey } }, { apiKey: {} }).apiKey, apiKey);
  }
});

for (const [name, metadata, settings, field] of [
  ['metadata is no object', 'x', {}, 'metadata must be an object'],
  ['llm is no object', { llm: [] }, {}, 'metadata.llm must be an object'],
  ['settings are no object', {}, 'x', 'settings must be an object'],
  ['a model of a wrong type', { llm: { model: {} } }, {}, 'metadata.llm.model must be'],
  ['a prompt of a wrong type', { llm: { systemPrompt: 5 } }, {}, 'metadata.llm.systemPrompt must'],
  ['an unknown mode', { llm: { reasoning: 'yes' } }, {}, 'metadata.llm.reasoning must be'],
  ['an unknown language', { llm: { language: 'de' } }, {}, 'metadata.llm.language must be'],
  [
    'a body of a wrong type',
    { llm: { body: 'x' } },
    {},
    'metadata.llm.body must be an object such as `{ "temperature": 0.2 }`',
  ],
  [
    'timeouts of a wrong type',
    { llm: { timeouts: 5 } },
    {},
    'metadata.llm.timeouts must be an object such as `{ "firstToken": 1800000 }`',
  ],
  [
    'a time in words',
    { llm: { timeouts: { idle: '5 s' } } },
    {},
    'metadata.llm.timeouts.idle must',
  ],
  ['a negative time', { llm: { timeouts: { firstToken: -1 } } }, {}, 'timeouts.firstToken must be'],
  ['the name of a type', { llm: { showStats: 'boolean' } }, {}, 'metadata.llm.showStats must be'],
] as const) {
  test(`what is wrong is named, and nothing throws: ${name}`, () => {
    const { problem } = readSettings(metadata, settings);
    assert.ok(problem instanceof TypeError && problem.message.includes(field), String(problem));
  });
}

test('what is wrong is told in the configured language, unless that is wrong itself', () => {
  const language = (llm: object) => readSettings({ llm }, {}).language;
  assert.equal(language({ language: 'zh', model: {} }), 'zh');
  assert.equal(language({ language: 'en', timeouts: 5 }), 'en');
  assert.equal(language({ language: ['zh'], model: {} }), undefined);
  assert.equal(readSettings('x', {}).language, undefined);
});

test('once the answer comes, silence ends it only where that was asked for', () => {
  assert.deepEqual(readSettings({}, {}).timeouts, { firstToken: 1_800_000, idle: 0 });
  const { timeouts } = readSettings({ llm: { timeouts: { idle: 5 } } }, {});
  assert.deepEqual(timeouts, { firstToken: 1_800_000, idle: 5 });
});

test('unknown fields are named, and do not stop the chat', () => {
  const { unknown, problem } = readSettings(
    {
      bootMessage: {},
      llm: { baseUrl: 'http://x', timeouts: { total: 1 }, presets: { a: { prompt: 'b' } } },
    },
    {},
  );
  assert.equal(problem, undefined);
  assert.deepEqual(unknown, ['baseUrl', 'total', 'prompt']);
});

test('the choice in the panel wins over agents.json', () => {
  assert.equal(readSettings({ llm: { reasoning: 'hide' } }, { reasoning: 'off' }).reasoning, 'off');
  assert.equal(readSettings({ llm: { reasoning: 'hide' } }, {}).reasoning, 'hide');
  assert.equal(readSettings({}, {}).reasoning, 'show');
  for (const reasoning of ['loud', 5, null]) {
    const { problem, reasoning: mode } = readSettings(
      { llm: { reasoning: 'hide' } },
      { reasoning },
    );
    assert.deepEqual([problem, mode], [undefined, 'hide'], 'a choice that is none does not count');
  }
});

test('presets are an object by name; the chosen one has its system prompt and its fields', () => {
  const body = { temperature: 0.2, max_tokens: 100 };
  const presets = { brief: { systemPrompt: 'Be brief.' }, wild: { body: { temperature: 1.5 } } };
  const llm = { systemPrompt: 'Be kind.', body, presets };
  const chosen = (preset?: string) => {
    const config = readSettings({ llm }, { preset });
    return [config.systemPrompt, config.body, config.problem];
  };
  assert.deepEqual(chosen(), ['Be kind.', body, undefined]);
  assert.deepEqual(chosen('(none)'), ['Be kind.', body, undefined]);
  assert.deepEqual(chosen('brief'), ['Be brief.', body, undefined]);
  assert.deepEqual(chosen('wild'), ['Be kind.', { ...body, temperature: 1.5 }, undefined]);
  const wrong = readSettings({ llm: { presets: { a: { systemPrompt: 5 } } } }, {});
  assert.match(
    String(wrong.problem),
    /metadata\.llm\.presets\.a\.systemPrompt must be of type string/,
  );
  const list = readSettings({ llm: { presets: [{ name: 'brief' }] } }, {});
  assert.match(
    String(list.problem),
    /metadata\.llm\.presets must be an object such as `\{ "brief"/,
  );
});

test("the server's own words for how much to reason can be chosen", () => {
  const { reasoning, effort } = readSettings(
    { llm: { reasoning: 'hide' } },
    { reasoning: 'effort:low' },
  );
  assert.deepEqual([reasoning, effort], ['show', 'low']);
  assert.equal(readSettings({}, { reasoning: 'effort:<b>' }).effort, undefined);
});
