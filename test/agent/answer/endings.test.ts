import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatsWith, lastMeta, lastRequest, textsOf } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import {
  begin,
  deadURL,
  ending,
  frame,
  lmStudioModels,
  raw,
  refuse,
  type Script,
  say,
  startServer,
} from '../doubles/scripted-server.ts';

/** How an answer may end, and what is said of it. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer(lmStudioModels);
const lmStudioChats = chatsWith(lmStudio);

test("a dead server is told in the reply, in words and at once; never in the host's own error", async () => {
  const host = chats.open({ llm: { baseURL: await deadURL() } });
  await clock.passWhile(host.send('Hi'));
  const [, text] = textsOf(host);
  assert.match(
    text ?? '',
    /No server is running at http:\/\/127\.0\.0\.1:\d+\/v1\.\n>\n> Start it/,
  );
  assert.doesNotMatch(text ?? '', /fetch failed|ECONNREFUSED|terminated/);
  assert.deepEqual(lastMeta(host).error, { kind: 'connection', reason: 'refused' });
  const chinese = chats.open({ llm: { baseURL: await deadURL() } });
  await clock.passWhile(chinese.send('你好，请介绍一下自己'));
  assert.match(textsOf(chinese)[1] ?? '', /没有服务在运行。\n>\n> 请启动服务/);
});

test('what went wrong is not sent to the model on the next turn, but the question is', async () => {
  server.script(refuse(500, { error: 'boom' }));
  const host = chats.open();
  await host.send('a');
  assert.match(
    textsOf(host)[1] ?? '',
    /refused the question \(status 500\)[\s\S]*The server says: "boom"/,
  );
  server.script(say('Fine.'));
  await host.send('b');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'a\n\nb' }]);
});

test('a note is not shown as code when the answer broke off inside a code fence', async () => {
  server.script((response) => {
    begin(response);
    response.write(frame({ content: '```js\nlet a' }), () => response.destroy());
  });
  const host = chats.open();
  await host.send('Code');
  assert.match(
    textsOf(host)[1] ?? '',
    /^```js\nlet a\n```\n\n> \S*⚠️ \*\*local-llm\*\* · The server at \S+ closed the connection before/,
  );
  assert.equal((lastMeta(host).error as { kind: string }).kind, 'interrupted');
});

test('what is secret in the base URL is shown nowhere', async () => {
  const withUser = (url: string) => url.replace('://', '://me:pass-word@');
  const ready = chats.open({ llm: { baseURL: withUser(lmStudio.baseURL) } });
  await ready.press({ name: 'InitTask', meta: {} });
  const baseURL = `${withUser(await deadURL())}?token=secret-token`;
  const dead = chats.open({ llm: { baseURL } });
  await clock.passWhile(dead.send('Hi'));
  const saved = JSON.stringify([ready.saved(), dead.saved()]);
  assert.match(saved, /✅[\s\S]*No server is running/);
  assert.doesNotMatch(saved, /pass-word|secret-token/);
});

test('the first answer of each other model than before names it, and the model never reads that', async () => {
  const as = (model: string) =>
    raw(
      frame({ content: 'Yes.' }, { model }) + ending().replaceAll('"tiny"', JSON.stringify(model)),
    );
  const host = chats.open();
  for (const [model, expected] of [
    ['tiny', 'Yes.'],
    ['tiny', 'Yes.'],
    ['big', 'Yes.\n\n> ℹ️ **local-llm** · Answered by `big`.'],
    ['big', 'Yes.'],
    ['tiny', 'Yes.\n\n> ℹ️ **local-llm** · Answered by `tiny`.'],
  ] as const) {
    host.choose('model', model);
    server.script(as(model));
    await host.send('Well?');
    assert.equal(textsOf(host).at(-1), expected);
  }
  await host.send('So?');
  const answers = lastRequest(server).body.messages.filter(({ role }) => role === 'assistant');
  assert.ok(answers.every(({ content }) => content === 'Yes.'));
});

test('the answer of another model is noted once a thread', async () => {
  server.script(say('Hello.'));
  const host = chats.open({
    llm: { model: 'publisher/gemma-2-2b-it-GGUF/gemma-2-2b-it-Q4_K_M.gguf' },
  });
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /`tiny` answered, but `publisher[\s\S]*drop-down "Model"/);
  await host.send('Hi');
  assert.equal(textsOf(host)[3], 'Hello.');
  assert.deepEqual(lastRequest(server).body.messages[1], { role: 'assistant', content: 'Hello.' });
});

for (const [name, script, note] of [
  ['cut by length', raw(frame({ content: 'Half' }) + ending('length')), /^Half\n\n> .*was cut off/],
  ['empty', say(), /gave an empty answer/],
  [
    'hidden in the reasoning',
    say({ reasoning_content: 'All of it' }),
    /stopped while still thinking/,
  ],
  ['filtered', raw(ending('content_filter')), /content filter blocked the rest/],
  ['no end', raw(frame({ content: 'Half' })), /^Half\n\n> .*The connection was lost before/],
  [
    'a token is needed',
    refuse(401, {
      error: { message: 'An LM Studio API token is required', code: 'invalid_api_key' },
    }),
    /requires an API token \(401\)\.[\s\S]*"An LM Studio API token is required"[\s\S]*Store the API token/,
  ],
  [
    'the context is too small',
    refuse(400, {
      error:
        'Engine protocol predict request returned 400: {"error":{"code":400,"message":"request (9025 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}',
    }),
    /longer than the model's context[\s\S]*9025 tokens[\s\S]*this question alone is too long/,
  ],
  [
    'an error inside the stream',
    raw(
      `${frame({ content: 'Half' })}event: error\ndata: {"error":{"message":"Compute error."}}\n\n`,
    ),
    /^Half\n\n> [\s\S]*Compute error\./,
  ],
  [
    'no event stream',
    raw('<h1>Welcome</h1>', 'text/html'),
    /Welcome[\s\S]*`baseURL` in agents\.json ends with `\/v1`/,
  ],
] satisfies [string, Script, RegExp][]) {
  test(`an honest end, in one block under what was written: ${name}`, async () => {
    server.script(script);
    const host = chats.open();
    await host.send('Hi');
    assert.match(textsOf(host)[1] ?? '', note);
    assert.ok(!textsOf(host)[1]?.includes('An error occurred during processing'));
  });
}

test('no model is loaded: the reply says where one can be loaded', async () => {
  lmStudio.script(
    refuse(400, { error: { message: 'No models loaded. Please load a model.', param: 'model' } }),
  );
  const host = lmStudioChats.open();
  await host.send('Hi');
  assert.match(
    textsOf(host)[1] ?? '',
    /No model is loaded\.[\s\S]*Press 重试 \(Retry\) to ask again\./,
  );
});

test('a base URL without /v1 is named as the cause', async () => {
  server.script((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"error":"Unexpected endpoint or method. (POST /chat/completions)"}');
  });
  const host = chats.open({ llm: { baseURL: new URL(server.baseURL).origin } });
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /`baseURL` in agents\.json ends with `\/v1`/);
});

test('bad settings are refused in words, and nothing is sent', async () => {
  const before = server.seen.length;
  for (const [metadata, words] of [
    ['text', /agents\.json are not right: metadata must be an object\./],
    [{ llm: 5 }, /metadata\.llm must be an object/],
    [
      { llm: { baseURL: 'localhost:1234/v1', showStats: 'yes' } },
      /metadata\.llm\.showStats must be of type boolean/,
    ],
    [{ llm: { baseURL: 'localhost:1234/v1' } }, /baseURL must begin with http/],
    [{ llm: { baseURL: 'nonsense', model: 'tiny' } }, /baseURL must begin with http/],
  ] as const) {
    const host = chats.open({ metadata });
    await host.send('Hi');
    assert.match(textsOf(host)[1] ?? '', words);
    assert.equal((lastMeta(host).error as { kind: string }).kind, 'settings');
    assert.ok((await host.openPanel()).length > 0);
  }
  assert.equal(server.seen.length, before);
});

test('an unknown field is named once, and the chat goes on', async () => {
  server.script(say('Hello.'));
  const host = chats.open({ llm: { temprature: 1 } });
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /^Hello\.\n\n> .*`temprature`/);
  await host.send('Hi');
  assert.equal(textsOf(host)[3], 'Hello.');
});

test('a missing key is told without the name, which may be the key itself', async () => {
  server.script(refuse(401, { error: { message: 'Invalid API Key', code: 401 } }));
  const host = chats.open({ llm: { apiKey: 'my-short-key' } });
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /in My Assistant's setting `apiKey`/);
  assert.ok(!JSON.stringify(host.saved()).includes('my-short-key'));
});

test('showStats adds one line, which the model never reads', async () => {
  server.script(say('Hello.'));
  const host = chats.open({ llm: { showStats: true } });
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /^Hello\.\n\n> .*2 tokens, .* tokens\/s, /);
  await host.send('Hi');
  assert.deepEqual(lastRequest(server).body.messages[1], { role: 'assistant', content: 'Hello.' });
});
