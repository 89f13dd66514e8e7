import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { type ModelReplyOptions, modelReply, replayFetch } from '../../../src/replay/index.ts';
import { startReplayServer } from '../../../src/replay/serve/serve.ts';
import { readFixture, textOf } from '../helpers.ts';

// A reply that is made from what it says, in LM Studio's form, and labelled as what it is.

const request = { model: 'any', messages: [{ role: 'user', content: 'anything' }] };
const read = async (options: ModelReplyOptions) => {
  const deltas: string[] = [];
  const reply = streamChat(request, { fetch: replayFetch(modelReply(options)) });
  for await (const text of reply) deltas.push(text);
  return { deltas, ...(await reply.result) };
};

test('a text is streamed word by word, and is complete', async () => {
  const { deltas, text, verdict, finishReason, usage } = await read({ text: 'Hello, you there! ' });
  assert.deepEqual(deltas, ['Hello,', ' you', ' there!', ' ']);
  assert.deepEqual([text, verdict, finishReason], ['Hello, you there! ', 'complete', 'stop']);
  assert.deepEqual(usage, { prompt_tokens: 0, completion_tokens: 4, total_tokens: 4 });
});

test('the deltas may be counted or listed, and no character is cut', async () => {
  const texts = async (options: ModelReplyOptions) => (await read(options)).deltas;
  assert.deepEqual(await texts({ text: 'abcdef', deltas: 3 }), ['ab', 'cd', 'ef']);
  assert.deepEqual(await texts({ text: '\u{1f980}\u{1f980}', deltas: 4 }), [
    '\u{1f980}',
    '\u{1f980}',
  ]);
  assert.deepEqual(await texts({ deltas: ['Hel', 'lo'] }), ['Hel', 'lo']);
});

test('reasoning comes before the text, and tool calls after it', async () => {
  const { text, reasoning, toolCalls, verdict } = await read({
    reasoning: 'I need a tool.',
    text: 'One moment.',
    toolCalls: [
      { name: 'read', arguments: { path: 'a.txt' } },
      { name: 'broken', arguments: '{"path":', id: 'mine' },
    ],
  });
  assert.deepEqual([text, reasoning, verdict], ['One moment.', 'I need a tool.', 'tool_calls']);
  assert.deepEqual(toolCalls, [
    { id: '482915637', name: 'read', arguments: '{"path":"a.txt"}', complete: true },
    { id: 'mine', name: 'broken', arguments: '{"path":', complete: false },
  ]);
});

test('finish reason, usage and model are as asked, and nothing is an empty answer', async () => {
  const cut = await read({
    text: 'On and',
    finishReason: 'length',
    model: 'org/model',
    usage: null,
  });
  assert.deepEqual([cut.verdict, cut.model, cut.usage], ['length', 'org/model', undefined]);
  assert.equal((await read({})).verdict, 'empty');
});

test('it is labelled as modelled, and has the form of the fixtures that are modelled after LM Studio', async () => {
  const exchange = modelReply({
    toolCalls: [{ name: 'read_file', arguments: '{"path":"notes/today.md"}' }],
    model: 'google/gemma-4-e4b',
    usage: {
      prompt_tokens: 118,
      completion_tokens: 21,
      total_tokens: 139,
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  });
  assert.equal(exchange.provenance.kind, 'modelled');
  const known = await readFixture('lmstudio/tool-call');
  const body = async (it: typeof exchange) =>
    textOf([await it.readBody()])
      .replace(/"id":"chatcmpl-\w+"/g, '"id":"chatcmpl"')
      .replace(/"created":\d+/g, '"created":0');
  assert.equal(await body(exchange), await body(known));
  assert.deepEqual(exchange.response.headers, known.response.headers);
});

test('tokens per second are the times of its chunks', () => {
  const { chunks = [] } = modelReply({ text: 'a b c', tokensPerSecond: 50 });
  assert.deepEqual(
    chunks.map(([ms]) => ms),
    [20, 20, 20, 0, 0, 0],
  );
});

test('a list answers one request after the other, the last one again and again, in-process and served', async (t) => {
  const replies = ['one', 'two'].map((text) => modelReply({ text }));
  const server = await startReplayServer(replies);
  t.after(() => server.close());
  for (const options of [{ fetch: replayFetch(replies) }, { baseURL: `${server.url}/v1` }]) {
    const texts: string[] = [];
    for (const _ of [1, 2, 3]) texts.push((await streamChat(request, options).result).text);
    assert.deepEqual(texts, ['one', 'two', 'two']);
  }
});

const wrong: [options: object, message: RegExp][] = [
  [{ text: 1 }, /^text must be a text, /],
  [{ deltas: 0 }, /^deltas must be a whole number from 1 on/],
  [{ deltas: ['a'], text: 'a' }, /^text must be a text, and left out if deltas lists its parts/],
  [{ toolCalls: [{}] }, /^toolCalls must be a list of/],
  [{ tokensPerSecond: 0 }, /^tokensPerSecond must be a number above 0/],
  [{ usage: 3 }, /^usage must be an object, or null for none; it is 3/],
];
for (const [options, message] of wrong) {
  test(`${JSON.stringify(options)} is refused, naming the option`, () => {
    assert.throws(() => modelReply(options), { name: 'TypeError', message });
  });
}
