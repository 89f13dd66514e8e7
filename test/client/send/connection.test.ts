import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { askForReply, Connection, type RequestBody } from '../../../src/client/send/connection.ts';
import { readServerOptions } from '../../../src/client/send/options.ts';
import type { Fetch } from '../../../src/client/types.ts';
import { streamChat } from '../../../src/index.ts';
import { startHttpServer } from '../../tools/http-server.ts';
import { fakeServer, hello, silence } from '../streams.ts';
import { fakeClock, settled } from './fake-clock.ts';

const connect = (fetch: Fetch, body: RequestBody = { json: '{}' }, patienceMs = 0) =>
  new Connection(askForReply(readServerOptions({ fetch }), body, patienceMs));

/** The text of a read. */
const textOf = ({ value }: ReadableStreamReadResult<Uint8Array>) => new TextDecoder().decode(value);

test('nothing is sent before the first read, and one request with all of them', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer(['a', 'b']);
  const connection = connect(fetch, { json: '{"a":1}' });
  assert.deepEqual(
    [seen.requests.length, connection.openedAt, connection.isEventStream],
    [0, undefined, false],
  );
  await clock.pass(500);
  assert.equal(textOf(await connection.read()), 'a');
  assert.deepEqual([connection.openedAt, connection.isEventStream], [1500, true]);
  await clock.pass(500);
  assert.equal(textOf(await connection.read()), 'b');
  assert.equal((await connection.read()).done, true);
  assert.equal(connection.openedAt, 1500);
  assert.deepEqual(
    seen.requests.map(({ url, init }) => [url, init.method, init.body]),
    [['http://127.0.0.1:1234/v1/chat/completions', 'POST', '{"a":1}']],
  );
});

for (const [type, isEventStream] of [
  [undefined, false],
  ['application/json', false],
  ['text/event-stream; charset=utf-8', true],
] as const) {
  test(`a head that says ${type}`, async () => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const connection = connect(fakeServer(['a'], { headers }).fetch);
    await connection.read();
    assert.equal(connection.isEventStream, isEventStream);
  });
}

test('a response without a body is at its end', async () => {
  const connection = connect(async () => new Response(null));
  assert.equal((await connection.read()).done, true);
});

test('hanging up cancels the body, once, and aborts the request, without the cost of an error', async () => {
  const { fetch, seen } = fakeServer(['a', silence]);
  const connection = connect(fetch);
  await connection.read();
  const pending = connection.read();
  const signal = seen.requests[0]?.init.signal;
  assert.equal(signal?.aborted, false);
  connection.hangUp();
  connection.hangUp();
  assert.equal((await pending).done, true);
  assert.equal(signal?.aborted, true);
  assert.equal(signal?.reason, 'ended');
  assert.equal(seen.cancelled, 1);
});

test('a body that comes after hanging up is cancelled, once, whenever it comes', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { fetch, seen } = fakeServer([silence]);
    let answer = () => {};
    const connection = connect(async (url, init) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return fetch(url, init);
    });
    const pending = connection.read().then(
      ({ done }) => done,
      (error: unknown) => error,
    );
    await settled();
    answer();
    for (let turn = 0; turn < turns; turn++) await undefined;
    connection.hangUp();
    assert.ok([true, 'ended'].includes((await pending) as boolean | string));
    assert.equal(seen.cancelled, 1, `${turns} turns later`);
  }
});

test('a body whose cancelling fails harms nobody', async (t) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const body = new ReadableStream({
    pull: (to) => to.enqueue(new Uint8Array(1)),
    cancel: () => Promise.reject(new Error('no')),
  });
  const connection = connect(async () => new Response(body));
  await connection.read();
  connection.hangUp();
  await settled();
  assert.deepEqual(unhandled, []);
});

test('a server that is loading is waited for as long as patience lasts', async (t) => {
  const clock = fakeClock(t);
  const { fetch, seen } = fakeServer(['Loading model'], { status: 503 });
  const failed = assert.rejects(connect(fetch, { json: '{}' }, 2000).read(), { reason: 'loading' });
  await clock.pass(5000);
  await failed;
  assert.equal(seen.requests.length, 3);
});

/** A server that refuses the first request, and what it was sent. */
function refusing(status: number, said: unknown) {
  const { fetch, seen } = fakeServer(['a']);
  const refuse: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    if (seen.requests.length > 1) return response;
    return new Response(JSON.stringify(said), { status });
  };
  const sent = () => seen.requests.map(({ init }) => JSON.parse(String(init.body)));
  return { fetch: refuse, sent };
}

