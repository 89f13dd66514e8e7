import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type RecordingOutcome,
  type RecordingProxyOptions,
  readExchange,
  replayFetch,
  startRecordingProxy,
} from '../../../src/replay/index.ts';
import { ask, readBody, scratch, sent, sizesOf, startServer, textOf } from '../helpers.ts';
import { answerWildly, wildPieces } from './wild-upstream.ts';

type Context = { after(done: () => unknown): void };

/** A proxy in front of `upstream`; `outcome()` is the next thing that came of a request. */
async function startProxy(
  t: Context,
  upstream: string,
  options: Partial<RecordingProxyOptions> = {},
) {
  const folder = await scratch(t);
  const outcomes: RecordingOutcome[] = [];
  let wake = () => {};
  const onOutcome = (_: string, outcome: RecordingOutcome) => {
    outcomes.push(outcome);
    wake();
  };
  const proxy = await startRecordingProxy({ upstream, folder, onOutcome, ...options });
  t.after(() => proxy.close());
  async function outcome(): Promise<RecordingOutcome> {
    for (;;) {
      const next = outcomes.shift();
      if (next) return next;
      await new Promise<void>((done) => {
        wake = done;
      });
    }
  }
  const file = (name: string) => join(folder, `${name}.json`);
  return { ...proxy, folder, file, outcome };
}

/** Resolves each `next()` of a server when the test says `step()`. */
function steps() {
  const waiting: (() => void)[] = [];
  let allowed = 0;
  return {
    next: () =>
      new Promise<void>((go) => {
        if (allowed-- > 0) go();
        else waiting.push(go);
      }),
    step() {
      const go = waiting.shift();
      if (go) go();
      else allowed = Math.max(allowed, 0) + 1;
    },
  };
}

const isStored = (outcome: RecordingOutcome) => {
  assert.ok(outcome.stored !== undefined, 'reason' in outcome ? outcome.reason : '');
  return outcome.stored;
};

test('every byte is passed on as it comes, and stored with its boundaries and its end', async (t) => {
  const { next, step } = steps();
  const proxy = await startProxy(t, await startServer(t, answerWildly(next)));
  const response = await fetch(`${proxy.url}/wild`, ask());
  assert.equal(response.headers.get('x-powered-by'), 'Express');
  const reader = response.body?.getReader();
  // The next piece is written only when the one before it was seen here.
  for (const piece of wildPieces) {
    step();
    assert.deepEqual(new Uint8Array((await reader?.read())?.value ?? []), new Uint8Array(piece));
  }
  step();
  await assert.rejects(async () => reader?.read(), TypeError);

  const exchange = await readExchange(proxy.file(isStored(await proxy.outcome())));
  assert.equal(exchange.end, 'disconnect');
  assert.deepEqual(
    exchange.chunks?.map(([, bytes]) => bytes),
    sizesOf(wildPieces),
  );
  assert.equal(exchange.request.path, '/wild');

  const replayed = await replayFetch(exchange)(`${proxy.url}/wild`);
  assert.equal(replayed.headers.get('x-powered-by'), 'Express');
  const { chunks, error } = await readBody(replayed);
  assert.deepEqual(sizesOf(chunks), sizesOf(wildPieces));
  assert.equal(textOf(chunks), textOf(wildPieces));
  assert.equal(String(error), 'TypeError: terminated');
});

test('the bytes before a break arrive, however fast it comes', async (t) => {
  const proxy = await startProxy(
    t,
    await startServer(
      t,
      answerWildly(async () => {}),
    ),
  );
  const { chunks, error } = await readBody(await fetch(`${proxy.url}/wild`));
  assert.equal(textOf(chunks), textOf(wildPieces));
  assert.ok(error);
  const exchange = await readExchange(proxy.file(isStored(await proxy.outcome())));
  assert.equal(textOf([await exchange.readBody()]), textOf(wildPieces));
});

