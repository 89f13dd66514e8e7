import { get, globalAgent } from 'node:http';
import type { Serve } from '../server/wire.ts';
import { answers } from './errors.ts';
import { HELLO, hello } from './frames.ts';
import { sends } from './framing.ts';
import { group } from './scenario.ts';

const KEY = 'sk-local-0123456789abcdef';

/**
 * Leaves eight kept connections in the pool of `fetch`, and eight in `node:http`'s, all of which the server closes while the
 * program is busy: it has not looked at its sockets since.
 */
async function fillThePools(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/v1/models`;
  const eight = <T>(one: () => Promise<T>) => Promise.all(Array.from({ length: 8 }, one));
  await eight(() => fetch(url).then((response) => response.text()));
  await eight(
    () =>
      new Promise((resolve, reject) => {
        get(url, { agent: globalAgent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        );
      }),
  );
  await new Promise(setImmediate);
  const until = performance.now() + 50;
  while (performance.now() < until);
}

/** Sends the client on, with status `status`. */
const redirects =
  (status: number, to: (wire: Parameters<Serve>[0]) => string): Serve =>
  async (wire) => {
    if (wire.request.nth > 1) return sends(...hello)(wire);
    await answers(status, '', { location: to(wire) })(wire);
  };

export const connections = group(
  'Connections',
  [
    {
      name: 'nothing listens there: the message names the address',
      serve: sends(),
      use: 'no server',
      right: { error: /127\.0\.0\.1:\d+/ },
      limit: 12_000,
    },
    {
      name: 'nothing listens there: reported within 1 s',
      serve: sends(),
      use: 'no server',
      right: { error: true },
      wrong: ({ ms }) => (ms > 1000 ? `after ${(ms / 1000).toFixed(1)} s` : undefined),
      limit: 12_000,
    },
    {
      name: '`localhost`, the server listens on IPv4 only',
      serve: sends(...hello),
      baseURL: (port) => `http://localhost:${port}/v1`,
      right: { text: HELLO },
    },
    {
      name: 'a base URL that ends with a slash',
      serve: sends(...hello),
      baseURL: (port) => `http://127.0.0.1:${port}/v1/`,
      right: { text: HELLO },
      wrong: ({ requests }) =>
        requests[0]?.path === '/v1/chat/completions' ? undefined : 'another path',
    },
    {
      name: 'a base URL with a query, which stays',
      serve: sends(...hello),
      baseURL: (port) => `http://127.0.0.1:${port}/v1?tenant=a`,
      right: { text: HELLO },
      wrong: ({ requests }) =>
        requests[0]?.path === '/v1/chat/completions?tenant=a' ? undefined : 'another path',
    },
    {
      name: 'a prompt that crashes the model, after an answer on a kept connection: sent once',
      async serve(wire) {
        if (wire.request.nth > 1) return wire.close();
        await answers(200, hello.join(''), { 'content-type': 'text/event-stream' })(wire);
      },
      use: 'ask twice',
      right: { error: true },
      requests: 2,
      limit: 12_000,
    },
    {
      name: 'the same, and the connection is reset',
      async serve(wire) {
        if (wire.request.nth > 1) return wire.reset('at once');
        await answers(200, hello.join(''), { 'content-type': 'text/event-stream' })(wire);
      },
      use: 'ask twice',
      right: { error: true },
      requests: 2,
      limit: 12_000,
    },
    {
      name: 'eight pooled connections that other code left, all of them dead',
      async serve(wire) {
        if (wire.request.method === 'GET') {
          await answers(200, '{"data":[]}')(wire);
          await wire.wait(1);
          return wire.close();
        }
        await answers(200, hello.join(''), { 'content-type': 'text/event-stream' })(wire);
      },
      before: fillThePools,
      right: { text: HELLO },
      // Eight over `fetch` and eight over `node:http` are the other code's.
      requests: 8 + 8 + 8 + 1,
      limit: 12_000,
      alone: true,
    },
    {
      name: '5,000 replies, 1 to 12 at once, each connection closed 1 ms after its stream though the head says keep-alive (llama.cpp)',
      async serve(wire) {
        await wire.head(200, {
          'content-type': 'text/event-stream',
          'keep-alive': 'timeout=5, max=100',
        });
        await sends(...hello)(wire);
        await wire.wait(1);
        await wire.close();
      },
      use: 'ask many times',
      many: { times: 5000, atOnce: 12 },
      right: { text: HELLO },
      limit: 60_000,
      alone: true,
    },
    {
      name: 'one signal for a hundred replies at once: no warning of a leak',
      serve: sends(...hello),
      use: 'ask many times',
      many: { times: 100, atOnce: 100 },
      ask: { signal: new AbortController().signal },
      right: { text: HELLO },
      wrong: ({ warnings }) => (warnings.length > 0 ? `warns: ${warnings[0]}` : undefined),
      limit: 12_000,
      alone: true,
    },
    {
      name: 'a first connection that is reset when the server has worked for 0.3 s: not asked again',
      serve: (wire) => wire.wait(300).then(() => wire.reset()),
      right: { error: true },
      requests: 1,
      limit: 12_000,
    },
    {
      name: 'a reset after the first token: not asked again',
      async serve(wire) {
        for (const frame of hello.slice(0, 2)) await wire.send(frame);
        await wire.reset();
      },
      right: { error: true, keeps: 'Hello, ' },
      requests: 1,
      limit: 12_000,
    },
    {
      name: 'a connection that the server closes after each reply',
      async serve(wire) {
        await wire.head(200, { 'content-type': 'text/event-stream', connection: 'close' });
        for (const frame of hello) await wire.send(frame);
        await wire.end();
      },
      use: 'ask twice',
      right: { text: HELLO },
    },
    {
      name: '307 to another origin: no prompt and no key go there',
      serve: redirects(307, ({ elsewhere }) => `${elsewhere}/v1/chat/completions`),
      elsewhere: sends(...hello),
      ask: { apiKey: KEY },
      right: [{ error: true }, { text: HELLO }],
      wrong: ({ elsewhere }) =>
        elsewhere.some(({ body, headers }) => body.includes('Hello') || headers.authorization)
          ? 'prompt sent there'
          : undefined,
    },
    {
      name: '302 to another origin: the message names it',
      serve: redirects(302, ({ elsewhere }) => `${elsewhere}/login`),
      elsewhere: answers(200, '<title>Sign in</title>', { 'content-type': 'text/html' }),
      right: { error: /127\.0\.0\.1:\d+\/login|Sign in/ },
    },
    {
      name: '308 within the origin',
      serve: redirects(308, () => '/v2/chat/completions'),
      right: [{ text: HELLO }, { error: /\/v2\/chat\/completions/ }],
    },
    {
      name: 'a redirect to itself, for ever',
      serve: answers(307, '', { location: '/v1/chat/completions' }),
      right: { error: true },
      requests: 25,
    },
    {
      name: 'no key given: no `Authorization` header',
      async serve(wire) {
        if (wire.request.headers.authorization === undefined) return sends(...hello)(wire);
        const error = {
          message: 'Malformed LM Studio API token provided',
          code: 'invalid_api_key',
        };
        await answers(401, JSON.stringify({ error }))(wire);
      },
      right: { text: HELLO },
    },
    {
      name: 'the key is in no message, though the server repeats it',
      async serve(wire) {
        const error = `Malformed token: ${wire.request.headers.authorization}`;
        await answers(401, JSON.stringify({ error }))(wire);
      },
      ask: { apiKey: KEY },
      right: { error: /Malformed token/ },
      wrong: ({ error = '' }) => (error.includes(KEY) ? 'shows the key' : undefined),
    },
  ],
  { transport: true },
);
