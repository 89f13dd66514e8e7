/** The machine as a whole: what becomes of a body, whatever is in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatError, type StreamOptions, streamChat } from '../../../src/index.ts';
import { fakeClock } from '../send/fake-clock.ts';
import { chunk, collect, fakeServer, frames, hello, silence } from '../streams.ts';

type Reads = Parameters<typeof fakeServer>[0];

/** What becomes of a body: the text and the verdict, or the text and how it failed. */
async function outcome(reads: Reads, init?: ResponseInit, options: StreamOptions = {}) {
  const { fetch, seen } = fakeServer(reads, init);
  const reply = streamChat({ messages: [] }, { fetch, ...options });
  let text = '';
  try {
    for await (const piece of reply) text += piece;
    const { verdict } = await reply.result;
    return { text, end: verdict, seen };
  } catch (thrown) {
    const error = thrown as ChatError;
    assert.equal(error.name, 'ChatError', String(error));
    assert.equal(error.partial?.text, text);
    assert.equal(error.partial?.verdict, undefined);
    return { text, end: error.kind, error, seen };
  }
}

const a = frames(chunk({ content: 'a' }));
const stop = frames(chunk({}, 'stop'));
const both = frames(chunk({ content: 'a' }, 'stop'));
const gone = new TypeError('terminated');
const json = { headers: { 'content-type': 'application/json' } };
const whole = { choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] };

const cases: [what: string, reads: Reads, text: string, end: string, init?: ResponseInit][] = [
  ['a finish reason and [DONE]', [a, stop, frames('[DONE]')], 'a', 'complete'],
  ['[DONE] without a finish reason', [a, frames('[DONE]')], 'a', 'complete'],
  ['[DONE] with white space', [a, frames('[DONE] ')], 'a', 'complete'],
  ['[DONE] alone', [frames('[DONE]')], '', 'empty'],
  ['a finish reason, and a clean end', [a, stop], 'a', 'complete'],
  ['a finish reason, and a broken end', [a, stop, gone], 'a', 'complete'],
  ['a finish reason with the last token, and a clean end', [both], 'a', 'complete'],
  ['a finish reason with the last token, and a broken end', [both, gone], 'a', 'complete'],
  ['a finish reason before any token, and a clean end', [stop], '', 'empty'],
  ['a finish reason before any token, and a broken end', [stop, gone], '', 'interrupted'],
  ['a finish reason with every token, and a clean end', [both, both], 'aa', 'interrupted'],
  ['neither, and a clean end', [a], 'a', 'interrupted'],
  ['neither, and a broken end', [a, gone], 'a', 'interrupted'],
  ['nothing at all', [''], '', 'interrupted'],
  ['a broken end before anything', [gone], '', 'interrupted'],
  [
    'the text that was held back for a mark, and then the error',
    [frames(chunk({ content: 'a<' }))],
    'a<',
    'interrupted',
  ],
  ['a frame that was cut at the end', [a, 'data: {"choi'], 'a', 'interrupted'],
  ['a frame that is no JSON in mid-stream', [a, 'data: {"choi\n\n', a], 'a', 'protocol'],
  [
    'frames that say nothing',
    [frames('', ' ', '7', 'null', '"x"', '[]', '[null]'), hello],
    'Hello',
    'complete',
  ],
  ['`"error": null`', [frames({ error: null, choices: [] }), hello], 'Hello', 'complete'],
  [
    'a message beside choices',
    [frames({ message: 'x', detail: 'x', choices: [] }), hello],
    'Hello',
    'complete',
  ],
  ['a whole answer in JSON', [JSON.stringify(whole)], 'a', 'complete', json],
  [
    'a whole answer in JSON, on several lines',
    [JSON.stringify(whole, undefined, 2)],
    'a',
    'complete',
    json,
  ],
  ['an error, whatever follows', [a, frames({ error: 'No.' }, '[DONE]')], 'a', 'server'],
  ['an error event', ['event: error\ndata: {"message":"No."}\n\n'], '', 'server'],
  ['an error event that is no JSON', ['event: error\ndata: No.\n\n'], '', 'server'],
  ['llama.cpp’s old field', [a, 'error: {"message":"No."}\n\n', frames('[DONE]')], 'a', 'server'],
  ['a message without choices', [frames({ message: 'No.' })], '', 'server'],
  ['a detail without choices', [frames({ detail: 'No.' })], '', 'server'],
  ['an error in a list', [frames([{ error: { message: 'No.' } }])], '', 'server'],
  ['an error in JSON under 200', ['{"error":"No."}'], '', 'server', json],
  ['a finish reason that is an error', [a, frames(chunk({}, 'error'), '[DONE]')], 'a', 'server'],
  ['the finish reason `abort` (vLLM)', [a, frames(chunk({}, 'abort'), '[DONE]')], 'a', 'server'],
  [
    'a finish reason that is an error, with the last token, and a clean end',
    [frames(chunk({ content: 'a' }, 'network_error'))],
    'a',
    'server',
  ],
  [
    'a finish reason of Gemini’s: filtered',
    [a, frames(chunk({}, 'SAFETY'))],
    'a',
    'content_filter',
  ],
  ['a finish reason of Gemini’s: cut', [a, frames(chunk({}, 'MAX_TOKENS'))], 'a', 'length'],
  ['a finish reason that nobody knows', [a, frames(chunk({}, '</s>'), '[DONE]')], 'a', 'complete'],
  [
    'comments that were framed (Vertex)',
    [a, frames(': keepalive', ':'), a, stop, frames(': keepalive', '[DONE]')],
    'aa',
    'complete',
  ],
  ['a bare line in an event stream', ['No.\n'], '', 'server'],
  ['a bare line in mid-answer', [a, 'No.\n'], 'a', 'server'],
  [
    'a bare line in mid-answer, of another type',
    [a, 'No.\n'],
    'a',
    'server',
    { headers: { 'content-type': 'text/plain' } },
  ],
  ['a bare line, and a broken end', [a, 'No.\n', gone], 'a', 'interrupted'],
  [
    'text that is no event stream',
    ['No.\n'],
    '',
    'protocol',
    { headers: { 'content-type': 'text/plain' } },
  ],
  [
    'a page',
    ['<html><body>No.</body></html>'],
    '',
    'protocol',
    { headers: { 'content-type': 'text/html' } },
  ],
  ['a refusal', ['{"error":"No."}'], '', 'http', { status: 400 }],
];