test('status and headers pass unchanged; those of the connection and cookies are not stored', async (t) => {
  const upstream = await startServer(t, (_, response) => {
    const headers = {
      'retry-after': '7',
      'set-cookie': ['a=1', 'b=2'],
      'X-Odd': 'yes',
      'content-length': 21,
    };
    response.writeHead(429, 'Slow Down', headers).end('{"error":"slow down"}');
  });
  const proxy = await startProxy(t, upstream);
  const [response] = (await once(get(`${proxy.url}/busy`), 'response')) as [IncomingMessage];
  response.resume();
  assert.equal(response.statusMessage, 'Slow Down');
  assert.equal(response.headers['x-odd'], 'yes');
  assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(response.headers['content-length'], '21');
  await once(response, 'end');
  const exchange = await readExchange(proxy.file(isStored(await proxy.outcome())));
  assert.equal(exchange.response.status, 429);
  assert.deepEqual(exchange.response.headers, { 'retry-after': '7', 'x-odd': 'yes' });
  const again = await replayFetch(exchange)(proxy.url);
  assert.equal(again.headers.get('retry-after'), '7');
});

test('the head is passed on before the first byte', async (t) => {
  const { next, step } = steps();
  const proxy = await startProxy(t, await startServer(t, answerWildly(next)));
  const response = await fetch(`${proxy.url}/wild`);
  assert.equal(response.status, 200);
  for (let i = 0; i <= wildPieces.length; i++) step();
  await readBody(response);
});

test('upstream gets the request as it was, uncompressed answers asked for, and its own Host', async (t) => {
  let seen: IncomingMessage | undefined;
  let body = '';
  const upstream = await startServer(t, (request, response) => {
    seen = request;
    request.on('data', (bytes) => {
      body += bytes;
    });
    request.on('end', () => response.end('{}'));
  });
  const proxy = await startProxy(t, `${upstream}/v1/`);
  const headers = {
    authorization: 'Bearer my-own-key-1234',
    'x-mine': 'yes',
    'content-type': 'a/b',
  };
  await (await fetch(`${proxy.url}/v1/x?q=1`, { method: 'PUT', headers, body: 'text' })).text();
  assert.equal(seen?.url, '/v1/x?q=1');
  assert.equal(seen?.method, 'PUT');
  assert.equal(body, 'text');
  assert.equal(`http://${seen?.headers.host}`, upstream);
  assert.equal(seen?.headers.authorization, 'Bearer my-own-key-1234');
  assert.equal(seen?.headers['x-mine'], 'yes');
  assert.equal(seen?.headers['accept-encoding'], 'identity');
  const stored = proxy.file(isStored(await proxy.outcome()));
  assert.equal((await readExchange(stored)).request.body, 'text');
  assert.doesNotMatch(await readFile(stored, 'utf8'), /my-own|x-mine|authorization/i);
});