const json = JSON.stringify({ model: 'm', stream: true, stream_options: { include_usage: true } });
const filledIn: RequestBody = { json, mayLeaveOutStreamOptions: true };

const refusals: [status: number, said: unknown][] = [
  [400, { error: { message: 'Unknown parameter: stream_options' } }],
  [400, { message: 'include_usage is not permitted' }],
  [422, { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] }],
];

for (const [status, said] of refusals) {
  test(`stream_options are left out after ${status} ${JSON.stringify(said)}`, async () => {
    const { fetch, sent } = refusing(status, said);
    assert.equal(textOf(await connect(fetch, filledIn).read()), 'a');
    assert.deepEqual(sent(), [JSON.parse(json), { model: 'm', stream: true }]);
  });
}

const kept: [why: string, status: number, said: unknown, body: RequestBody][] = [
  ['that the caller gave', 400, 'stream_options', { json }],
  [
    'that the caller gave, told so',
    400,
    'stream_options',
    { json, mayLeaveOutStreamOptions: false },
  ],
  ['that the refusal does not name', 400, 'Unknown parameter: temperature', filledIn],
];

for (const [why, status, said, body] of kept) {
  test(`stream_options are kept ${why}`, async () => {
    const { fetch, sent } = refusing(status, said);
    await assert.rejects(connect(fetch, body).read(), { kind: 'http', status });
    assert.equal(sent().length, 1);
  });
}

test('they are left out once: what is refused then is refused', async () => {
  const { fetch, seen } = fakeServer(['stream_options: no'], { status: 400 });
  await assert.rejects(connect(fetch, filledIn).read(), { kind: 'http', status: 400 });
  assert.equal(seen.requests.length, 2);
});

test('they are left out of a whole request, too', async () => {
  const { fetch, seen } = fakeServer([hello]);
  const refusal = new Response('stream_options', { status: 400 });
  const refuse: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    return seen.requests.length > 1 ? response : refusal;
  };
  const bodies = () => seen.requests.map(({ init }) => JSON.parse(String(init.body)));
  assert.equal((await streamChat({ messages: [] }, { fetch: refuse }).result).text, 'Hello');
  const whole = { messages: [], stream: true, stream_options: { include_usage: true } };
  assert.deepEqual(bodies(), [whole, { messages: [], stream: true }]);
  const own = streamChat(
    { messages: [], stream_options: { include_usage: true } },
    {
      fetch: fakeServer(['stream_options'], { status: 400 }).fetch,
    },
  );
  await assert.rejects(own.result, { status: 400 });
});

/** A server whose responses the test ends, and how many connections it has seen. */
async function serveByHand(t: TestContext) {
  const open: ServerResponse[] = [];
  const { origin, close, connections } = await startHttpServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(hello);
    open.push(response);
    response.on('close', () => onClose());
  });
  let onClose = () => {};
  const closed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  t.after(close);
  return {
    baseURL: `${origin}/v1`,
    connections,
    /** A response was closed. */
    closed,
    responses: open,
  };
}

/** A `fetch`, and when the body that it gave last was over: at its end, cut off or cancelled. */
function watchedFetch() {
  let onOver = () => {};
  const watched: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    const reader = response.body?.getReader() ?? assert.fail();
    const over = onOver;
    reader.closed.then(over, over);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, response);
  };
  const nextOver = () =>
    new Promise<void>((resolve) => {
      onOver = resolve;
    });
  return { fetch: watched, nextOver };
}

test('after [DONE] a body may come to its end, so no server sees its client go away', async (t) => {
  const { baseURL, responses, connections } = await serveByHand(t);
  const { fetch, nextOver } = watchedFetch();
  for (let streams = 1; streams <= 3; streams++) {
    const over = nextOver();
    await streamChat({ messages: [] }, { baseURL, fetch }).result;
    const response = responses.pop();
    assert.equal(response?.destroyed, false);
    response?.end();
    await over;
    assert.equal(response?.writableFinished, true);
    // One that is kept may die just as it is used again.
    assert.equal(connections(), streams);
  }
});

test('a stream that is left has its connection closed, so the server stops its work', async (t) => {
  const { baseURL, closed } = await serveByHand(t);
  for await (const _ of streamChat({ messages: [] }, { baseURL })) break;
  await closed;
});
