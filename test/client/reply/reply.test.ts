import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { chunk, collect, fakeServer, frames, hello, silence } from '../streams.ts';

const body = { messages: [{ role: 'user', content: 'hi' }] };

test('nothing is sent before somebody reads', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const reply = streamChat(body, { fetch });
  const { result, soFar } = reply;
  reply[Symbol.asyncIterator]();
  await new Promise(setImmediate);
  assert.equal(seen.requests.length, 0);
  assert.equal(soFar.text, '');
  assert.equal(typeof result.then, 'function');
});

test('text comes delta by delta, and the result has it all', async () => {
  const reply = streamChat(body, { fetch: fakeServer([hello]).fetch });
  assert.deepEqual(await collect(reply), ['Hel', 'lo']);
  const { timing, ...result } = await reply.result;
  assert.deepEqual(result, {
    text: 'Hello',
    reasoning: '',
    toolCalls: [],
    finishReason: 'stop',
    verdict: 'complete',
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    model: 'tiny',
    message: { role: 'assistant', content: 'Hello' },
  });
  for (const ms of [timing.headMs, timing.firstTokenMs, timing.totalMs]) {
    assert.ok(typeof ms === 'number' && ms >= 0, `${ms}`);
  }
});

test('the result alone reads the stream', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const { result } = streamChat(body, { fetch });
  assert.equal((await result).text, 'Hello');
  assert.equal((await result.then(({ text }) => text)).length, 5);
  assert.equal((await Promise.all([result]))[0].verdict, 'complete');
  assert.equal(seen.requests.length, 1);
});

test('the result can be awaited while somebody else iterates', async () => {
  const reply = streamChat(body, { fetch: fakeServer([hello]).fetch });
  const [texts, result] = await Promise.all([collect(reply), reply.result]);
  assert.equal(texts.join(''), result.text);
});

test('events tell reasoning, text, fragments, progress and the end, in order', async () => {
  const call = { index: 0, id: 'c1', function: { name: 'add', arguments: '{"a"' } };
  const { fetch } = fakeServer([
    frames(
      { ...chunk({ content: null }), prompt_progress: { processed: 3, total: 9 } },
      chunk({ reasoning_content: 'Hm' }),
      chunk({ content: '\n\nYes' }),
      chunk({ tool_calls: [call] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    ),
  ]);
  const reply = streamChat(body, { fetch });
  const events = await collect(reply.events());
  assert.deepEqual(events.slice(0, -1), [
    { type: 'progress', processed: 3, total: 9 },
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'Yes' },
    { type: 'tool_call', index: 0, id: 'c1', name: 'add', arguments: '{"a"' },
    { type: 'tool_call', index: 0, id: 'c1', name: 'add', arguments: ':1}' },
  ]);
  assert.deepEqual(events.at(-1), { type: 'finish', result: await reply.result });
});

test('a reply is read once', async () => {
  const { fetch } = fakeServer([hello]);
  const iterated = streamChat(body, { fetch });
  await collect(iterated);
  assert.throws(() => iterated[Symbol.asyncIterator](), TypeError);
  assert.throws(() => iterated.events(), TypeError);
  const awaited = streamChat(body, { fetch });
  await awaited.result;
  assert.throws(() => awaited[Symbol.asyncIterator](), TypeError);
});

test('several next() at once get the pieces in order', async () => {
  const reply = streamChat(body, {
    fetch: fakeServer([hello.slice(0, 90), hello.slice(90)]).fetch,
  });
  const iterator = reply[Symbol.asyncIterator]();
  const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
  assert.deepEqual(
    steps.map(({ value }) => value),
    ['Hel', 'lo', undefined],
  );
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
});

test('an error comes after the text before it, is thrown once, and rejects the result', async () => {
  const { fetch } = fakeServer([
    frames(chunk({ content: 'Hel' }), chunk({ content: 'lo' }), {
      error: { message: 'Compute error.' },
    }),
  ]);
  const reply = streamChat(body, { fetch });
  const iterator = reply[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 'Hel');
  assert.equal((await iterator.next()).value, 'lo');
  await assert.rejects(iterator.next(), {
    name: 'ChatError',
    kind: 'server',
    serverMessage: 'Compute error.',
  });
  assert.equal((await iterator.next()).done, true);
  await assert.rejects(reply.result, { kind: 'server' });
  assert.equal(reply.soFar.text, 'Hello');
});

test('a reader of somebody’s own that throws, or gives nothing, breaks the stream and hangs nobody', async () => {
  const wrong = [
    () => {
      throw new Error('mine');
    },
    () => undefined,
    () => ({ done: false, value: new Uint8Array() }),
    async () => undefined,
  ];
  for (const read of wrong) {
    const fetch = async () => {
      const response = new Response(frames(chunk({ content: 'Hel' })));
      const reader = response.body?.getReader();
      let reads = 0;
      const own = { read: () => (reads++ === 0 ? reader?.read() : read()), cancel: async () => {} };
      return Object.defineProperty(response, 'body', { value: { getReader: () => own } });
    };
    const reply = streamChat(body, { fetch });
    await assert.rejects(collect(reply), { kind: 'interrupted' });
    await assert.rejects(reply.result, { kind: 'interrupted' });
    assert.equal(reply.soFar.text, 'Hel');
  }
});

test('nobody who looks away gets an unhandled rejection', async (t) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const { fetch } = fakeServer([new Error('gone')]);
  const reply = streamChat(body, { fetch });
  void reply.result;
  await assert.rejects(collect(reply), { kind: 'interrupted' });
  await streamChat(body, { fetch })[Symbol.asyncIterator]().return?.();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(unhandled, []);
});

