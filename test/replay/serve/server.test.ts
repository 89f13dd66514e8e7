import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readExchange, startReplayServer } from '../../../src/replay/index.ts';
import {
  allFixtures,
  ask,
  fixtures,
  readBody,
  readFixture,
  scratch,
  textOf,
  write,
} from '../helpers.ts';

/** Headers that belong to the connection, and are never part of a recording. */
const ofConnection = ['connection', 'date', 'keep-alive', 'transfer-encoding'];

async function serve(t: { after(done: () => unknown): void }, path = fixtures, options = {}) {
  const server = await startReplayServer(path, options);
  t.after(() => server.close());
  return server;
}

const again = (body: unknown): RequestInit => ({
  method: 'POST',
  ...(body !== null && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
});

test('every fixture, asked as it was recorded: the same status, headers, bytes and end', async (t) => {
  const server = await serve(t);
  for (const exchange of await allFixtures()) {
    const { request, response } = exchange;
    // Chosen by its folder, as two servers have answered equal requests.
    const folder = exchange.name.split('/')[0];
    const leaving = new AbortController();
    const got = await fetch(`${server.url}/${folder}${request.path}`, {
      ...again(request.body),
      method: request.method,
      signal: leaving.signal,
    });
    assert.equal(got.status, response.status, exchange.name);
    const headers = [...got.headers].filter(([name]) => !ofConnection.includes(name));
    assert.deepEqual(Object.fromEntries(headers), response.headers, exchange.name);
    const whole = textOf([await exchange.readBody()]);
    let text = '';
    let error: unknown;
    try {
      for await (const chunk of got.body ?? []) {
        text += Buffer.from(chunk).toString('latin1');
        if (exchange.end === 'client-abort' && text.length === response.bytes) leaving.abort();
      }
    } catch (thrown) {
      error = thrown;
    }
    assert.equal(Buffer.from(text, 'latin1').toString(), whole, exchange.name);
    assert.equal(error === undefined, exchange.end === 'complete', exchange.name);
  }
  assert.deepEqual(server.misses, []);
});

test('a miss is a 404 that nobody should retry, in OpenAI’s shape, and is counted', async (t) => {
  const server = await serve(t);
  const response = await fetch(`${server.url}/v1/chat/completions`, ask('Say hello!'));
  assert.equal(response.status, 404);
  assert.equal(response.headers.get('x-should-retry'), 'false');
  const { error } = JSON.parse(await response.text());
  assert.match(error.message, / Nearest: .*\n {2}messages\[0\]\.content: sent "Say hello!"/);
  assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
  assert.equal(server.misses.length, 1);
});

test('a base URL chooses an exchange, whatever the request says', async (t) => {
  const server = await serve(t);
  const hello = await readFixture('llama.cpp-2026/hello');
  const chosen = await fetch(
    `${server.url}/llama.cpp-2026/hello/v1/chat/completions`,
    ask('Anything'),
  );
  assert.equal(await chosen.text(), textOf([await hello.readBody()]));
  const unknown = await fetch(
    `${server.url}/llama.cpp-2026/error-unknown-path/v1/chat/completions`,
    ask(),
  );
  assert.equal(unknown.status, 404);
  assert.deepEqual(server.misses, []);
});

test('a list of exchanges is answered in turn; a folder that a base URL chooses from it, by what is asked', async (t) => {
  const folder = await scratch(t);
  const contents = ['one', 'two'];
  for (const content of contents) {
    const request = { body: { messages: [{ role: 'user', content }] } };
    await write(folder, content, { request, content: `data: ${content}\n\n` });
  }
  const exchanges = await Promise.all(
    contents.map((name) => readExchange(join(folder, `${name}.json`), `a/${name}`)),
  );
  const server = await startReplayServer(exchanges);
  t.after(() => server.close());
  const answers = async (base: string) => {
    const texts: string[] = [];
    for (const content of ['two', 'one']) {
      const response = await fetch(`${server.url}${base}/v1/chat/completions`, ask(content));
      texts.push(await response.text());
    }
    return texts;
  };
  assert.deepEqual(await answers('/a'), ['data: two\n\n', 'data: one\n\n']);
  assert.deepEqual(await answers(''), ['data: one\n\n', 'data: two\n\n']);
});

test('a base URL chooses faults: the bytes before a cut arrive, then its end', async (t) => {
  const server = await serve(t);
  const get = async (faults: string, signal?: AbortSignal) =>
    fetch(`${server.url}/llama.cpp-2026/hello,${faults}/v1/chat/completions`, {
      ...ask(),
      ...(signal && { signal }),
    });
  for (const at of [0, 1, 658, 4812]) {
    const { chunks, error } = await readBody(await get(`cut=${at}`));
    assert.equal(
      chunks.reduce((sum, { length }) => sum + length, 0),
      at,
    );
    assert.ok(error instanceof TypeError && error.cause instanceof Error);
  }
  const closed = await readBody(await get('cut=658,then=close'));
  assert.equal(
    closed.chunks.reduce((sum, { length }) => sum + length, 0),
    658,
  );
  assert.equal(closed.error, undefined);
  const leaving = new AbortController();
  const hanging = await get('cut=222,then=hang', leaving.signal);
  const reader = hanging.body?.getReader();
  assert.equal((await reader?.read())?.value?.length, 222);
  const open = reader?.read();
  leaving.abort();
  await assert.rejects(async () => open, { name: 'AbortError' });
});

test('a name that is not there is a miss, with the nearest five of those that are; a wrong fault is named', async (t) => {
  const server = await serve(t);
  const answer = async (base: string) => {
    const response = await fetch(`${server.url}/${base}/v1/chat/completions`, ask());
    const { error } = JSON.parse(await response.text());
    return `${response.status} ${error.message}`;
  };
  const { length } = server.exchanges;
  for (const [name, nearest] of [
    ['llama.cpp-2026/helo', 'llama.cpp-2026/hello'],
    ['hello', 'lmstudio/hello'],
    ['lmstudio/toolcall', 'lmstudio/tool-call'],
    ['llama.cpp', 'llama.cpp-2025/hello'],
  ]) {
    const words = await answer(name ?? '');
    const start = `404 there is no exchange or folder '${name}'; of ${length} the nearest are: ${nearest}, `;
    assert.equal(words.slice(0, start.length), start);
    assert.equal(words.split(', ').length, 5);
  }
  assert.equal(server.misses.length, 4);
  assert.match(await answer('llama.cpp-2026/hello,cut=x'), /^400 cut must be/);
  assert.equal(server.misses.length, 4);
});

test('models: the recorded listing, of the folder that was chosen; else made from the requests', async (t) => {
  const server = await serve(t);
  const ids = async (url: string) => {
    const { data } = JSON.parse(await (await fetch(url)).text());
    return data.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await ids(`${server.url}/llama.cpp-2026/hello,speed=1/v1/models`), [
    'qwen3-tiny',
  ]);
  assert.deepEqual(await ids(`${server.url}/llama.cpp-2025/v1/models`), ['tiny.gguf']);
  const folder = await scratch(t);
  await write(folder, 'a', { request: { body: { model: 'x' } } });
  await write(folder, 'b', { request: { body: { model: 'y' } } });
  const other = await serve(t, folder);
  assert.deepEqual(await ids(`${other.url}/v1/models`), ['x', 'y']);
  assert.deepEqual(await ids(`${other.url}/a/v1/models`), ['x', 'y']);
  assert.equal((await fetch(`${other.url}/api/v1/models`)).status, 404);
  for (const name of ['models', 'models-2']) {
    const request = { method: 'GET', path: '/v1/models', body: null };
    await write(folder, name, { request, content: JSON.stringify({ data: [{ id: name }] }) });
  }
  const two = await serve(t, folder);
  assert.deepEqual(await ids(`${two.url}/models-2/v1/models`), ['models-2']);
  assert.deepEqual([...server.misses, ...other.misses, ...two.misses], []);
});

test('one exchange can be served alone, and answers everything but models', async (t) => {
  const server = await serve(t, join(fixtures, 'llama.cpp-2026/hello.json'));
  assert.equal((await fetch(`${server.url}/v1/chat/completions`, ask('other'))).status, 200);
  assert.match(await (await fetch(`${server.url}/v1/models`)).text(), /qwen3-tiny/);
});

test('two clients at once have each their own stream', async (t) => {
  const server = await serve(t, fixtures, { speed: 4 });
  const url = `${server.url}/llama.cpp-2026/reasoning-then-answer/v1/chat/completions`;
  const [a, b] = await Promise.all([fetch(url, ask()), fetch(url, ask())]);
  assert.equal(await a.text(), await b.text());
});

test('a client that leaves stops the playing; close() ends what is open', async (t) => {
  const server = await serve(t, fixtures, { speed: 1e-6 });
  const url = `${server.url}/llama.cpp-2026/hello/v1/chat/completions`;
  const leaving = new AbortController();
  const response = await fetch(url, { ...ask(), signal: leaving.signal });
  leaving.abort();
  await assert.rejects(response.text(), { name: 'AbortError' });
  const open = await fetch(url, ask());
  await server.close();
  await assert.rejects(open.text(), TypeError);
});

test('HEAD and 204 have no body', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'none', { response: { status: 204, body: 'none.body.txt' }, content: '' });
  await write(folder, 'head', { request: { method: 'HEAD', path: '/v1/x', body: null } });
  const server = await serve(t, folder);
  const none = await fetch(`${server.url}/none/v1/chat/completions`, ask());
  assert.deepEqual([none.status, await none.text()], [204, '']);
  const head = await fetch(`${server.url}/v1/x`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
});

test('a fixture whose body was changed is a 500 that says so', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a', { response: { body: 'a.sse', bytes: 1 } });
  const server = await serve(t, folder);
  const response = await fetch(`${server.url}/v1/chat/completions`, ask());
  assert.equal(response.status, 500);
  assert.match(await response.text(), /a\.json: response\.bytes says 1/);
});

test('a port in use is an error in words', async (t) => {
  const { port } = await serve(t);
  await assert.rejects(startReplayServer(fixtures, { port }), {
    message: /^Port \d+ of 127\.0\.0\.1 is in use\. Port 0 takes any free one\.$/,
  });
});

test('nonsense on the socket does not end the server', async (t) => {
  const server = await serve(t);
  const socket = connect(server.port, '127.0.0.1');
  socket.end('nonsense\r\n\r\n').resume();
  await once(socket, 'close');
  assert.equal((await fetch(`${server.url}/v1/models`)).status, 200);
});