for (const [what, reads, text, end, init] of cases) {
  test(`${what}: ${end}`, async () => {
    const { text: read, end: ended, error } = await outcome(reads, init);
    assert.deepEqual([read, ended], [text, end]);
    if (end === 'server' && !what.includes('finish reason'))
      assert.equal(error?.serverMessage, 'No.');
  });
}

const host = 'http://127.0.0.1:1234/v1';

const messages: [what: string, reads: Reads, init: ResponseInit | undefined, fields: object][] = [
  [
    'a stream that broke off',
    [a, gone],
    undefined,
    {
      kind: 'interrupted',
      message: `${host} broke off before the answer was finished: terminated`,
      cause: gone,
    },
  ],
  [
    'a stream that ended too early',
    [a],
    undefined,
    {
      kind: 'interrupted',
      message: `${host} broke off before the answer was finished`,
      cause: undefined,
    },
  ],
  [
    'a frame that is no JSON',
    ['data: {"x": No.\n\n'],
    undefined,
    { kind: 'protocol', message: `${host} sent a frame that is not JSON: {"x": No.` },
  ],
  [
    'a body that is no event stream',
    ['Hello'],
    json,
    {
      kind: 'protocol',
      reason: 'base-url',
      hint: 'Does options.baseURL end with /v1?',
      serverMessage: 'Hello',
      message: `${host} sent no event stream: Hello`,
    },
  ],
  [
    'JSON that is no chat completion',
    ['{"object":"list","data":[]}'],
    json,
    {
      kind: 'protocol',
      reason: 'base-url',
      message: `${host} sent no event stream: {"object":"list","data":[]}`,
    },
  ],
  [
    'an event stream whose first chunk has no choices, and that breaks off',
    [frames({ object: 'chat.completion.chunk' })],
    undefined,
    { kind: 'interrupted', message: `${host} broke off before the answer was finished` },
  ],
  [
    'a server’s error',
    [frames({ error: { message: 'No models loaded', code: 'x' } })],
    undefined,
    {
      kind: 'server',
      reason: 'no-model',
      code: 'x',
      message: `${host} reported an error: No models loaded`,
      status: undefined,
    },
  ],
  [
    'a model’s process that died behind a router',
    ['proxy error: Failed to read connection\n'],
    undefined,
    { kind: 'server', reason: 'crashed' },
  ],
  [
    'a path that LM Studio does not know',
    ['{"error":"Unexpected endpoint or method. (POST /chat/completions)"}'],
    json,
    { kind: 'server', reason: 'base-url' },
  ],
  [
    'a finish reason that is an error',
    [frames(chunk({}, 'error'), '[DONE]')],
    undefined,
    { kind: 'server', serverMessage: 'finish_reason: error' },
  ],
  [
    'a refusal',
    ['Unauthorized'],
    { status: 401 },
    { kind: 'http', status: 401, reason: 'token', message: `${host} answered 401: Unauthorized` },
  ],
];