test('onChunk sees every chunk with its text, and what it throws fails the stream', async () => {
  const seen: string[] = [];
  const { fetch } = fakeServer([hello]);
  await streamChat(body, { fetch, onChunk: (_, raw) => seen.push(raw) }).result;
  assert.equal(seen.length, 4);
  assert.deepEqual(JSON.parse(seen[1] ?? ''), chunk({ content: 'lo' }));
  const mine = new Error('mine');
  const onChunk = () => {
    throw mine;
  };
  await assert.rejects(streamChat(body, { fetch, onChunk }).result, (error) => error === mine);
});

test('leaving in the middle of a read keeps what was read, and nothing more', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const reply = streamChat(body, { fetch });
  for await (const text of reply) {
    assert.equal(text, 'Hel');
    break;
  }
  const result = await reply.result;
  assert.equal(result.verdict, 'stopped');
  assert.equal(result.text, 'Hel');
  assert.equal(seen.cancelled, 1);
});

test('leaving before the first next() sends nothing', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const reply = streamChat(body, { fetch });
  await reply[Symbol.asyncIterator]().return?.();
  assert.equal((await reply.result).verdict, 'stopped');
  assert.equal(seen.requests.length, 0);
});

test('leaving while the server is silent ends what is pending', async () => {
  const { fetch, seen } = fakeServer([frames(chunk({ content: 'a' })), silence]);
  const reply = streamChat(body, { fetch });
  const iterator = reply[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next();
  assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
  assert.deepEqual(await pending, { done: true, value: undefined });
  assert.equal(seen.cancelled, 1);
});

test('leaving before the head ends what is pending, though fetch ignores its signal', async () => {
  const reply = streamChat(body, { fetch: () => silence });
  const iterator = reply[Symbol.asyncIterator]();
  const pending = iterator.next();
  await iterator.return?.();
  assert.deepEqual(await pending, { done: true, value: undefined });
});

test('return() after a failure is a plain end, whether the failure was thrown or not', async () => {
  const ended = { done: true, value: undefined };
  const told = streamChat(body, { fetch: fakeServer([new Error('gone')]).fetch });
  const first = told[Symbol.asyncIterator]();
  await assert.rejects(first.next(), { kind: 'interrupted' });
  assert.deepEqual(await first.return?.(), ended);
  assert.deepEqual(await first.next(), ended);

  const controller = new AbortController();
  const { fetch } = fakeServer([hello]);
  const untold = streamChat(body, { fetch, signal: controller.signal });
  const second = untold[Symbol.asyncIterator]();
  await second.next();
  controller.abort();
  assert.deepEqual(await second.return?.(), ended);
  assert.deepEqual(await second.next(), ended);
  await assert.rejects(untold.result, { name: 'AbortError' });
});

test('the rest of a chunk is not given out after leaving', async () => {
  const both = frames(chunk({ reasoning: 'Hm', content: 'Hi' }));
  const { fetch, seen } = fakeServer([both, silence]);
  const events = streamChat(body, { fetch }).events();
  assert.deepEqual((await events.next()).value, { type: 'reasoning', text: 'Hm' });
  await events.return?.();
  assert.equal((await events.next()).done, true);
  assert.equal(seen.cancelled, 1);
});

test('the loop ends where it left off: a finished reply has nothing more to tell', async () => {
  const events = streamChat(body, { fetch: fakeServer([hello]).fetch }).events();
  assert.equal(events[Symbol.asyncIterator](), events);
  assert.deepEqual(
    (await collect(events)).map(({ type }) => type),
    ['text', 'text', 'finish'],
  );
  assert.deepEqual(await events.next(), { done: true, value: undefined });
});

test('the result is a promise in all but its laziness', async () => {
  const { result } = streamChat(body, { fetch: fakeServer([hello]).fetch });
  assert.equal(Object.prototype.toString.call(result), '[object Promise]');
  let ended = 0;
  const { text } = await result.finally(() => ended++);
  assert.deepEqual([text, ended], ['Hello', 1]);
  const failed = streamChat(body, { fetch: fakeServer([new Error('gone')]).fetch }).result;
  assert.equal(await failed.catch(({ kind }) => kind), 'interrupted');
  assert.equal(await failed.then(nobody, ({ kind }) => kind), 'interrupted');
  await assert.rejects(
    failed.finally(() => ended++),
    { kind: 'interrupted' },
  );
  assert.equal(ended, 2);
});

const nobody = () => assert.fail('nobody is called');

test('one promise for all who ask for the result', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const reply = streamChat(body, { fetch });
  const [first, second] = await Promise.all([reply.result, reply.result]);
  assert.equal(first, second);
  assert.equal(await reply.result, first);
  assert.equal(seen.requests.length, 1);
});

