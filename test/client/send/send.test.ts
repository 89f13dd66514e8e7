import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isChatError } from '../../../src/client/errors/errors.ts';
import { LONGEST_TIMER_MS } from '../../../src/client/option-values.ts';
import { now } from '../../../src/client/send/clocks.ts';
import { readServerOptions, type ServerSettings } from '../../../src/client/send/options.ts';
import { send } from '../../../src/client/send/send.ts';
import type { Fetch, ServerOptions } from '../../../src/client/types.ts';
import { nodeFetch } from '../../../src/node-fetch.ts';
import { startHttpServer } from '../../tools/http-server.ts';
import { fakeClock, settled } from './fake-clock.ts';

const { signal } = new AbortController();

let origins = 0;

/** An address that this process has not asked yet: what is known of a server is known by its origin. */
const newAddress = () => `http://host-${++origins}:8/v1`;

type Answer = Error | (() => Response | Promise<Response>);

/** A server that answers each request by the next of these, in turn, and the last one again and again. */
function serverOf(answers: readonly Answer[], options: ServerOptions = {}) {
  const asked: { url: string; init: RequestInit; at: number }[] = [];
  const fetch: Fetch = async (url, init) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ url, init, at: now() });
    if (typeof answer === 'function') return answer();
    throw answer;
  };
  const server: ServerSettings = readServerOptions({ baseURL: newAddress(), fetch, ...options });
  return { server, asked };
}

const ok = () => new Response('yes');
const reset = Object.assign(new TypeError('fetch failed'), {
  cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
});
const failedBy = (code: string) => Object.assign(new Error('it failed'), { code });

const loading = (retryAfter?: string, words = 'Loading model') =>
  new Response(words, {
    status: 503,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  });

/** A body that counts how often it was cancelled. */
function counted() {
  const seen = { cancelled: 0 };
  const stream = new ReadableStream({
    cancel() {
      seen.cancelled++;
    },
  });
  return { response: new Response(stream), seen };
}

test('a request without JSON is a GET, one with it a POST; a redirect is not followed', async () => {
  const { server, asked } = serverOf([ok]);
  await send(server, '/models', signal);
  await send(server, '/chat/completions', signal, '{"a":1}');
  const { headers } = server;
  assert.deepEqual(
    asked.map(({ init }) => init),
    [
      { method: 'GET', redirect: 'manual', headers, signal, body: null },
      { method: 'POST', redirect: 'manual', headers, signal, body: '{"a":1}' },
    ],
  );
});

test('a redirect that a browser keeps secret is called a redirect, without a status', async () => {
  const hidden = () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
  const { server, asked } = serverOf([hidden]);
  await assert.rejects(send(server, '/models', signal), (error) => {
    assert.ok(isChatError(error));
    assert.deepEqual([error.kind, error.reason, error.status], ['http', 'redirect', undefined]);
    assert.match(error.message, /v1 answered with a redirect$/);
    return true;
  });
  assert.equal(asked.length, 1);
});

for (const [baseURL, url] of [
  ['http://h:8/v1', 'http://h:8/v1/models'],
  ['http://h:8/v1/', 'http://h:8/v1/models'],
  ['http://h:8/v1//', 'http://h:8/v1/models'],
  ['http://h:8', 'http://h:8/models'],
  ['http://h:8/v1?key=1', 'http://h:8/v1/models?key=1'],
] as const) {
  test(`${baseURL}: ${url}`, async () => {
    const { server, asked } = serverOf([ok], { baseURL });
    await send(server, '/models', signal);
    assert.deepEqual(
      asked.map((one) => one.url),
      [url],
    );
    assert.equal(server.base.href, new URL(baseURL).href);
  });
}

for (const status of [200, 201, 204, 299]) {
  test(`status ${status} is an answer`, async () => {
    const { server, asked } = serverOf([() => new Response(null, { status })]);
    assert.equal((await send(server, '/models', signal)).status, status);
    assert.equal(asked.length, 1);
  });
}

for (const [status, words] of [
  [300, ''],
  [400, 'No.'],
  [404, ''],
  [429, 'No.'],
  [500, 'No.'],
  [503, 'No.'],
] as const) {
  test(`status ${status} is none, and is not asked again`, async (t) => {
    const clock = fakeClock(t);
    const headers = { location: 'http://there/v1', ...(status !== 503 && { 'retry-after': '1' }) };
    const { server, asked } = serverOf([() => new Response(words, { status, headers })]);
    await assert.rejects(send(server, '/models', signal, undefined, Infinity), {
      name: 'ChatError',
      kind: 'http',
      status,
      serverMessage: words || 'http://there/v1',
      message: `${server.base.href} answered ${status}: ${words || 'http://there/v1'}`,
    });
    assert.equal(asked.length, 1);
    assert.equal(clock.timers(), 0);
  });
}

