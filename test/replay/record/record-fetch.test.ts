import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { readExchange, recordFetch } from '../../../src/replay/index.ts';
import { ask, readBody, scratch, sent, sizesOf, startServer, textOf, write } from '../helpers.ts';
import { answerWildly, wildPieces } from '../serve/wild-upstream.ts';

beforeEach(() => {
  delete process.env.CI;
});

type Context = { after(done: () => unknown): void };

/** A server that answers `text`, and tells what it saw. `open`: it does not end the body. */
async function startCounting(t: Context, text = 'data: [DONE]\n\n', open = false) {
  const seen = {
    requests: 0,
    headers: {} as IncomingHttpHeaders,
    closed: Promise.resolve<unknown>(0),
  };
  const origin = await startServer(t, async (request, response) => {
    seen.requests++;
    seen.headers = request.headers;
    seen.closed = once(response, 'close');
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, text);
    if (!open) response.end();
  });
  return { url: `${origin}/v1/chat/completions`, seen };
}

const read = (folder: string, name = 'chat-completions') =>
  readExchange(join(folder, `${name}.json`));

/** Waits until a folder holds an exchange: what is stored after the reader has left cannot be awaited. */
async function stored(folder: string, name?: string) {
  for (;;) {
    const exchange = await read(folder, name).catch(() => undefined);
    if (exchange) return exchange;
    await new Promise(setImmediate);
  }
}

test('once: records into an empty folder, then replays it without the server', async (t) => {
  const folder = join(await scratch(t), 'made/here');
  const { url, seen } = await startCounting(t);
  const recording = recordFetch(fetch, folder, { mode: 'once' });
  for (const content of ['hi', 'ho']) {
    assert.equal(await (await recording(url, ask(content))).text(), 'data: [DONE]\n\n');
  }
  const replaying = recordFetch(fetch, folder, { mode: 'once' });
  assert.equal(await (await replaying(url, ask('ho'))).text(), 'data: [DONE]\n\n');
  await assert.rejects(replaying(url, ask('other')), { name: 'ReplayMiss' });
  assert.equal(seen.requests, 2);
  assert.equal(seen.headers['accept-encoding'], 'identity');
});

test('new, the default: records what is missing, replays what is there, and names what nobody asked for', async (t) => {
  const folder = await scratch(t);
  const { url, seen } = await startCounting(t);
  await write(folder, 'a', { content: 'data: old\n\n' });
  await write(folder, 'b', { request: { path: '/v1/other' } });
  const first = recordFetch(fetch, folder);
  assert.equal(await (await first(url, ask())).text(), 'data: old\n\n');
  assert.equal(seen.requests, 0);
  // Equal requests of one run are asked each time, as their answers may differ.
  for (const _ of [1, 2]) await (await first(url, ask('missing'))).text();
  assert.equal(seen.requests, 2);
  assert.deepEqual(first.unused(), ['b']);
  const names = (await first.settled()).map((it) => it.stored);
  assert.deepEqual(names, ['chat-completions', 'chat-completions-2']);
  const second = recordFetch(fetch, folder);
  for (const _ of [1, 2]) await (await second(url, ask('missing'))).text();
  assert.equal(seen.requests, 2);
  assert.deepEqual(await second.settled(), []);
});

test('an exchange is on disk when its reader sees [DONE], and what follows is added', async (t) => {
  const folder = await scratch(t);
  let goOn = () => {};
  const origin = await startServer(t, async (_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, 'data: [DONE]\n\n');
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    response.end(': bye\n\n');
  });
  const record = recordFetch(fetch, folder);
  const response = await record(`${origin}/v1/chat/completions`, ask());
  const reader = response.body?.getReader();
  await reader?.read();
  const early = await read(folder);
  assert.deepEqual([early.end, early.response.bytes], ['complete', 14]);
  const { stored: name } = (await record.settled())[0] ?? {};
  assert.equal(name, 'chat-completions');
  goOn();
  while (!(await reader?.read())?.done);
  const late = await read(folder);
  assert.equal(textOf([await late.readBody()]), 'data: [DONE]\n\n: bye\n\n');
  assert.deepEqual((await readdir(folder)).sort(), [
    'chat-completions.json',
    'chat-completions.sse',
  ]);
});