test('awaiting the result inside the loop reads the rest, and the loop goes on with it', async () => {
  const reads = ['a', 'b', 'c'].map((content) => frames(chunk({ content })));
  const { fetch, seen } = fakeServer([...reads, frames(chunk({}, 'stop'), '[DONE]')]);
  const reply = streamChat(body, { fetch });
  const told: string[] = [];
  for await (const text of reply) {
    told.push(text, (await reply.result).text);
  }
  assert.deepEqual(told, ['a', 'abc', 'b', 'abc', 'c', 'abc']);
  assert.equal(seen.requests.length, 1);
});

test('awaiting the result before the first next() reads all, and the loop has it', async () => {
  const { fetch } = fakeServer([hello.slice(0, 100), hello.slice(100)]);
  const reply = streamChat(body, { fetch });
  const iterator = reply[Symbol.asyncIterator]();
  assert.equal((await reply.result).text, 'Hello');
  assert.deepEqual(await collect(iterator), ['Hel', 'lo']);
});

test('awaiting a result that fails inside the loop: the loop has the text before it, and the error', async () => {
  const { fetch } = fakeServer([
    frames(chunk({ content: 'a' }), chunk({ content: 'b' })),
    new Error('gone'),
  ]);
  const reply = streamChat(body, { fetch });
  const told: string[] = [];
  await assert.rejects(
    async () => {
      for await (const text of reply) {
        told.push(text);
        await reply.result.catch(({ kind }) => told.push(kind));
      }
    },
    { kind: 'interrupted' },
  );
  assert.deepEqual(told, ['a', 'interrupted', 'b', 'interrupted']);
});

test('awaiting the result while next() is pending gives both', async () => {
  const reply = streamChat(body, { fetch: fakeServer([hello]).fetch });
  const iterator = reply[Symbol.asyncIterator]();
  const pending = iterator.next();
  assert.equal((await reply.result).text, 'Hello');
  assert.equal((await pending).value, 'Hel');
  assert.equal((await iterator.next()).value, 'lo');
});

test('leaving a loop whose result is awaited: what was read then', async () => {
  const { fetch } = fakeServer([frames(chunk({ content: 'a' })), silence]);
  const reply = streamChat(body, { fetch });
  const iterator = reply[Symbol.asyncIterator]();
  await iterator.next();
  const { result } = reply;
  const pending = result.then(({ verdict, text }) => [verdict, text]);
  await iterator.return?.();
  assert.deepEqual(await pending, ['stopped', 'a']);
});

/** A correction, an answer, and a character that UTF-8 writes in several bytes. */
const corrected = frames(
  chunk({ content: 'Hm</think>' }),
  chunk({ content: 'Grün' }),
  chunk({}, 'stop'),
  '[DONE]',
);