const waits: [what: string, answer: () => Response, ms: number][] = [
  ['a server that is loading, and does not say how long', () => loading(), 1000],
  ['Retry-After: 2', () => loading('2'), 2000],
  ['Retry-After: 2, of a server that does not say why', () => loading('2', 'No.'), 2000],
  ['Retry-After: 1.5', () => loading('1.5'), 1500],
  ['Retry-After: 0.5 is too short', () => loading('0.5'), 1000],
  ['Retry-After: -5', () => loading('-5'), 1000],
  ['Retry-After: 0', () => loading('0'), 1000],
  ['Retry-After: soon', () => loading('soon'), 1000],
  [
    'a date, which servers that load a model do not send',
    () => loading('Thu, 01 Jan 2026 00:00:07 GMT'),
    1000,
  ],
  ['more than a timer takes', () => loading('1e12'), LONGEST_TIMER_MS],
  ['Retry-After: Infinity', () => loading('Infinity'), LONGEST_TIMER_MS],
];

for (const [what, answer, ms] of waits) {
  test(`${what}: it is asked again after ${ms} ms`, async (t) => {
    const clock = fakeClock(t);
    const { server, asked } = serverOf([answer, ok]);
    const response = send(server, '/models', signal, undefined, Infinity);
    await clock.pass(ms - 1);
    assert.equal(asked.length, 1);
    await clock.pass(1);
    assert.equal(asked.length, 2);
    assert.equal(await (await response).text(), 'yes');
    assert.equal(clock.timers(), 0);
  });
}

test('a server that goes on loading is asked for as long as patience lasts', async (t) => {
  const clock = fakeClock(t);
  const start = now();
  const { server, asked } = serverOf([() => loading('1')]);
  const failed = assert.rejects(send(server, '/models', signal, undefined, 3000), {
    kind: 'http',
    status: 503,
    reason: 'loading',
  });
  await clock.pass(10_000);
  await failed;
  assert.deepEqual(
    asked.map(({ at }) => at - start),
    [0, 1000, 2000, 3000],
  );
});

test('without patience it is asked once', async () => {
  const { server, asked } = serverOf([() => loading('1')]);
  await assert.rejects(send(server, '/models', signal), { status: 503 });
  assert.equal(asked.length, 1);
});

test('a localhost that refuses is asked as 127.0.0.1, once', async () => {
  const refused = failedBy('ECONNREFUSED');
  const { server, asked } = serverOf([refused, ok], { baseURL: 'http://localhost:1/v1' });
  await send(server, '/models', signal);
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['http://localhost:1/v1/models', 'http://127.0.0.1:1/v1/models'],
  );
  const never = serverOf([refused], { baseURL: 'http://localhost:1/v1' });
  await assert.rejects(send(never.server, '/models', signal), {
    kind: 'connection',
    reason: 'refused',
  });
  assert.equal(never.asked.length, 2);
  const other = serverOf([refused]);
  await assert.rejects(send(other.server, '/models', signal), { reason: 'refused' });
  assert.equal(other.asked.length, 1);
  const cut = serverOf([failedBy('EHOSTUNREACH')], { baseURL: 'http://localhost:1/v1' });
  await assert.rejects(send(cut.server, '/models', signal), { reason: 'unreachable' });
  assert.equal(cut.asked.length, 1);
});

/** What undici throws about a connection that ended: `socket` is what it knows of it. */
const closed = (socket: object) =>
  Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET', socket }),
  });
const peer = { remoteAddress: '127.0.0.1', remotePort: 1234, remoteFamily: 'IPv4' };

/** It had been used before, and its peer was gone when the request was written. */
const dead = closed({ bytesWritten: 407, bytesRead: 64 });

test('dead connections that the runtime had kept are passed over, each once, up to eight', async (t) => {
  const clock = fakeClock(t);
  for (const count of [1, 2, 7, 8]) {
    const { server, asked } = serverOf([...Array(count).fill(dead), ok]);
    const start = now();
    const response = send(server, '/models', signal);
    await clock.pass(1000);
    assert.equal((await response).status, 200);
    assert.deepEqual(
      asked.map(({ at }) => at - start),
      Array.from({ length: count + 1 }, (_, nth) => 10 * nth),
    );
  }
});

test('where every connection is dead, nine requests are made, and no more', async (t) => {
  const clock = fakeClock(t);
  const { server, asked } = serverOf([dead]);
  const failed = assert.rejects(send(server, '/models', signal), {
    kind: 'connection',
    reason: 'reset',
    code: 'UND_ERR_SOCKET',
  });
  await clock.pass(10_000);
  await failed;
  assert.equal(asked.length, 9);
});

