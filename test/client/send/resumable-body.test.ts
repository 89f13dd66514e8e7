import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isChatError } from '../../../src/client/errors/errors.ts';
import type { ChatReply, Fetch, ReplyEvent, StreamOptions } from '../../../src/index.ts';
import { resumeChat, streamChat } from '../../../src/index.ts';
import { type Cut, resumableServer } from '../resumable-server.ts';
import { chunk, collect, fakeServer, frames, hello, silence } from '../streams.ts';
import { fakeClock, settled } from './fake-clock.ts';

/** A reply of all kinds: reasoning, an answer with characters of several bytes, a call in fragments, usage. */
const fragment = (args: string, more = {}) =>
  chunk({ tool_calls: [{ index: 0, ...more, function: { arguments: args } }] });
const body = `: ping\n\n${frames(
  chunk({ role: 'assistant', content: null }),
  chunk({ reasoning_content: 'Hm, ' }),
  chunk({ reasoning_content: '嗯.' }),
  chunk({ content: 'Grüße, ' }),
  chunk({ content: '世界 😀' }),
)}: ping\n\n${frames(
  chunk({
    tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }],
  }),
  fragment('{"a":'),
  fragment('1}'),
  chunk({}, 'tool_calls'),
  { choices: [], usage: { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 } },
  '[DONE]',
)}`;
const { length } = new TextEncoder().encode(body);

const ask = (options: StreamOptions, resume = true): ChatReply =>
  streamChat({ messages: [] }, { resume, ...options });

/** Everything but the times. */
const told = <T extends object>(result: T) => ({ ...result, timing: undefined });
const toldOf = (event: ReplyEvent) =>
  event.type === 'finish' ? { ...event, result: told(event.result) } : event;

const ways: Record<string, (reply: ChatReply) => Promise<unknown>> = {
  texts: (reply) => collect(reply),
  events: async (reply) => (await collect(reply.events())).map(toldOf),
  'a web stream': (reply) => new Response(reply.toReadableStream()).text(),
  result: async (reply) => told(await reply.result),
  'the result in the middle of a loop': async (reply) => {
    const pieces: unknown[] = [];
    for await (const text of reply) pieces.push(text, told(await reply.result));
    return pieces;
  },
};

/** From cut to cut, in bytes; the mutation run has no time for every one. */
const STEP = Number(process.env.CUT_STEP ?? 1);

describe('cut at every byte, the reply is the same', { concurrency: 8 }, () => {
  for (const [way, read] of Object.entries(ways)) {
    for (const clean of [undefined, true] as const) {
      test(`${way}, ${clean ? 'a clean end' : 'broken'}`, async () => {
        const whole = await read(ask(resumableServer(body, []), false));
        // Events hold everything; the other ways, and the other end, are tried with fewer cuts.
        const step = way !== 'events' ? 17 : clean ? 5 : STEP;
        const all = Array.from({ length: Math.ceil(length / step) }, async (_, nth) => {
          const after = nth * step;
          const server = resumableServer(body, [{ after, ...(clean && { clean }) }]);
          assert.deepEqual(await read(ask(server)), whole, `cut after ${after} bytes`);
          assert.deepEqual(
            server.asked.map(({ method, path }) => `${method} ${path}`),
            ['POST /chat/completions', `GET /stream?from=${after}`],
          );
          assert.equal(new Set(server.asked.map(({ id }) => id)).size, 1);
        });
        await Promise.all(all);
      });
    }
  }
});

test('cut again and again, in reads of any size, the reply is the same', async (t) => {
  const clock = fakeClock(t);
  const whole = await ways.events?.(ask(resumableServer(body, [], 7), false));
  // Behind its finish reason a reply is waited for 2 s, so what follows must not come in more than twenty parts.
  for (const after of [13, 23, 50, 171]) {
    for (const readBytes of [1, 3, 64, Infinity]) {
      const cuts: Cut[] = Array(Math.ceil(length / after)).fill({ after });
      const reading = ways.events?.(ask(resumableServer(body, cuts, readBytes)));
      for (let seconds = 0; seconds < length / after / 9; seconds++) await clock.pass(1000);
      assert.deepEqual(await reading, whole, `${after} bytes at a time, ${readBytes} in a read`);
    }
  }
});

test('a connection that breaks behind the last event has no rest', async () => {
  const server = resumableServer(body, [{ after: length }]);
  assert.equal((await ask(server).result).verdict, 'tool_calls');
  await settled();
  assert.equal(server.asked.length, 1);
});

