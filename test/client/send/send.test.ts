import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isChatError } from '../../../src/client/errors/errors.ts';
import { LONGEST_TIMER_MS } from '../../../src/client/option-values.ts';
import { now } from '../../../src/client/send/clocks.ts';
import { readServerOptions, type ServerSettings } from '../../../src/client/send/options.ts';
import { send } from '../../../src/client/send/send.ts';
import type { Fetch, ServerOptions } from '../../../src/client/types.ts';
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
      { method: 'GET', redirect: 'manual', headers, signal },
      { method: 'POST', redirect: 'manual', headers, signal, body: '{"a":1}' },
    ],
  );
});

test('a redirect that a browser keeps secret is told as a redirect, without a status', async () => {
  const hidden = () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
  const { server, asked } = serverOf([hidden]);
  await assert.rejects(send(server, '/models', signal), (error) => {
    assert.ok(isChatError(error));
    assert.deepEqual([error.kind, error.reason, error.status], ['http', 'redirect', undefined]);
    assert.match(error.message, /v1 answered with a redirect, which a browser keeps secret$/);
    assert.match(error.hint ?? '', /options\.baseURL/);
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
  ['Retry-After: 0.5', () => loading('0.5'), 500],
  ['Retry-After: 0.1 is too short', () => loading('0.1'), 250],
  ['Retry-After: -5', () => loading('-5'), 250],
  ['Retry-After: 0 says nothing', () => loading('0'), 1000],
  ['Retry-After: soon', () => loading('soon'), 1000],
  ['a date', () => loading('Thu, 01 Jan 2026 00:00:07 GMT'), 7000],
  ['a date that is past', () => loading('Wed, 31 Dec 2025 23:00:00 GMT'), 250],
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

/** A server that has answered this process before. */
async function known(answers: readonly Answer[]) {
  const { server, asked } = serverOf([ok, ...answers]);
  await send(server, '/models', signal);
  return { server, asked };
}

/** A server that this client has not asked, over connections that other code of the process may have used. */
async function shared(answers: readonly Answer[]) {
  const { server, asked } = serverOf(answers);
  return { server: { ...server, sharesConnections: true }, asked };
}

test('dead connections of a server that has answered are passed over, each once, up to four', async (t) => {
  const clock = fakeClock(t);
  for (const dead of [1, 2, 3, 4]) {
    const { server, asked } = await known([...Array(dead).fill(reset), ok]);
    const start = now();
    const response = send(server, '/models', signal);
    await clock.pass(100);
    assert.equal((await response).status, 200);
    assert.deepEqual(
      asked.slice(1).map(({ at }) => at - start),
      Array.from({ length: dead + 1 }, (_, nth) => 10 * nth),
    );
  }
});

test('a server that cuts every connection is sent five requests, and no more', async (t) => {
  const clock = fakeClock(t);
  const { server, asked } = await known([reset]);
  const failed = assert.rejects(send(server, '/models', signal), {
    kind: 'connection',
    reason: 'reset',
    code: 'ECONNRESET',
  });
  await clock.pass(1000);
  await failed;
  assert.equal(asked.length, 1 + 5);
});

/** A connection that is cut after so long. */
const cutAfter =
  (ms: number): Answer =>
  () =>
    new Promise((_resolve, reject) => setTimeout(() => reject(reset), ms));

for (const [who, make, limit] of [
  ['a server that has answered', known, 1000],
  ['a server that this client has not asked, over shared connections', shared, 25],
] as const) {
  test(`${who}: a connection that fails within ${limit} ms was dead, one that fails later was cut`, async (t) => {
    const clock = fakeClock(t);
    const dead = await make([cutAfter(limit - 1), ok]);
    const before = dead.asked.length;
    const response = send(dead.server, '/models', signal);
    await clock.pass(limit + 100);
    assert.equal((await response).status, 200);
    assert.equal(dead.asked.length - before, 2);
    const cut = await make([cutAfter(limit), ok]);
    const failed = assert.rejects(send(cut.server, '/models', signal), { reason: 'reset' });
    await clock.pass(limit + 100);
    await failed;
    assert.equal(cut.asked.length - before, 1);
  });
}

test('a connection of one’s own to a server that has not answered was not dead', async () => {
  const { server, asked } = serverOf([reset, ok]);
  await assert.rejects(send(server, '/models', signal), { reason: 'reset' });
  assert.equal(asked.length, 1);
});

test('what a server has answered tells nothing of another port', async () => {
  const { server } = await known([ok]);
  const { origin } = server.base;
  const other = serverOf([reset, ok], { baseURL: `${origin.slice(0, -1)}9/v1` });
  await assert.rejects(send(other.server, '/models', signal), { reason: 'reset' });
  const same = serverOf([reset, ok], { baseURL: `${origin}/other` });
  assert.equal((await send(same.server, '/models', signal)).status, 200);
});

test('a refusal is an answer, too: behind it a kept connection may have died', async () => {
  const { server, asked } = serverOf([() => new Response('No.', { status: 400 }), reset, ok]);
  await assert.rejects(send(server, '/models', signal), { status: 400 });
  assert.equal((await send(server, '/models', signal)).status, 200);
  assert.equal(asked.length, 3);
});

for (const code of [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EPROTO',
  'E_OTHER',
  'UND_ERR_HEADERS_TIMEOUT',
]) {
  test(`${code} is no dead connection`, async () => {
    const { server, asked } = await known([failedBy(code), ok]);
    await assert.rejects(send(server, '/models', signal), { name: 'ChatError', code });
    assert.equal(asked.length, 2);
  });
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
  const { server, asked } = await known([reset, ok]);
  const failed = assert.rejects(send(server, '/models', controller.signal), isMine);
  await settled();
  controller.abort(mine);
  await failed;
  assert.deepEqual([asked.length, clock.timers()], [2, 0]);
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