test('toReadableStream() is the text as UTF-8, and sends nothing before it is read', async () => {
  const { fetch, seen } = fakeServer([hello.slice(0, 90), hello.slice(90)]);
  const stream = streamChat(body, { fetch }).toReadableStream();
  await new Promise(setImmediate);
  assert.equal(seen.requests.length, 0);
  const reader = stream.getReader();
  assert.deepEqual((await reader.read()).value, new TextEncoder().encode('Hel'));
  assert.deepEqual((await reader.read()).value, new TextEncoder().encode('lo'));
  assert.equal((await reader.read()).done, true);
  const other = streamChat(body, { fetch: fakeServer([corrected]).fetch }).toReadableStream();
  assert.equal(await new Response(other).text(), 'HmGrün');
});

test('cancelling the stream leaves the reply', async () => {
  const { fetch, seen } = fakeServer([frames(chunk({ content: 'a' })), silence]);
  const reply = streamChat(body, { fetch });
  const reader = reply.toReadableStream().getReader();
  await reader.read();
  const pending = reader.read();
  await reader.cancel();
  assert.equal((await pending).done, true);
  assert.equal((await reply.result).verdict, 'stopped');
  assert.equal(seen.cancelled, 1);
});

test('an error errors the stream, behind the text before it', async () => {
  const { fetch } = fakeServer([frames(chunk({ content: 'a' })), new Error('gone')]);
  const reader = streamChat(body, { fetch }).toReadableStream().getReader();
  assert.deepEqual((await reader.read()).value, new TextEncoder().encode('a'));
  await assert.rejects(reader.read(), { name: 'ChatError', kind: 'interrupted' });
});

test('a stream is a reading like any other: there is one', () => {
  const reply = streamChat(body, { fetch: fakeServer([hello]).fetch });
  reply.toReadableStream();
  for (const read of [() => reply.toReadableStream(), () => reply.events()]) {
    assert.throws(read, { name: 'TypeError', message: 'A reply can be read once' });
  }
});

test('the result is a message for the next request, with its calls', async () => {
  const add = { index: 0, id: 'c1', function: { name: 'add', arguments: '{}' } };
  const run = { index: 1, id: 'c2', type: 'custom', custom: { name: 'run', input: 'ls' } };
  const { fetch } = fakeServer([
    frames(chunk({ content: 'Wait.', tool_calls: [add, run] }), chunk({}, 'tool_calls'), '[DONE]'),
  ]);
  const { message } = await streamChat(body, { fetch }).result;
  assert.deepEqual(message, {
    role: 'assistant',
    content: 'Wait.',
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' } },
      { id: 'c2', type: 'custom', custom: { name: 'run', input: 'ls' } },
    ],
  });
});

describe('toResponse(), for a route handler', () => {
  test('is the text, delta by delta', async () => {
    const { fetch, seen } = fakeServer([frames(chunk({ content: 'Hel' })), silence]);
    const response = await streamChat(body, { fetch }).toResponse();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    const reader = response.body?.getReader();
    assert.deepEqual((await reader?.read())?.value, new TextEncoder().encode('Hel'));
    await reader?.cancel();
    assert.equal(seen.cancelled, 1);
  });

  test('an answer without a word is an empty body', async () => {
    const { fetch } = fakeServer([frames(chunk({}, 'stop'), '[DONE]')]);
    const response = await streamChat(body, { fetch }).toResponse();
    assert.deepEqual([response.status, await response.text()], [200, '']);
  });

  test('what fails before the first word is a 502 with what happened, what to do, and no key', async () => {
    const { fetch } = fakeServer(['{"error":"No models loaded, key-12345678"}'], { status: 400 });
    const reply = streamChat(body, { fetch, apiKey: 'key-12345678' });
    const response = await reply.toResponse();
    assert.equal(response.status, 502);
    assert.deepEqual(await response.json(), {
      error: {
        message: 'http://127.0.0.1:1234/v1 answered 400: No models loaded, ***',
        hint: 'Load a model. LM Studio: `lms load`',
      },
    });
  });

  test('what fails later breaks the body off, behind the words before it', async () => {
    const { fetch } = fakeServer([frames(chunk({ content: 'a' })), new Error('gone')]);
    const reader = (await streamChat(body, { fetch }).toResponse()).body?.getReader();
    assert.deepEqual((await reader?.read())?.value, new TextEncoder().encode('a'));
    await assert.rejects(async () => reader?.read(), { kind: 'interrupted' });
  });

  test('an abort is thrown as it was given', async () => {
    const { fetch } = fakeServer([silence]);
    const reply = streamChat(body, { fetch, signal: AbortSignal.abort('gone') });
    await assert.rejects(reply.toResponse(), (thrown) => thrown === 'gone');
  });
});