/** What is on disk when these pieces of a response have been read, and its connection is open. */
async function storedBy(t: Context, pieces: readonly string[]): Promise<string[]> {
  const folder = await scratch(t);
  const fetch = async () =>
    new Response(
      new ReadableStream({
        start(body) {
          for (const piece of pieces) body.enqueue(Buffer.from(piece));
        },
      }),
    );
  const reader = (await recordFetch(fetch, folder)('http://x/v1/x')).body?.getReader();
  for (const _ of pieces) await reader?.read();
  return (await readdir(folder)).sort();
}

const saysWords = 'event: message_stop data: [DONE] response.completed "done":true';
const event = (text: string) => [`data: {"text":${JSON.stringify(text)}}`, ''];
const lastEvents: [what: string, lines: string[], lineEnds: string[]][] = [
  ['[DONE]', [...event(saysWords), 'data: [DONE]', ''], ['\n', '\r\n', '\r']],
  [
    'message_stop',
    [...event(saysWords), 'event: message_stop', 'data: {"type":"message_stop"}', ''],
    ['\n', '\r\n', '\r'],
  ],
  [
    'response.completed',
    [...event(saysWords), 'event: response.completed', 'data: {"response":{"id":"r"}}', ''],
    ['\n', '\r\n', '\r'],
  ],
  [
    'a line with "done":true',
    [JSON.stringify({ text: saysWords, call: { done: true }, done: false }), '{"done":true}'],
    ['\n', '\r\n'],
  ],
];
for (const [what, lines, lineEnds] of lastEvents) {
  for (const lineEnd of lineEnds) {
    test(`an exchange is on disk when ${what} has come, byte by byte or at once, with ${JSON.stringify(lineEnd)}, and not when a model says it`, async (t) => {
      const text = lines.map((line) => line + lineEnd).join('');
      assert.deepEqual(await storedBy(t, text.slice(0, -1).split('')), []);
      for (const pieces of [text.split(''), [text]]) {
        assert.deepEqual(await storedBy(t, pieces), ['x.body.txt', 'x.json']);
      }
    });
  }
}

test('an exchange is on disk when a long last event has come whole, and not before', async (t) => {
  const start = 'event: response.completed\ndata: {"text":"';
  const piece = 'so it is. '.repeat(6000);
  const whole = [start, piece, piece, piece, '"}\n\n'];
  assert.deepEqual(await storedBy(t, whole.slice(0, -1)), []);
  assert.deepEqual(await storedBy(t, whole), ['x.body.txt', 'x.json']);
  assert.deepEqual(await storedBy(t, [start, ...Array(20).fill(piece)]), []);
});

test('an exchange with nothing behind [DONE] is written once', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t);
  const reader = (await recordFetch(fetch, folder)(url, ask())).body?.getReader();
  const head = join(folder, 'chat-completions.json');
  await reader?.read();
  const { ino } = await stat(head);
  while (!(await reader?.read())?.done);
  assert.equal((await stat(head)).ino, ino);
});

test('a reader that leaves behind what follows [DONE] has left nothing out', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t, 'data: [DONE]\n\n: bye\n\n', true);
  const record = recordFetch(fetch, folder);
  const reader = (await record(url, ask())).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  const { end, response } = await stored(folder);
  assert.deepEqual([end, response.bytes], ['complete', 21]);
});

test('settled says what came of each request, in their order, and does not wait for ever', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t);
  const hanging = await startCounting(t, 'data: {}\n\n', true);
  const record = recordFetch(fetch, folder);
  const open = await record(hanging.url, ask('open'));
  await (await record(url, ask('stored'))).text();
  await assert.rejects(record(url, ask('sk-abcdefgh12345678')), /not recorded/);
  const shown = (await record.settled(1)).map((it) => [it.request, it.stored ?? it.reason]);
  const request = 'POST /v1/chat/completions';
  assert.deepEqual(shown, [
    [request, 'it had not ended after 1 ms'],
    [request, 'chat-completions-2'],
    [request, 'request.body.messages[0].content holds what looks like a key'],
  ]);
  const settled = record.settled();
  await open.body?.cancel();
  assert.equal((await settled)[0]?.stored, 'chat-completions');
});