for (const [what, reads, init, fields] of messages) {
  test(`the error of ${what}`, async () => {
    const { error } = await outcome(reads, init);
    const told = Object.fromEntries(
      Object.keys(fields).map((key) => [key, Reflect.get(Object(error), key)]),
    );
    assert.deepEqual(told, fields);
  });
}

test('of a frame that is no JSON 200 characters are shown', async () => {
  const { error } = await outcome([`data: {${'x'.repeat(300)}\n\n`]);
  assert.equal(error?.serverMessage, `{${'x'.repeat(199)}`);
});

test('a frame that says nothing costs no exception', async (t) => {
  const parse = t.mock.method(JSON, 'parse');
  await outcome([frames('', ': keepalive'), hello]);
  const parsed = parse.mock.calls.map(({ arguments: [json] }) => json);
  assert.ok(parsed.length > 0);
  assert.deepEqual(
    parsed.filter((json) => !json.startsWith('{')),
    [],
  );
});

test('with several answers the budget is no sign of a cut: usage counts the tokens of all', async () => {
  const usage = { choices: [], usage: { completion_tokens: 20 } };
  for (const [n, verdict] of [
    [1, 'length'],
    [2, 'complete'],
  ] as const) {
    const { fetch } = fakeServer([a, stop, frames(usage, '[DONE]')]);
    const { result } = streamChat({ messages: [], n, max_tokens: 10 }, { fetch });
    assert.equal((await result).verdict, verdict);
  }
});

test('a call that was cut by the budget right behind its name is not complete', async () => {
  const call = { index: 0, id: 'a', function: { name: 'rm', arguments: '' } };
  const { fetch } = fakeServer([
    frames(chunk({ tool_calls: [call] }), chunk({}, 'tool_calls')),
    frames({ choices: [], usage: { completion_tokens: 20 } }, '[DONE]'),
  ]);
  const { verdict, toolCalls } = await streamChat({ messages: [], max_tokens: 20 }, { fetch })
    .result;
  assert.deepEqual([verdict, toolCalls[0]?.complete], ['length', false]);
});

test('a result may have so many bytes, and not one more', async () => {
  const reads = [a, a, a, stop, frames('[DONE]')];
  assert.equal((await outcome(reads, undefined, { maxResultBytes: 3 })).end, 'complete');
  const { end, error, text, seen } = await outcome([...reads.slice(0, 3), silence], undefined, {
    maxResultBytes: 2,
  });
  assert.deepEqual([end, text], ['too-large', 'aaa']);
  assert.equal(error?.message, `${host} sent more than options.maxResultBytes`);
  assert.equal(seen.cancelled, 1);
});

test('an event may have so many bytes, and not one more', async () => {
  const longest = a.trim().length - 'data: '.length;
  assert.equal(
    (await outcome([a, frames('[DONE]')], undefined, { maxEventBytes: longest })).end,
    'complete',
  );
  const { end, error, seen } = await outcome([a, silence], undefined, {
    maxEventBytes: longest - 1,
  });
  assert.equal(end, 'too-large');
  assert.equal(error?.message, `${host} sent more than options.maxEventBytes`);
  assert.equal(seen.cancelled, 1);
});

for (const off of [0, Infinity]) {
  test(`where no clock runs (${off}) a refusal is an error at once`, async () => {
    const { error, seen } = await outcome(
      ['No.'],
      { status: 400 },
      { timeouts: { firstToken: off } },
    );
    assert.deepEqual([error?.kind, error?.status, seen.requests.length], ['http', 400, 1]);
  });
}