test('a client that leaves stops the server at once, and is stored as such', async (t) => {
  let closed: Promise<unknown> = Promise.resolve();
  const upstream = await startServer(t, async (_, response) => {
    closed = once(response, 'close');
    await sent(response, 'data: {}\n\n');
  });
  const proxy = await startProxy(t, upstream);
  const leaving = new AbortController();
  const response = await fetch(proxy.url, { signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  await closed;
  const exchange = await readExchange(proxy.file(isStored(await proxy.outcome())));
  assert.equal(exchange.end, 'client-abort');
  assert.equal(exchange.response.bytes, 10);
});

test('a client that leaves at [DONE] has left nothing out: the exchange is complete', async (t) => {
  const { next, step } = steps();
  const upstream = await startServer(t, async (_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, 'data: [DONE]\n\n');
    await next();
    response.end();
  });
  const proxy = await startProxy(t, upstream);
  const leaving = new AbortController();
  const response = await fetch(proxy.url, { signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  step();
  assert.equal((await readExchange(proxy.file(isStored(await proxy.outcome())))).end, 'complete');
});

test('a server that is not there is a 502 in words, and nothing is stored', async (t) => {
  const proxy = await startProxy(t, 'http://127.0.0.1:9');
  const response = await fetch(`${proxy.url}/v1/models`);
  assert.equal(response.status, 502);
  assert.equal(response.headers.get('x-should-retry'), 'false');
  assert.match(
    JSON.parse(await response.text()).error.message,
    /127\.0\.0\.1:9 does not answer: .*ECONNREFUSED.* Is the server running/,
  );
  assert.equal((await proxy.outcome()).stored, undefined);
  assert.deepEqual(await readdir(proxy.folder), []);
});

test('a foreign Host or Origin is refused before anything is sent on', async (t) => {
  let asked = 0;
  const upstream = await startServer(t, (_, response) => {
    asked++;
    response.end('{}');
  });
  const proxy = await startProxy(t, upstream);
  const status = async (headers: Record<string, string>) => {
    const [response] = (await once(get(proxy.url, { headers }), 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  for (const headers of [
    { host: 'evil.example' },
    { host: `127.0.0.1.evil.example:${proxy.port}` },
    { origin: 'http://evil.example' },
    { origin: 'http://localhost.evil.example' },
    { origin: 'null' },
  ]) {
    assert.equal(await status(headers), 403, JSON.stringify(headers));
  }
  assert.equal(asked, 0);
  for (const headers of [
    { host: `localhost:${proxy.port}` },
    { origin: 'http://localhost:3000' },
  ]) {
    assert.equal(await status(headers), 200, JSON.stringify(headers));
  }
});

test('exchanges are named after their path, or as asked, and numbered; nothing is replaced', async (t) => {
  const upstream = await startServer(t, (_, response) => response.end('{}'));
  const call = async (url: string) => (await fetch(url)).text();
  const proxy = await startProxy(t, upstream);
  for (const path of ['v1/chat/completions', 'v1/chat/completions', 'api/v1/models?x', '']) {
    await call(`${proxy.url}/${path}`);
  }
  const plain = ['chat-completions', 'chat-completions-2', 'api-v1-models', 'root'];
  for (const name of plain) assert.equal(isStored(await proxy.outcome()), name);
  const again = await startProxy(t, upstream, { folder: proxy.folder, name: 'root' });
  await call(again.url);
  assert.equal(isStored(await again.outcome()), 'root-2');
});

test('the number is that of the request, whichever ends first; one that fails gives it back', async (t) => {
  const first = steps();
  const upstream = await startServer(t, async (request, response) => {
    if (request.url === '/slow') await first.next();
    if (request.url === '/gone') request.socket.destroy();
    else response.end(request.url);
  });
  const proxy = await startProxy(t, upstream, { name: 'a' });
  const slow = fetch(`${proxy.url}/slow`);
  assert.equal((await fetch(`${proxy.url}/gone`)).status, 502);
  assert.equal((await proxy.outcome()).stored, undefined);
  await (await fetch(`${proxy.url}/fast`)).text();
  assert.equal(isStored(await proxy.outcome()), 'a-2');
  first.step();
  await (await slow).text();
  assert.equal(isStored(await proxy.outcome()), 'a');
  assert.equal((await readExchange(proxy.file('a'))).request.path, '/slow');
});

test('what is open when the recorder stops is left out', async (t) => {
  const upstream = await startServer(t, (_, response) => void sent(response, 'data: {}\n\n'));
  const proxy = await startProxy(t, upstream);
  const response = await fetch(proxy.url);
  await proxy.close();
  await assert.rejects(response.text(), TypeError);
  const outcome = await proxy.outcome();
  assert.match('reason' in outcome ? outcome.reason : '', /had not ended/);
  assert.deepEqual(await readdir(proxy.folder), []);
});

test('a name that is no file name, and an address that is none, are refused', async (t) => {
  const folder = await scratch(t);
  const start = (upstream: string, name?: string) =>
    startRecordingProxy({ upstream, folder, name });
  for (const name of ['../x', '.x', 'a/b', 'a.body', '']) {
    await assert.rejects(start('http://127.0.0.1:1', name), {
      name: 'TypeError',
      message: /the name/,
    });
  }
  await assert.rejects(start('localhost:1234'), {
    name: 'TypeError',
    message: /must start with http/,
  });
});