test('a secret that comes before [DONE] is an error before it, as many readers leave there', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t, 'data: sk-abcdefgh12345678\n\ndata: [DONE]\n\n');
  const { chunks, error } = await readBody(await recordFetch(fetch, folder)(url, ask()));
  assert.equal(textOf(chunks), '');
  assert.match(String(error), /not recorded: response\.body, line 1, holds what looks like a key/);
  assert.deepEqual(await readdir(folder), []);
});

test('a secret is an error while the response still comes, and nothing of it is stored', async (t) => {
  const folder = await scratch(t);
  const words = 'data: {"choices":[{"delta":{"content":"so it is. "}}]}\n\n'.repeat(2000);
  const { url, seen } = await startCounting(t, `data: sk-abcdefgh12345678\n\n${words}`, true);
  const { error } = await readBody(await recordFetch(fetch, folder)(url, ask()));
  assert.match(String(error), /not recorded: response\.body, line 1, holds what looks like a key/);
  await seen.closed;
  assert.deepEqual(await readdir(folder), []);
});

test('a reader that leaves behind the last event of another API has left nothing out', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t, 'event: message_stop\ndata: {}\n\n', true);
  const reader = (await recordFetch(fetch, folder)(url, ask())).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  assert.equal((await stored(folder)).end, 'complete');
});

test('a secret behind [DONE] is not added to what is stored', async (t) => {
  const folder = await scratch(t);
  const done = 'data: [DONE]\n\n';
  const fetchPieces = async () =>
    new Response(
      new ReadableStream({
        start(body) {
          for (const piece of [done, ': sk-abcdefgh12345678\n\n', ': bye\n\n'])
            body.enqueue(Buffer.from(piece));
          body.close();
        },
      }),
    );
  const { error } = await readBody(await recordFetch(fetchPieces, folder)('http://x/v1/x'));
  assert.equal(error, undefined);
  assert.equal(textOf([await (await read(folder, 'x')).readBody()]), done);
});

test('the exchange is on disk when its body has ended, and says what was recorded', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(
    t,
    'data: {"model":"org/model","choices":[]}\n\ndata: [DONE]\n\n',
  );
  await (
    await recordFetch(fetch, folder, { name: 'hello', server: 'Test 1.2' })(url, ask())
  ).text();
  assert.deepEqual((await readdir(folder)).sort(), ['hello.json', 'hello.sse']);
  const { provenance, request, response, end, chunks } = await read(folder, 'hello');
  const { recordedAt, ...rest } = provenance;
  assert.deepEqual(rest, { kind: 'recorded', server: 'Test 1.2', model: 'org/model' });
  assert.ok(Date.parse(String(recordedAt)) > 0);
  assert.deepEqual(request, {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: { messages: [{ role: 'user', content: 'hi' }] },
  });
  assert.deepEqual(response.headers, { 'content-type': 'text/event-stream' });
  assert.equal(end, 'complete');
  assert.deepEqual(
    chunks?.map(([, bytes]) => bytes),
    [56],
  );
});

test('none: a miss is an error and the server is not asked, even with an empty folder', async (t) => {
  const folder = await scratch(t);
  const { url, seen } = await startCounting(t);
  await assert.rejects(
    recordFetch(fetch, folder, { mode: 'none' })(url, ask()),
    /holds no exchange/,
  );
  await write(folder, 'a');
  await assert.rejects(recordFetch(fetch, folder, { mode: 'none' })(url, ask('x')), {
    name: 'ReplayMiss',
  });
  assert.equal(seen.requests, 0);
});

test('CI=true changes the default to none, but not a mode that is given', async (t) => {
  const folder = await scratch(t);
  const { url, seen } = await startCounting(t);
  process.env.CI = 'true';
  await assert.rejects(
    recordFetch(fetch, folder)(url, ask()),
    /holds no exchange\. With CI=true nothing is recorded\. To record it, ask once without CI=true/,
  );
  await (await recordFetch(fetch, folder, { mode: 'once' })(url, ask())).text();
  assert.equal(seen.requests, 1);
});

test('a replay takes the options of a replay', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a', { content: 'data: 1\n\n' });
  const options = { ignore: ['messages'], rechunk: 'byte' } as const;
  const { chunks } = await readBody(
    await recordFetch(fetch, folder, options)('http://x/v1/chat/completions', ask('?')),
  );
  assert.equal(chunks.length, 9);
});

