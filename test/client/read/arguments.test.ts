import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { collect, fakeServer, hello } from '../streams.ts';

const messages = [{ role: 'user', content: 'hi' }];

/** As a program in JavaScript may call it. */
function call(body: unknown, options?: unknown): unknown {
  return Reflect.apply(streamChat, undefined, [body, options]);
}

async function sent(body: object, options: object = {}) {
  const { fetch, seen } = fakeServer([hello]);
  await streamChat({ messages, ...body }, { fetch, ...options }).result;
  const [{ url, init } = { url: '', init: {} }] = seen.requests;
  return { url, init, headers: new Headers(init.headers), body: JSON.parse(String(init.body)) };
}

const wrong: [name: string, says: RegExp, body: unknown, options?: unknown][] = [
  ['no body', /body/, undefined],
  ['a body that is null', /body/, null],
  ['no messages', /messages/, {}],
  ['messages that are a string', /messages/, { messages: 'hi' }],
  ['a model that is a number', /model/, { messages, model: 7 }],
  ['options that are a string', /options/, { messages }, 'http://127.0.0.1:1234/v1'],
  ['an extra body that is a list', /extraBody/, { messages }, { extraBody: [] }],
  ['headers that are a text', /headers/, { messages }, { headers: 'x-a: b' }],
  ['entries of headers that are none', /headers/, { messages }, { headers: [7] }],
  ['a key that is an object', /apiKey/, { messages }, { apiKey: {} }],
  ['a fetch that is none', /fetch/, { messages }, { fetch: 'fetch' }],
  ['a signal that is none', /signal/, { messages }, { signal: 'stop' }],
  [
    'a signal whose controller was given',
    /signal/,
    { messages },
    { signal: new AbortController() },
  ],
  ['a key with half a character', /apiKey/, { messages }, { apiKey: 'key\ud800' }],
  ['timeouts that are a number', /timeouts/, { messages }, { timeouts: 1000 }],
  ['a negative timeout', /idle/, { messages }, { timeouts: { idle: -1 } }],
  ['a timeout that is NaN', /firstToken/, { messages }, { timeouts: { firstToken: Number.NaN } }],
  ['a bound that is a string', /maxEventBytes/, { messages }, { maxEventBytes: '1' }],
  ['an onChunk that is no function', /onChunk/, { messages }, { onChunk: true }],
  ['a base URL without a scheme', /http:\/\//, { messages }, { baseURL: 'localhost:1234/v1' }],
  ['a base URL of another scheme', /http/, { messages }, { baseURL: 'file:///tmp' }],
  ['a base URL that is no URL', /baseURL/, { messages }, { baseURL: 'here' }],
];

for (const [name, says, body, options] of wrong) {
  test(`${name}: TypeError at once, naming the argument`, () => {
    assert.throws(
      () => call(body, options),
      (error) => error instanceof TypeError && says.test(error.message),
    );
  });
}

test('a key that no header can carry is refused without being shown', () => {
  for (const options of [
    { apiKey: 'geheim\nX-Evil: 1' },
    { headers: { 'x-key': 'geheim\u0000' } },
  ]) {
    assert.throws(
      () => call({ messages }, options),
      (error) => error instanceof TypeError && !error.message.includes('geheim'),
    );
  }
});

test('the body goes as it is, with the stream and its usage asked for', async () => {
  const { body, init } = await sent({ model: 'm', temperature: 0.5, tools: [] });
  assert.equal(init.method, 'POST');
  assert.deepEqual(body, {
    messages,
    model: 'm',
    temperature: 0.5,
    tools: [],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('what the caller says of the stream counts', async () => {
  assert.equal((await sent({ stream: false })).body.stream, false);
  assert.equal('stream_options' in (await sent({ stream: false })).body, false);
  const { body } = await sent({ stream_options: { include_usage: false, other: 1 } });
  assert.deepEqual(body.stream_options, { include_usage: false, other: 1 });
});

test('null leaves stream_options out, for servers that refuse the field', async () => {
  const { body } = await sent({ stream_options: null });
  assert.deepEqual(body, { messages, stream: true });
});

test('the extra body is merged in, and wins', async () => {
  const extraBody = { return_progress: true, temperature: 1, stream_options: null };
  const { body } = await sent({ temperature: 0, top_k: 5 }, { extraBody });
  assert.deepEqual(body, {
    messages,
    temperature: 1,
    top_k: 5,
    return_progress: true,
    stream: true,
  });
});

test('a limit in the extra body counts for the verdict', async () => {
  const frame = { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] };
  const usage = { ...frame, usage: { completion_tokens: 3 } };
  const { fetch } = fakeServer([`data: ${JSON.stringify(usage)}\n\n`]);
  const reply = streamChat({ messages }, { fetch, extraBody: { max_tokens: 3 } });
  assert.equal((await reply.result).verdict, 'length');
});

test('a field that no type names is sent all the same, for programs without types', async () => {
  const { body } = await sent({ return_progress: true });
  assert.equal(body.return_progress, true);
});

test('headers are taken as record, entries, Headers and Map; those of one name are joined', async () => {
  const entries: [string, string][] = [
    ['x-a', '1'],
    ['X-A', '2'],
  ];
  for (const [headers, value] of [
    [{ 'x-a': '1' }, '1'],
    [entries, '1, 2'],
    [new Headers(entries), '1, 2'],
    [new Map([['x-a', '1']]), '1'],
  ] as const) {
    assert.equal((await sent({}, { headers })).headers.get('x-a'), value);
  }
});

test('what the caller changes after the call is not sent', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const mine = [...messages];
  const reply = streamChat({ messages: mine }, { fetch });
  mine.push({ role: 'user', content: 'later' });
  await reply.result;
  assert.equal(JSON.parse(String(seen.requests[0]?.init.body)).messages.length, 1);
});

test('it goes to LM Studio by default; every way to write a base URL means the same', async () => {
  assert.equal((await sent({})).url, 'http://127.0.0.1:1234/v1/chat/completions');
  for (const baseURL of ['http://h:8/v1', 'http://h:8/v1/', new URL('http://h:8/v1//')]) {
    assert.equal((await sent({}, { baseURL })).url, 'http://h:8/v1/chat/completions');
  }
  const { url } = await sent({}, { baseURL: 'https://h/v1?version=2' });
  assert.equal(url, 'https://h/v1/chat/completions?version=2');
});

test('headers: the three that are needed, a key if there is one, and the caller’s own', async () => {
  const plain = await sent({});
  assert.deepEqual([...plain.headers.keys()], ['accept', 'connection', 'content-type']);
  assert.equal(plain.headers.get('content-type'), 'application/json');
  const { headers } = await sent(
    {},
    { apiKey: 'k', headers: { Accept: 'text/plain', 'x-a': 'b' } },
  );
  assert.equal(headers.get('authorization'), 'Bearer k');
  assert.equal(headers.get('accept'), 'text/plain');
  assert.equal(headers.get('x-a'), 'b');
  assert.equal((await sent({}, { apiKey: '' })).headers.has('authorization'), false);
});

test('a user in the base URL becomes a header: fetch refuses such URLs', async () => {
  const { url, headers } = await sent({}, { baseURL: 'http://me:pass@h/v1' });
  assert.equal(url, 'http://h/v1/chat/completions');
  assert.equal(headers.get('authorization'), `Basic ${btoa('me:pass')}`);
});

test('a user with escaped signs is sent unescaped, and no error shows it in any form', async () => {
  const { headers } = await sent({}, { baseURL: 'http://me:secret%40word@h/v1' });
  const basic = btoa('me:secret@word');
  assert.equal(headers.get('authorization'), `Basic ${basic}`);
  const echo = async () => new Response(`No: ${basic} secret@word secret%40word`, { status: 401 });
  const reply = streamChat({ messages }, { baseURL: 'http://me:secret%40word@h/v1', fetch: echo });
  await assert.rejects(reply.result, ({ message }: Error) => message.endsWith('No: *** *** ***'));
});

test('max_tokens of -1 means none, as LM Studio has it, and 0 is no budget either', async () => {
  for (const max_tokens of [-1, 0]) {
    const { fetch } = fakeServer([hello]);
    const reply = streamChat({ messages, max_tokens }, { fetch });
    await collect(reply);
    assert.equal((await reply.result).verdict, 'complete');
  }
});