test('a server that is loading is asked until the first token is due', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer(['Loading model'], { status: 503 });
  const reply = streamChat({ messages: [] }, { fetch, timeouts: { firstToken: 3500 } });
  const failed = assert.rejects(reply.result, { kind: 'http', reason: 'loading' });
  await clock.pass(3400);
  await failed;
  assert.equal(seen.requests.length, 4);
  assert.equal(clock.timers(), 0);
});

test('whatever ends a stream, nothing of it is left: no timer, and no open body', async (t) => {
  const clock = fakeClock(t);
  const ends: Reads[] = [
    [frames({ error: 'No.' }), silence],
    ['data: {\n\n', silence],
    [a, gone],
    [a, stop],
    ['{"error":"No."}'],
  ];
  for (const reads of ends) {
    const { fetch, seen } = fakeServer(reads);
    await collect(streamChat({ messages: [] }, { fetch })).catch(() => {});
    assert.equal(clock.timers(), 0);
    assert.equal(seen.cancelled, reads.includes(silence) ? 1 : 0);
  }
});

test('the chunk of which onChunk throws does not count, and the body is cancelled', async () => {
  const mine = new Error('mine');
  const { fetch, seen } = fakeServer([hello, silence]);
  let chunks = 0;
  const onChunk = () => {
    if (++chunks === 2) throw mine;
  };
  const reply = streamChat({ messages: [] }, { fetch, onChunk });
  await assert.rejects(reply.result, (error) => error === mine);
  assert.equal(reply.soFar.text, 'Hel');
  assert.deepEqual([chunks, seen.cancelled], [2, 1]);
});

test('calls are complete in the result, and not before', async () => {
  const call = chunk({
    tool_calls: [{ index: 0, id: 'a', function: { name: 'now', arguments: '{}' } }],
  });
  const { fetch } = fakeServer([frames(call), frames(chunk({}, 'tool_calls'), '[DONE]')]);
  const reply = streamChat({ messages: [] }, { fetch });
  const events = reply.events();
  await events.next();
  const isComplete = () => reply.soFar.toolCalls.map(({ complete }) => complete);
  assert.deepEqual(isComplete(), [false]);
  await events.next();
  assert.deepEqual(isComplete(), [true]);
  const left = streamChat({ messages: [] }, { fetch: fakeServer([frames(call), silence]).fetch });
  for await (const _ of left.events()) break;
  const { verdict, toolCalls } = await left.result;
  assert.deepEqual([verdict, toolCalls[0]?.complete], ['stopped', false]);
});

test('a server that is loading is asked without end where no clock runs', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer(['Loading model'], { status: 503 });
  const reply = streamChat({ messages: [] }, { fetch, timeouts: { firstToken: 0 } });
  const iterator = reply[Symbol.asyncIterator]();
  const pending = iterator.next();
  await clock.pass(60_000);
  assert.equal(seen.requests.length, 61);
  await iterator.return?.();
  assert.equal((await pending).done, true);
});

test('a reader that leaves at the text that was held back has stopped, though the body broke off there', async () => {
  const { fetch } = fakeServer([frames(chunk({ content: 'a<' })), gone]);
  const reply = streamChat({ messages: [] }, { fetch });
  const iterator = reply[Symbol.asyncIterator]();
  const texts = [await iterator.next(), await iterator.next()].map(({ value }) => value);
  await iterator.return?.();
  assert.deepEqual(texts, ['a', '<']);
  assert.equal((await reply.result).verdict, 'stopped');
});

test('an abort by onChunk ends the stream before the chunk counts, whatever it throws', async () => {
  const mine = new Error('mine');
  for (const andThrow of [false, true]) {
    const controller = new AbortController();
    const onChunk = () => {
      controller.abort(mine);
      if (andThrow) throw new Error('other');
    };
    const { fetch, seen } = fakeServer([hello, silence]);
    const reply = streamChat({ messages: [] }, { fetch, onChunk, signal: controller.signal });
    const iterator = reply[Symbol.asyncIterator]();
    await assert.rejects(iterator.next(), (error) => error === mine);
    await assert.rejects(reply.result, (error) => error === mine);
    assert.deepEqual([reply.soFar.text, seen.cancelled], ['', 1]);
  }
});