test('without `resume` nothing of it is sent, and a reply that breaks is broken', async () => {
  const server = resumableServer(body, [{ after: 400 }]);
  await assert.rejects(ask(server, false).result, { kind: 'interrupted' });
  for await (const _ of ask(server, false)) break;
  assert.deepEqual(server.asked, [
    { method: 'POST', path: '/chat/completions', id: undefined },
    { method: 'POST', path: '/chat/completions', id: undefined },
  ]);
  assert.equal(ask(server, false).resumable, undefined);
});

test('every reply has an id of its own, unless the program gives one', async () => {
  const server = resumableServer(hello, []);
  for (let asked = 0; asked < 3; asked++) await ask(server).result;
  const own = ask({ ...server, headers: { 'X-Conversation-Id': 'mine' } });
  assert.equal(own.resumable?.id, 'mine');
  await own.result;
  const [one = '', two = '', three = '', four] = server.asked.map(({ id }) => id);
  assert.equal(new Set([one, two, three]).size, 3);
  for (const id of [one, two, three]) assert.match(id, /^[\w.-]{30,}$/);
  assert.equal(four, 'mine');
});

describe('who no longer wants the reply has the server stop it', () => {
  const endless = [frames(chunk({ content: 'Hello' })), silence];
  function open(options: StreamOptions = {}) {
    const asked: [method: string | undefined, url: string][] = [];
    const reply = ask({
      ...options,
      baseURL: 'http://me:pass@host:8/v1?tenant=a',
      headers: { 'x-conversation-id': 'a/b' },
      async fetch(url, { method, signal }) {
        asked.push([method, url]);
        if (method === 'DELETE') return new Response(null, { status: 204 });
        const reads = [...endless];
        const stream = new ReadableStream<Uint8Array>({
          async pull(controller) {
            const read = await Promise.race([reads.shift(), aborted(signal)]);
            controller.enqueue(new TextEncoder().encode(read));
          },
        });
        return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    return { reply, asked };
  }
  const aborted = (signal: AbortSignal | null | undefined) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const sent = [
    ['POST', 'http://host:8/v1/chat/completions?tenant=a'],
    ['DELETE', 'http://host:8/v1/stream?tenant=a&conv_id=a%2Fb'],
  ];

  test('by leaving the loop', async () => {
    const { reply, asked } = open();
    for await (const _ of reply) break;
    assert.equal((await reply.result).verdict, 'stopped');
    assert.deepEqual(asked, sent);
  });

  test('by an abort', async () => {
    const controller = new AbortController();
    const { reply, asked } = open({ signal: controller.signal });
    const mine = new Error('mine');
    await assert.rejects(async () => {
      for await (const _ of reply) controller.abort(mine);
    }, mine);
    assert.deepEqual(asked, sent);
  });

  test('by an abort before the head, and once more: the server may not have read the request', async (t) => {
    const clock = fakeClock(t);
    const controller = new AbortController();
    const asked: unknown[] = [];
    const reply = ask({
      signal: controller.signal,
      async fetch(url, { method, signal }) {
        asked.push(`${method} ${new URL(url).pathname}`);
        return method === 'DELETE' ? new Response(null) : aborted(signal);
      },
    });
    const failed = assert.rejects(reply.result, { name: 'AbortError' });
    await settled();
    controller.abort();
    await failed;
    assert.deepEqual(asked, ['POST /v1/chat/completions', 'DELETE /v1/stream']);
    await clock.pass(999);
    assert.equal(asked.length, 2);
    await clock.pass(1);
    assert.deepEqual(asked.slice(2), ['DELETE /v1/stream']);
    assert.equal(clock.timers(), 0);
  });

  test('by a clock', async (t) => {
    const clock = fakeClock(t);
    const { reply, asked } = open({ timeouts: { idle: 5000 } });
    const failed = assert.rejects(reply.result, { kind: 'timeout', reason: 'idle' });
    await clock.pass(6000);
    await failed;
    assert.deepEqual(asked, sent);
  });

  test('by an error of its own', async () => {
    const own = new Error('own');
    const { reply, asked } = open({
      onChunk() {
        throw own;
      },
    });
    await assert.rejects(reply.result, own);
    assert.deepEqual(asked, sent);
  });

  test('but nothing is sent when nothing was asked', async () => {
    const { reply, asked } = open({ signal: AbortSignal.abort() });
    await assert.rejects(reply.result);
    const other = open();
    await other.reply[Symbol.asyncIterator]().return?.();
    assert.deepEqual([asked, other.asked], [[], []]);
  });

  test('nor when it is whole', async () => {
    const server = resumableServer(hello, []);
    for await (const _ of ask(server));
    await settled();
    assert.deepEqual(
      server.asked.map(({ method }) => method),
      ['POST'],
    );
  });

  test('a server that does not answer this, or refuses it, disturbs nobody', async () => {
    for (const answer of [() => Promise.reject(new Error('no')), () => silence]) {
      const { fetch } = resumableServer(body, []);
      const reply = ask({
        fetch: (url, init) => (init.method === 'DELETE' ? answer() : fetch(url, init)),
      });
      for await (const _ of reply) break;
      assert.equal((await reply.result).verdict, 'stopped');
    }
  });
});

const json = (status: number, text: string) => () =>
  new Response(text, { status, headers: { 'content-type': 'application/json' } });

for (const [what, answers] of [
  ['a server that does not know of it: 404', json(404, '{"error":{"message":"File Not Found"}}')],
  ['LM Studio, which answers 200 to any path', json(200, '{"error":"Unexpected endpoint"}')],
  ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  [
    'a ring that has overrun',
    json(400, '{"error":{"message":"Stream offset lost, please restart"}}'),
  ],
  ['a stream with no type', () => new Response(body, { headers: { 'content-type': '' } })],
] as const) {
  test(`${what}: the reply is interrupted as ever, after one try`, async (t) => {
    const clock = fakeClock(t);
    const server = resumableServer(body, [{ after: 500 }, { answers }]);
    const failed = assert.rejects(ask(server).result, (error) => {
      assert.ok(isChatError(error));
      assert.deepEqual(
        [error.kind, error.reason, error.code],
        ['interrupted', 'reset', 'UND_ERR_SOCKET'],
      );
      assert.match(error.message, /broke off before the answer was finished: other side closed/);
      assert.equal(error.partial?.reasoning, 'Hm, 嗯.');
      return true;
    });
    await clock.pass(200);
    await failed;
    assert.deepEqual(
      server.asked.map(({ method }) => method),
      ['POST', 'GET'],
    );
    assert.equal(clock.timers(), 0);
  });
}

test('a body that has no rest is interrupted after three tries', async (t) => {
  const clock = fakeClock(t);
  const clean = { after: 0, clean: true } as const;
  const server = resumableServer(body, [{ after: 500, clean: true }, clean, clean, clean]);
  const failed = assert.rejects(ask(server).result, (error) => {
    assert.ok(isChatError(error));
    assert.deepEqual(
      [error.kind, error.reason, error.cause],
      ['interrupted', undefined, undefined],
    );
    return true;
  });
  await clock.pass(700);
  await failed;
  assert.equal(server.asked.length, 4);
});

test('a connection that is closed before its first byte may look like a clean end', async (t) => {
  const clock = fakeClock(t);
  const clean = { after: 0, clean: true } as const;
  const server = resumableServer(body, [{ after: 500, clean: true }, clean, clean]);
  const text = ask(server).result.then((result) => result.text);
  await clock.pass(1000);
  assert.equal(await text, 'Grüße, 世界 😀');
});

const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
const reset = Object.assign(new Error('gone'), { code: 'ECONNRESET' });

/** How long after the break the rest was asked for. */
async function triesOf(t: TestContext, options: StreamOptions): Promise<number[]> {
  const clock = fakeClock(t);
  const cuts: Cut[] = [{ after: 500 }, ...Array(50).fill({ refuses: refused })];
  const server = resumableServer(body, cuts);
  const times: number[] = [];
  const failed = assert.rejects(
    ask({
      ...options,
      fetch(url, init) {
        times.push(performance.now());
        return server.fetch(url, init);
      },
    }).result,
    { kind: 'interrupted', code: 'UND_ERR_SOCKET' },
  );
  await clock.pass(60_000);
  await failed;
  assert.equal(clock.timers(), 0);
  assert.ok(server.asked.every(({ method }) => method !== 'DELETE'));
  return times.slice(1).map((at) => at - (times[0] ?? 0));
}

test('a server that is away is asked seven times, in growing pauses', async (t) => {
  const all = [100, 300, 700, 1500, 3100, 6300, 12_700];
  assert.deepEqual(await triesOf(t, {}), all);
  t.mock.restoreAll();
  assert.deepEqual(await triesOf(t, { timeouts: { idle: 0 } }), all);
});

test('the clock `idle` bounds the tries', async (t) => {
  const clock = fakeClock(t);
  const server = resumableServer(body, [{ after: 500 }, ...Array(50).fill({ refuses: refused })]);
  const failed = assert.rejects(ask({ ...server, timeouts: { idle: 3000 } }).result, {
    kind: 'timeout',
    reason: 'idle',
  });
  await clock.pass(3020);
  await failed;
  const asked = server.asked.map(({ method }) => method);
  assert.deepEqual(asked, ['POST', 'GET', 'GET', 'GET', 'GET', 'DELETE']);
  assert.equal(clock.timers(), 0);
});

test('a server that loads or restarts is waited for, and one that comes back is read on', async (t) => {
  const clock = fakeClock(t);
  const cuts: Cut[] = [
    { after: 500 },
    { refuses: refused },
    { answers: json(503, '{"error":{"message":"Loading model"}}') },
    { answers: json(502, '') },
    { after: 0 },
    { after: 100 },
    { refuses: refused },
  ];
  const server = resumableServer(body, cuts);
  const times: number[] = [];
  const fetch: Fetch = (url, init) => {
    times.push(performance.now());
    return server.fetch(url, init);
  };
  const text = ask({ fetch }).result.then((result) => result.text);
  await clock.pass(10_000);
  assert.equal(await text, 'Grüße, 世界 😀');
  assert.deepEqual(
    server.asked.slice(1).map(({ path }) => path),
    [500, 500, 500, 500, 500, 600, 600].map((from) => `/stream?from=${from}`),
  );
  // After the hundred bytes the pauses begin anew.
  const pauses = times.slice(1).map((at, nth) => at - (times[nth] ?? 0));
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 100, 200]);
});

test('the head of a reply is that of its first connection', async (t) => {
  const clock = fakeClock(t);
  const reply = ask(resumableServer(body, [{ after: 500 }]));
  const timing = reply.result.then((result) => result.timing);
  await clock.pass(1000);
  assert.deepEqual([(await timing).headMs, (await timing).totalMs], [0, 100]);
});

test('an abort or a reader that leaves while the connection is broken: nothing is asked but to stop', async (t) => {
  const clock = fakeClock(t);
  const controller = new AbortController();
  const server = resumableServer(body, [{ after: 500 }]);
  const failed = assert.rejects(ask({ ...server, signal: controller.signal }).result, {
    name: 'AbortError',
  });
  await settled();
  controller.abort();
  await failed;
  await clock.pass(1000);
  assert.deepEqual(
    server.asked.map(({ method }) => method),
    ['POST', 'DELETE'],
  );
  assert.equal(clock.timers(), 0);
});

test('a request that was reset before its head may have been read: its reply is looked for, the prompt is sent once', async (t) => {
  const clock = fakeClock(t);
  const server = resumableServer(body, [{ refuses: reset }]);
  const text = ask(server).result.then((result) => result.text);
  await clock.pass(200);
  assert.equal(await text, 'Grüße, 世界 😀');
  assert.deepEqual(
    server.asked.map(({ method, path }) => `${method} ${path}`),
    ['POST /chat/completions', 'GET /stream?from=0'],
  );
  const away = resumableServer(body, [{ refuses: reset }, { answers: json(404, '') }]);
  const failed = assert.rejects(ask(away).result, { kind: 'connection', code: 'ECONNRESET' });
  await clock.pass(200);
  await failed;
  assert.equal(away.asked.length, 2);
});

for (const [what, cut, expected] of [
  ['refused', { refuses: refused }, { kind: 'connection', reason: 'refused' }],
  [
    'answered with a status',
    { answers: json(400, '{"error":"No."}') },
    { kind: 'http', status: 400 },
  ],
] as const) {
  test(`of a request that was ${what} no rest is looked for`, async () => {
    const server = resumableServer(body, [cut]);
    await assert.rejects(ask(server).result, expected);
    assert.equal(server.asked.length, 1);
  });
}

test('`resumable` is where the last event ended: what was read and the rest are the whole', async () => {
  const whole = (await ask(resumableServer(body, [])).result).text;
  // Of some sizes a read ends between the two line ends of an event.
  for (const readBytes of [...Array(40).keys(), Infinity].slice(1)) {
    const server = resumableServer(body, [], readBytes);
    const reply = ask({
      ...server,
      apiKey: 'sk-lm-9f8e7d6c5b4a39281706',
      baseURL: 'http://u:pw@h/v1?key=k',
    });
    for await (const text of reply) {
      assert.ok(whole.startsWith(reply.soFar.text));
      const saved = JSON.parse(JSON.stringify(reply.resumable));
      assert.deepEqual(Object.keys(saved), ['id', 'baseURL', 'bytes']);
      assert.equal(saved.baseURL, 'http://h/v1');
      const rest = await resumeChat(saved, server).result;
      assert.equal(reply.soFar.text + rest.text, whole, text);
      assert.deepEqual(rest.usage, { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 });
      const again = await resumeChat({ ...saved, bytes: 0 }, server).result;
      assert.equal(again.text, whole);
      assert.equal(again.reasoning, 'Hm, 嗯.');
      assert.equal(again.toolCalls[0]?.complete, true);
    }
    assert.equal(reply.resumable?.bytes, length);
  }
});

test('while half an event has come, `resumable` is where the one before it ended', async () => {
  const [one, two] = [frames(chunk({ content: 'Hello' })), frames(chunk({ content: '!' }))];
  const { fetch } = fakeServer([one, two.slice(0, 40), silence]);
  const reply = ask({ fetch: (url, init) => fetch(url, init) });
  const texts = reply[Symbol.asyncIterator]();
  assert.equal((await texts.next()).value, 'Hello');
  const waiting = texts.next();
  await settled();
  assert.equal(reply.resumable?.bytes, one.length);
  await texts.return?.();
  await waiting;
});

test('what is no event stream is cancelled when it is asked for the rest', async () => {
  const { fetch, seen } = fakeServer(['{}', silence], {
    headers: { 'content-type': 'application/json' },
  });
  const saved = { id: 'x', baseURL: 'http://h:8/v1', bytes: 0 };
  await assert.rejects(resumeChat(saved, { fetch }).result, { reason: 'expired' });
  assert.equal(seen.cancelled, 1);
});

test('a reply that was taken up is taken up again when it breaks, and stopped when it is left', async () => {
  const server = resumableServer(body, [{ after: 300 }, { after: 200 }]);
  const first = ask(server);
  await first.events().next();
  const saved = first.resumable ?? assert.fail();
  const events = await collect(resumeChat(saved, server).events());
  assert.equal(events.at(-1)?.type, 'finish');
  for await (const _ of resumeChat({ ...saved, bytes: 0 }, server)) break;
  assert.deepEqual(
    server.asked.map(({ method, path }) => `${method} ${path}`),
    [
      'POST /chat/completions',
      `GET /stream?from=${saved.bytes}`,
      `GET /stream?from=${saved.bytes + 200}`,
      'GET /stream?from=0',
      'DELETE /stream',
    ],
  );
});

test('a reply that the server no longer has is expired', async () => {
  for (const answers of [
    json(404, ''),
    json(400, '{"error":"Stream offset lost, please restart"}'),
  ]) {
    const server = resumableServer(body, [{ answers }]);
    const saved = { id: 'x', baseURL: 'http://h:8/v1', bytes: 0 };
    await assert.rejects(resumeChat(saved, { fetch: async () => answers() }).result, (error) => {
      assert.ok(isChatError(error));
      assert.deepEqual([error.kind, error.reason], ['interrupted', 'expired']);
      assert.equal(error.message, 'http://h:8/v1 no longer has this answer');
      return true;
    });
    assert.equal(server.asked.length, 0);
  }
});

test('a server that is away when a reply is taken up is reported at once', async () => {
  const saved = { id: 'x', baseURL: 'http://h:8/v1', bytes: 0 };
  const fetch = () => Promise.reject(refused);
  await assert.rejects(resumeChat(saved, { fetch }).result, {
    kind: 'connection',
    reason: 'refused',
  });
});

test('where the rest is: beside the base URL, in v1, with its query and its key', async () => {
  const asked: [url: string, authorization: string | null][] = [];
  const saved = { id: 'a&b', baseURL: 'http://saved:8', bytes: 7 };
  const options = {
    apiKey: 'k',
    fetch: async (url: string, { headers }: RequestInit) => {
      asked.push([url, new Headers(headers).get('authorization')]);
      return new Response('', { status: 404 });
    },
  };
  await assert.rejects(resumeChat(saved, options).result);
  await assert.rejects(resumeChat(saved, { ...options, baseURL: 'http://h/p/v1/?t=1' }).result);
  assert.deepEqual(asked, [
    ['http://saved:8/v1/stream?conv_id=a%26b&from=7', 'Bearer k'],
    ['http://h/p/v1/stream?t=1&conv_id=a%26b&from=7', 'Bearer k'],
  ]);
});

test('arguments of a wrong type are refused at once', () => {
  const wrong: object[] = [{}, { id: 7 }, { id: 'x', bytes: '1' }, { id: 'x', bytes: -1 }];
  for (const saved of wrong) {
    const untyped: Parameters<typeof resumeChat>[0] = Object.assign(Object.create(null), saved);
    assert.throws(() => resumeChat(untyped), TypeError);
  }
  const resume: object = { resume: 'yes' };
  assert.throws(
    () => streamChat({ messages: [] }, resume),
    /options\.resume must be of type boolean/,
  );
});
