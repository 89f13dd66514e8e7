import assert from 'node:assert/strict';
import { createServer, IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { nodeFetch } from '../src/node-fetch.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('method, headers and body go out; status, headers and body come back', async (t) => {
  const url = await serve(t, async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    response.writeHead(418, { 'x-a': ['1', '2'] });
    response.end(JSON.stringify([request.method, request.headers, body]));
  });
  const headers = { 'content-type': 'text/plain' };
  const response = await nodeFetch(url, { method: 'POST', headers, body: 'ä' });
  assert.equal(response.status, 418);
  assert.equal(response.ok, false);
  assert.equal(response.headers.get('x-a'), '1, 2');
  const [method, sent, body] = (await response.json()) as [string, Record<string, string>, string];
  assert.equal(method, 'POST');
  assert.equal(body, 'ä');
  assert.equal(sent['content-type'], 'text/plain');
  assert.equal(sent['content-length'], '2');
  assert.equal(sent['accept-encoding'], 'identity');
});

test('a redirect is given back, not followed', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(302, { location: '/x' }).end());
  const response = await nodeFetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('location'), '/x');
});

test('a status without a body', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(204).end());
  assert.equal((await nodeFetch(url, {})).body, null);
});

for (const [encoding, pack] of [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
] as const) {
  test(`a body that came in ${encoding}, unasked, is unpacked`, async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(pack('packed'));
    });
    assert.equal(await (await nodeFetch(url, {})).text(), 'packed');
  });
}

test('a refused connection rejects as fetch does, the code in the cause', async (t) => {
  const url = await serve(t, () => {});
  const free = url.replace(/\d+\/$/, '1/');
  await assert.rejects(nodeFetch(free, {}), (error) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, 'fetch failed');
    assert.equal(Reflect.get(Object(error.cause), 'code'), 'ECONNREFUSED');
    return true;
  });
});

test('a body that breaks off gives what came, then fails with the code in the cause', async (t) => {
  const url = await serve(t, (request, response) => {
    response.write('half', () => request.socket.destroy());
  });
  const reader = (await nodeFetch(url, {})).body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  assert.equal(Buffer.from(value ?? []).toString(), 'half');
  await assert.rejects(Promise.resolve(reader?.read()), (error) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, 'terminated');
    assert.equal(Reflect.get(Object(error.cause), 'code'), 'ECONNRESET');
    return true;
  });
});

test('an abort before, while waiting, and in the body rejects with its reason', async (t) => {
  const mine = new Error('mine');
  const isMine = (error: unknown) => error === mine;
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const url = await serve(t, (request, response) => {
    response.on('close', onClosed);
    if (request.url === '/body') response.write('a');
  });
  await assert.rejects(nodeFetch(url, { signal: AbortSignal.abort(mine) }), isMine);
  const waiting = new AbortController();
  const pending = nodeFetch(url, { signal: waiting.signal });
  waiting.abort(mine);
  await assert.rejects(pending, isMine);
  const reading = new AbortController();
  const response = await nodeFetch(`${url}body`, { signal: reading.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  const next = reader?.read();
  reading.abort(mine);
  await assert.rejects(Promise.resolve(next), isMine);
  await closed;
});

test('a reader that leaves closes the connection', async (t) => {
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const url = await serve(t, (_, response) => {
    response.on('close', onClosed);
    response.write('a');
  });
  await (await nodeFetch(url, {})).body?.cancel();
  await closed;
});

test('an end that is told after the reader has left does no harm, as Deno tells it', async (t) => {
  const url = await serve(t, (_, response) => response.write('a'));
  const { body } = await nodeFetch(url, {});
  const destroy = t.mock.method(
    IncomingMessage.prototype,
    'destroy',
    function (this: IncomingMessage) {
      destroy.mock.restore();
      this.emit('end');
      return this.destroy();
    },
  );
  await body?.cancel();
  assert.equal(destroy.mock.callCount(), 1);
});

test('a body that nobody reads is not read ahead without bound', async (t) => {
  let written = 0;
  let onFull = () => {};
  const full = new Promise<void>((resolve) => {
    onFull = resolve;
  });
  const url = await serve(t, async (_, response) => {
    const piece = Buffer.alloc(2 ** 20);
    while (response.write(piece)) written += piece.length;
    onFull();
  });
  const { body } = await nodeFetch(url, {});
  await full;
  assert.ok(written < 64 * 2 ** 20);
  const reader = body?.getReader();
  assert.ok(((await reader?.read())?.value?.length ?? 0) > 0);
  await reader?.cancel();
});

test('bytes can be sent; what it cannot send it refuses', async (t) => {
  const url = await serve(t, async (request, response) => {
    for await (const piece of request) response.write(piece);
    response.end();
  });
  const bytes = new TextEncoder().encode('bytes');
  assert.equal(await (await nodeFetch(url, { method: 'POST', body: bytes })).text(), 'bytes');
  const refused = nodeFetch(url, { method: 'POST', body: new URLSearchParams('a=b') });
  await assert.rejects(refused, { name: 'TypeError', message: /string or bytes/ });
  await assert.rejects(nodeFetch('nowhere', {}), { code: 'ERR_INVALID_URL' });
});