for (const [what, failure] of [
  [
    'a kept connection that was closed when the server had read the request',
    closed({ bytesRead: 64, ...peer }),
  ],
  ['a new connection that was closed', closed({ bytesRead: 0, ...peer })],
  ['a new connection that was closed, and whose peer is gone', closed({ bytesRead: 0 })],
  ['a connection of which nothing is known', closed({})],
  ['a connection that was reset', reset],
  ['ECONNREFUSED', failedBy('ECONNREFUSED')],
  ['ENOTFOUND', failedBy('ENOTFOUND')],
  ['EPIPE', failedBy('EPIPE')],
  ['E_OTHER', failedBy('E_OTHER')],
  ['UND_ERR_HEADERS_TIMEOUT', failedBy('UND_ERR_HEADERS_TIMEOUT')],
] as const) {
  test(`nothing is sent again after ${what}, though the server has answered before`, async () => {
    const { server, asked } = serverOf([ok, failure, ok]);
    await send(server, '/models', signal);
    await assert.rejects(send(server, '/models', signal), {
      name: 'ChatError',
      kind: /connection|timeout/,
    });
    assert.equal(asked.length, 2);
  });
}

/** What a server does with a prompt that crashes its model. */
const crashes: [what: string, crash: (socket: Socket) => void][] = [
  ['closes the connection at once', (socket) => socket.destroy()],
  ['resets it at once', (socket) => socket.resetAndDestroy()],
  ['closes it after a while', (socket) => setTimeout(() => socket.destroy(), 40)],
  ['resets it after a while', (socket) => setTimeout(() => socket.resetAndDestroy(), 40)],
];

for (const [transport, fetch] of [
  ['fetch', undefined],
  ['nodeFetch', nodeFetch],
  ['a fetch of one’s own that keeps connections', globalThis.fetch],
] as const) {
  for (const [what, crash] of crashes) {
    test(`over ${transport} a prompt is sent once to a server that ${what}`, async (t) => {
      let prompts = 0;
      const { origin, close } = await startHttpServer((request, response) => {
        request.resume().on('end', () => {
          if (request.method === 'GET') response.end('{"data":[]}');
          else if (++prompts > 0) crash(request.socket);
        });
      });
      t.after(close);
      const server = readServerOptions({ baseURL: origin, fetch });
      // Both leave connections behind that could be used again.
      await (await globalThis.fetch(`${origin}/other`)).text();
      await (await send(server, '/models', signal)).text();
      await sleep(5);
      await assert.rejects(send(server, '/chat/completions', signal, '{}'), { kind: 'connection' });
      assert.equal(prompts, 1);
    });
  }
}

const mine = new Error('mine');
const isMine = (error: unknown) => error === mine;

test('after an abort nothing is sent', async () => {
  const { server, asked } = serverOf([ok]);
  await assert.rejects(send(server, '/models', AbortSignal.abort(mine)), isMine);
  assert.equal(asked.length, 0);
});

test('a fetch that fails because of the abort gives the signal’s reason', async () => {
  const controller = new AbortController();
  const answer = () => {
    controller.abort(mine);
    throw reset;
  };
  const { server } = serverOf([answer]);
  await assert.rejects(send(server, '/models', controller.signal), isMine);
});

test('a response that comes after the abort is cancelled, once', async () => {
  const controller = new AbortController();
  const late = counted();
  const answer = () => {
    controller.abort(mine);
    return late.response;
  };
  const { server, asked } = serverOf([answer]);
  await assert.rejects(send(server, '/models', controller.signal), isMine);
  assert.equal(late.seen.cancelled, 1);
  assert.equal(asked.length, 1);
});

test('an abort while a loading server is waited for ends the wait', async (t) => {
  const clock = fakeClock(t);
  const controller = new AbortController();
  const { server, asked } = serverOf([() => loading('600')]);
  const failed = assert.rejects(
    send(server, '/models', controller.signal, undefined, Infinity),
    isMine,
  );
  await settled();
  assert.equal(clock.timers(), 1);
  controller.abort(mine);
  await failed;
  assert.deepEqual([asked.length, clock.timers()], [1, 0]);
});

test('an abort behind a dead connection sends nothing more', async (t) => {
  const clock = fakeClock(t);
  const controller = new AbortController();
  const { server, asked } = serverOf([dead, ok]);
  const failed = assert.rejects(send(server, '/models', controller.signal), isMine);
  await settled();
  controller.abort(mine);
  await failed;
  assert.deepEqual([asked.length, clock.timers()], [1, 0]);
});

test('an abort while a refusal is read gives the signal’s reason', async () => {
  const controller = new AbortController();
  const open = counted();
  const refusal = () => new Response(open.response.body, { status: 400 });
  const { server } = serverOf([refusal]);
  const failed = assert.rejects(send(server, '/models', controller.signal), isMine);
  await settled();
  controller.abort(mine);
  await failed;
  assert.equal(open.seen.cancelled, 1);
});