test('a stream that breaks off is a recording too, and the reader sees it break', async (t) => {
  const folder = await scratch(t);
  let step = () => {};
  const origin = await startServer(
    t,
    answerWildly(
      () =>
        new Promise<void>((go) => {
          step = go;
        }),
    ),
  );
  const response = await recordFetch(fetch, folder)(`${origin}/wild`);
  const reader = response.body?.getReader();
  for (const piece of wildPieces) {
    step();
    assert.deepEqual(new Uint8Array((await reader?.read())?.value ?? []), new Uint8Array(piece));
  }
  step();
  await assert.rejects(async () => reader?.read(), TypeError);
  const exchange = await read(folder, 'wild');
  assert.equal(exchange.end, 'disconnect');
  assert.deepEqual(
    exchange.chunks?.map(([, bytes]) => bytes),
    sizesOf(wildPieces),
  );
  assert.equal(textOf([await exchange.readBody()]), textOf(wildPieces));
});

test('a reader that leaves or aborts stops the server, and is stored as such', async (t) => {
  for (const how of ['cancel', 'abort'] as const) {
    const folder = await scratch(t);
    const { url, seen } = await startCounting(t, 'data: {}\n\n', true);
    const leaving = new AbortController();
    const reason = new Error('mine');
    const response = await recordFetch(fetch, folder)(url, { ...ask(), signal: leaving.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    const open = reader?.read();
    if (how === 'cancel') await reader?.cancel();
    else leaving.abort(reason);
    if (how === 'abort') await assert.rejects(async () => open, reason);
    else assert.equal((await open)?.done, true);
    await seen.closed;
    assert.equal((await stored(folder)).end, 'client-abort');
  }
});

test('the signal of the request aborts when the reader leaves, even if its body cannot be cancelled', async (t) => {
  for (const how of ['cancel', 'abort'] as const) {
    const folder = await scratch(t);
    let sent: AbortSignal | null | undefined;
    // A `fetch` that does not end its request when its body is cancelled, as a wrapper may be.
    const wrapper = async (_: string, init: RequestInit) => {
      sent = init.signal;
      return new Response(
        new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('data: {}')) }),
      );
    };
    const leaving = new AbortController();
    const reason = new Error('mine');
    const record = recordFetch(wrapper, folder);
    const response = await record('http://x/v1/x', { signal: leaving.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    assert.equal(sent?.aborted, false);
    if (how === 'cancel') await reader?.cancel(reason);
    else leaving.abort(reason);
    assert.equal(sent?.reason, reason, how);
  }
});

test('behind an abort its reason comes, and none of the chunks that were waiting', async (t) => {
  const folder = await scratch(t);
  let tellRead = () => {};
  const isRead = new Promise<void>((done) => {
    tellRead = done;
  });
  let isFirst = true;
  const body = new ReadableStream(
    {
      pull(controller) {
        if (isFirst) controller.enqueue(new TextEncoder().encode('data: {}\n\n'));
        else tellRead();
        isFirst = false;
      },
    },
    { highWaterMark: 0 },
  );
  const leaving = new AbortController();
  const record = recordFetch(async () => new Response(body), folder);
  const response = await record('http://x/v1/x', { signal: leaving.signal });
  await isRead;
  const reason = new Error('mine');
  leaving.abort(reason);
  await assert.rejects(async () => response.body?.getReader().read(), reason);
  assert.equal((await read(folder, 'x')).response.bytes, 10);
});

test('a reader that leaves at [DONE] has left nothing out: the exchange is complete', async (t) => {
  for (const how of ['cancel', 'abort'] as const) {
    const folder = await scratch(t);
    const { url } = await startCounting(t);
    const leaving = new AbortController();
    const response = await recordFetch(fetch, folder)(url, { ...ask(), signal: leaving.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    if (how === 'cancel') await reader?.cancel();
    else leaving.abort();
    assert.equal((await stored(folder)).end, 'complete');
  }
});

test('an abort before the response, and a server that is not there, store nothing', async (t) => {
  const folder = await scratch(t);
  const recording = recordFetch(fetch, folder);
  const reason = new Error('mine');
  await assert.rejects(
    recording('http://127.0.0.1:9', { signal: AbortSignal.abort(reason) }),
    reason,
  );
  await assert.rejects(recording('http://127.0.0.1:9'), { message: 'fetch failed' });
  const silent = await startServer(t, () => {});
  const leaving = new AbortController();
  const call = recording(silent, { signal: leaving.signal });
  setImmediate(() => leaving.abort(reason));
  await assert.rejects(call, reason);
  assert.deepEqual(await readdir(folder), []);
});

test('a request that holds a key is not sent, and the message names the place alone', async (t) => {
  const folder = await scratch(t);
  const { url, seen } = await startCounting(t);
  await assert.rejects(
    recordFetch(fetch, folder)(url, ask('my key is sk-abcdefgh12345678')),
    (error: Error) => {
      assert.match(error.message, /request\.body\.messages\[0\]\.content/);
      return !error.message.includes('abcdefgh');
    },
  );
  assert.equal(seen.requests, 0);
  assert.deepEqual(await readdir(folder), []);
});

test('a response that echoes a part of the key errors at its end, and nothing is stored', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t, 'data: {"error":"Malformed token: 7f3c91e04b..."}\n\n');
  const headers = { authorization: 'Bearer 7f3c91e04b5d6a28' };
  const response = await recordFetch(fetch, folder)(url, { ...ask(), headers });
  const { chunks, error } = await readBody(response);
  assert.match(textOf(chunks), /7f3c91e04b/);
  assert.match(
    String(error),
    /not recorded: response\.body, line 1, holds a part of the request's authorization/,
  );
  assert.deepEqual(await readdir(folder), []);
});

test('a body that comes compressed all the same is stored as fetch has decoded it', async (t) => {
  const folder = await scratch(t);
  const url = await startServer(t, (_, response) => {
    response.setHeader('content-encoding', 'br');
    response.end(brotliCompressSync('in words'));
  });
  assert.equal(await (await recordFetch(fetch, folder)(url)).text(), 'in words');
  const exchange = await read(folder, 'root');
  assert.equal(textOf([await exchange.readBody()]), 'in words');
  assert.deepEqual(exchange.response.headers, {});
});

test('a response without a body is stored at once', async (t) => {
  const folder = await scratch(t);
  const url = await startServer(t, (_, response) => response.writeHead(204).end());
  assert.equal((await recordFetch(fetch, folder)(`${url}/v1/x`)).status, 204);
  const again = await recordFetch(fetch, folder)(`${url}/v1/x`);
  assert.deepEqual([again.status, again.body], [204, null]);
});

test('no header of the request is stored but its content type', async (t) => {
  const folder = await scratch(t);
  const { url } = await startCounting(t);
  const headers = {
    authorization: 'Bearer k',
    cookie: 'c',
    'x-api-key': 'k',
    'content-type': 'a/b',
  };
  await (await recordFetch(fetch, folder)(url, { ...ask(), headers })).text();
  const head = JSON.parse(await readFile(join(folder, 'chat-completions.json'), 'utf8'));
  assert.deepEqual(head.request.headers, { 'content-type': 'a/b' });
});

test('a wrong mode or name throws at once', () => {
  // @ts-expect-error a JavaScript caller can do this
  assert.throws(() => recordFetch(fetch, '.', { mode: 'old' }), {
    name: 'TypeError',
    message: /^mode must be/,
  });
  assert.throws(() => recordFetch(fetch, '.', { name: '../x' }), {
    name: 'TypeError',
    message: /the name/,
  });
});

test('a response without an end is not kept beyond 64 MiB, and its reader learns why', async (t) => {
  const folder = await scratch(t);
  const piece = new Uint8Array(2 ** 20).fill(0x78);
  let sent = 0;
  const endless = async () =>
    new Response(
      new ReadableStream({
        pull(body) {
          sent++;
          body.enqueue(piece);
        },
      }),
    );
  const { chunks, error } = await readBody(await recordFetch(endless, folder)('http://x/v1/x'));
  assert.match(String(error), /not recorded: the response has more than 64 MiB/);
  assert.ok(chunks.length <= 64 && sent < 70, `${chunks.length} of ${sent}`);
  assert.deepEqual(await readdir(folder), []);
});
