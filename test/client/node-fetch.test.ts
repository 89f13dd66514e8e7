import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import http, { createServer, IncomingMessage, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { nodeFetch } from '../../src/node-fetch.ts';

const mine = new Error('mine');
const isMine = (error: unknown) => error === mine;

async function listen(t: TestContext, server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** An HTTP server. */
const serve = (t: TestContext, listener: RequestListener) => listen(t, createServer(listener));

/** A server that answers the first bytes of every connection by hand. */
const serveBytes = (t: TestContext, answer: (socket: Socket) => void) =>
  listen(
    t,
    createTcpServer((socket) => socket.once('data', () => answer(socket))),
  );

/** Resolves once `emit` was called. */
function signalled(): { emitted: Promise<void>; emit: () => void } {
  let emit = () => {};
  const emitted = new Promise<void>((resolve) => {
    emit = resolve;
  });
  return { emitted, emit };
}

/** That an error is fetch's own, with this in its cause: a code, or else words. */
function failed(message: string, cause: string) {
  return (error: unknown) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, message);
    const { code, message: words } = Object(error.cause);
    assert.equal(code ?? words, cause);
    return true;
  };
}

/** Reads a body to its end, or until it fails. */
async function read(response: Response): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
}

test('method, headers and body go out; status, headers and body come back', async (t) => {
  const url = await serve(t, async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    response.writeHead(418, 'I am a teapot', { 'x-a': ['1', '2'] });
    response.end(JSON.stringify([request.method, request.headers, body]));
  });
  const headers = { 'content-type': 'text/plain' };
  const response = await nodeFetch(url, { method: 'POST', headers, body: 'ä' });
  assert.equal(response.status, 418);
  assert.equal(response.statusText, 'I am a teapot');
  assert.equal(response.ok, false);
  assert.equal(response.headers.get('x-a'), '1, 2');
  assert.deepEqual(await response.json(), [
    'POST',
    {
      'accept-encoding': 'identity',
      connection: 'close',
      'content-length': '2',
      'content-type': 'text/plain',
      host: new URL(url).host,
    },
    'ä',
  ]);
});

test('a GET without options', async (t) => {
  const url = await serve(t, (request, response) => response.end(request.method));
  assert.equal(await (await nodeFetch(url, {})).text(), 'GET');
});

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) {
  for (const [name, body, length] of [
    ['text', 'ä', '2'],
    ['bytes', new TextEncoder().encode('bytes'), '5'],
    ['an empty text', '', '0'],
  ] as const) {
    test(`${method} with ${name} says how long its body is, and the body comes whole`, async (t) => {
      const url = await serve(t, async (request, response) => {
        response.setHeader('x-length', String(request.headers['content-length']));
        response.setHeader('x-encoding', String(request.headers['transfer-encoding']));
        for await (const piece of request) response.write(piece);
        response.end();
      });
      const headers = { 'content-length': '99', 'transfer-encoding': 'chunked' };
      const response = await nodeFetch(url, { method, body, headers });
      assert.equal(response.headers.get('x-length'), length);
      assert.equal(response.headers.get('x-encoding'), 'undefined');
      assert.equal(await response.text(), typeof body === 'string' ? body : 'bytes');
    });
  }
}

test('without a body a GET has no length, and a POST the length 0', async (t) => {
  const url = await serve(t, (request, response) => {
    response.end(String(request.headers['content-length']));
  });
  for (const [method, length] of [
    ['GET', 'undefined'],
    ['POST', '0'],
  ] as const) {
    for (const body of [undefined, null]) {
      const response = await nodeFetch(url, { method, ...(body === null && { body }) });
      assert.equal(await response.text(), length);
    }
  }
});

test('what it cannot send it refuses', async () => {
  const url = 'http://127.0.0.1:1/';
  const refused = nodeFetch(url, { method: 'POST', body: new URLSearchParams('a=b') });
  await assert.rejects(refused, { name: 'TypeError', message: /string or bytes/ });
  await assert.rejects(nodeFetch('nowhere', {}), { code: 'ERR_INVALID_URL' });
  await assert.rejects(nodeFetch('file:///tmp', {}), { code: 'ERR_INVALID_PROTOCOL' });
});

test('a redirect is given back, not followed', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(302, { location: '/x' }).end());
  const response = await nodeFetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('location'), '/x');
});

test('every header comes, in its order, those of one name together', async (t) => {
  const url = await serveBytes(t, (socket) => {
    socket.end('HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nx-b: 3\r\nx-z: \xe4\r\n\r\n', 'latin1');
  });
  const { headers } = await nodeFetch(url, {});
  assert.deepEqual(
    [...headers],
    [
      ['x-a', '2'],
      ['x-b', '1, 3'],
      ['x-z', 'ä'],
    ],
  );
});

for (const status of [204, 205, 304]) {
  test(`a response with status ${status} has no body, and its connection is closed`, async (t) => {
    const { emitted, emit } = signalled();
    const url = await serveBytes(t, (socket) => {
      // The server leaves it open.
      socket.on('close', emit);
      socket.write(`HTTP/1.1 ${status} OK\r\ncontent-length: 0\r\n\r\n`);
    });
    const response = await nodeFetch(url, {});
    assert.equal(response.status, status);
    assert.equal(response.body, null);
    await emitted;
  });
}

for (const [encoding, packed] of [
  ['gzip', gzipSync('packed')],
  ['X-GZip', gzipSync('packed')],
  ['deflate', deflateSync('packed')],
  ['br', brotliCompressSync('packed')],
  ['constructor', 'packed'],
] as const) {
  test(`a body that came in ${encoding}, unasked, is unpacked where that is known`, async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(packed);
    });
    assert.equal(await (await nodeFetch(url, {})).text(), 'packed');
  });
}

test('an encoding that was asked for is asked for', async (t) => {
  const url = await serve(t, (request, response) => {
    response.end(request.headers['accept-encoding']);
  });
  const headers = { 'accept-encoding': 'gzip' };
  assert.equal(await (await nodeFetch(url, { headers })).text(), 'gzip');
});

test('a refused connection rejects as fetch does, the code in the cause', async () => {
  await assert.rejects(
    nodeFetch('http://127.0.0.1:1/', {}),
    failed('fetch failed', 'ECONNREFUSED'),
  );
});

const withoutResponse: readonly [name: string, answer: string, cause: string][] = [
  ['nothing', '', 'ECONNRESET'],
  ['half a status line', 'HTTP/1.1 20', 'ECONNRESET'],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-type: text/ev', 'ECONNRESET'],
  ['an interim head', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'ECONNRESET'],
  ['what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'HPE_INVALID_CONSTANT'],
  [
    'an unasked 101',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'the server switched to another protocol (status 101), unasked',
  ],
  [
    'a status that no Response can have',
    'HTTP/1.1 700 Odd\r\ncontent-length: 0\r\n\r\n',
    'init["status"] must be in the range of 200 to 599, inclusive.',
  ],
];
for (const [name, answer, cause] of withoutResponse) {
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    test(`${name}, then ${leave}: it rejects, and nothing listens to the signal`, async (t) => {
      const url = await serveBytes(t, (socket) => {
        socket.write(answer, () => setImmediate(() => socket[leave]()));
      });
      const { signal } = new AbortController();
      await assert.rejects(nodeFetch(url, { signal }), failed('fetch failed', cause));
      await nothingListens(signal);
    });
  }

  test(`${name}, after an abort: it rejects with the reason`, async (t) => {
    const controller = new AbortController();
    const url = await serveBytes(t, (socket) => {
      controller.abort(mine);
      socket.end(answer);
    });
    await assert.rejects(nodeFetch(url, { signal: controller.signal }), isMine);
    await nothingListens(controller.signal);
  });
}

test('an unasked 101 closes the connection, though the server leaves it open', async (t) => {
  const { emitted, emit } = signalled();
  const url = await serveBytes(t, (socket) => {
    socket.on('close', emit);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
  });
  const { signal } = new AbortController();
  await assert.rejects(nodeFetch(url, { signal }), TypeError);
  await emitted;
  await nothingListens(signal);
});

test('a connection that closes without a word rejects', async (t) => {
  const url = await serve(t, () => {});
  const destroy = t.mock.method(
    http.ClientRequest.prototype,
    'end',
    function (this: http.ClientRequest) {
      destroy.mock.restore();
      return this.destroy();
    },
  );
  t.mock.method(
    http.ClientRequest.prototype,
    'emit',
    function (this: http.ClientRequest, ...[event, ...values]: [string, ...unknown[]]) {
      // Node tells an error here; another runtime, or an upgrade without a listener, may only close.
      return event === 'error' || Reflect.apply(EventEmitterEmit, this, [event, ...values]);
    },
  );
  await assert.rejects(
    nodeFetch(url, {}),
    failed('fetch failed', 'the connection closed before a response came'),
  );
});
const EventEmitterEmit = http.ClientRequest.prototype.emit;

/** In chunks, by hand: the first is right. */
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n';
const sized = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf';
const broken: readonly [name: string, answer: string, cause: string][] = [
  ['breaks off between chunks', chunked, 'ECONNRESET'],
  ['breaks off in a chunk', `${chunked}9\r\nmo`, 'ECONNRESET'],
  ['breaks off before its length', sized, 'ECONNRESET'],
  ['has a chunk without a size', `${chunked}nonsense\r\n`, 'HPE_INVALID_CHUNK_SIZE'],
];
for (const [name, answer, cause] of broken) {
  test(`a body that ${name} gives what came, then fails with ${cause}`, async (t) => {
    const url = await serveBytes(t, (socket) => {
      // In two writes, so that what is right has been read before what is wrong comes.
      socket.write(answer.slice(0, chunked.length), () => socket.end(answer.slice(chunked.length)));
    });
    const { text, error } = await read(await nodeFetch(url, {}));
    assert.equal(text.slice(0, 4), 'half');
    failed('terminated', cause)(error);
  });
}

test('a packed body that breaks off, or is none, fails with what is wrong with it', async (t) => {
  const packed = gzipSync('packed');
  for (const [bytes, cause] of [
    [packed.subarray(0, -4), 'Z_BUF_ERROR'],
    [Buffer.from('not packed'), 'Z_DATA_ERROR'],
  ] as const) {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes);
    });
    failed('terminated', cause)((await read(await nodeFetch(url, {}))).error);
  }
});

test('an abort before, while waiting, and in the body rejects with its reason', async (t) => {
  const { emitted, emit } = signalled();
  let requests = 0;
  const url = await serve(t, (request, response) => {
    requests++;
    response.on('close', emit);
    if (request.url === '/body') response.write('a');
  });
  await assert.rejects(nodeFetch(url, { signal: AbortSignal.abort(mine) }), isMine);
  assert.equal(requests, 0);
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
  await emitted;
});

test('an abort in a packed body rejects with its reason, too', async (t) => {
  const url = await serve(t, (_, response) => {
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .write(gzipSync('packed').subarray(0, 4));
  });
  const controller = new AbortController();
  const response = await nodeFetch(url, { signal: controller.signal });
  const text = response.text();
  controller.abort(mine);
  await assert.rejects(text, isMine);
});

test('one signal for a hundred requests warns of no leak, and is left alone after them', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const url = await serve(t, (_, response) => response.end('a'));
  const { signal } = new AbortController();
  const texts = await Promise.all(
    Array.from({ length: 100 }, async () => (await nodeFetch(url, { signal })).text()),
  );
  assert.deepEqual(texts, Array(100).fill('a'));
  await nothingListens(signal);
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});

test('a reader that leaves closes the connection', async (t) => {
  const { emitted, emit } = signalled();
  const url = await serve(t, (_, response) => {
    response.on('close', emit);
    response.write('a');
  });
  await (await nodeFetch(url, {})).body?.cancel();
  await emitted;
});

test('an end after the reader has left does no harm (Deno)', async (t) => {
  const url = await serve(t, (_, response) => response.write('a'));
  const { body } = await nodeFetch(url, {});
  const destroy = t.mock.method(
    IncomingMessage.prototype,
    'destroy',
    function (this: IncomingMessage) {
      destroy.mock.restore();
      this.emit('data', Buffer.from('b'));
      this.emit('end');
      return this.destroy();
    },
  );
  await body?.cancel();
  assert.equal(destroy.mock.callCount(), 1);
});

test('a body that nobody reads is not read ahead without bound, and comes whole later', async (t) => {
  const { emitted, emit } = signalled();
  let read = 0;
  const pause = t.mock.method(IncomingMessage.prototype, 'pause', function (this: IncomingMessage) {
    pause.mock.restore();
    read = this.socket.bytesRead;
    emit();
    return this.pause();
  });
  const whole = Buffer.alloc(8 * 2 ** 20, 'a');
  const url = await serve(t, (_, response) => response.end(whole));
  const response = await nodeFetch(url, {});
  await emitted;
  assert.ok(read < 2 ** 20, `${read} bytes`);
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(whole));
});

test('every request has a connection of its own, which ends with it', async (t) => {
  let connections = 0;
  const closed: Promise<unknown>[] = [];
  const server = createServer((_, response) => response.end('a'));
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    connections++;
    closed.push(once(socket, 'close'));
  });
  const url = await listen(t, server);
  for (const headers of [{}, { connection: 'keep-alive' }]) {
    for (let i = 0; i < 5; i++) await (await nodeFetch(url, { headers })).text();
    await Promise.all(
      Array.from({ length: 5 }, async () => (await nodeFetch(url, { headers })).text()),
    );
  }
  assert.equal(connections, 20);
  await Promise.all(closed);
});

test("a pool of dead connections is not touched, and the process's other settings hold", async (t) => {
  const settings: object = Reflect.get(http.globalAgent, 'options');
  t.after(() => Reflect.deleteProperty(settings, 'lookup'));
  const url = await serve(t, (_, response) => response.end('a'));
  const onFree = t.mock.fn();
  http.globalAgent.on('free', onFree);
  t.after(() => http.globalAgent.off('free', onFree));
  Object.assign(settings, {
    lookup: (_: string, options: { all?: boolean }, done: (...found: unknown[]) => void) => {
      const found = { address: '127.0.0.1', family: 4 };
      if (options.all) done(null, [found]);
      else done(null, found.address, found.family);
    },
  });
  const response = await nodeFetch(url.replace('127.0.0.1', 'model.invalid'), {});
  assert.equal(await response.text(), 'a');
  assert.equal(onFree.mock.callCount(), 0);
});

for (const lanes of [1, 4, 12]) {
  test(`a server that closes 1 ms after each stream: 120 requests, ${lanes} at a time, all answered`, async (t) => {
    let connections = 0;
    const url = await listen(
      t,
      createTcpServer((socket) => {
        connections++;
        socket.on('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\n${chunkedAnswer}`);
          setTimeout(() => socket.destroy(), 1);
        });
      }),
    );
    const texts: string[] = [];
    let left = 120;
    const lane = async () => {
      while (left-- > 0)
        texts.push(await (await nodeFetch(url, { method: 'POST', body: '{}' })).text());
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    assert.deepEqual(texts, Array(120).fill('data: [DONE]\n\n'));
    assert.equal(connections, 120);
  });
}
const chunkedAnswer = 'transfer-encoding: chunked\r\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n';

/** Waits until nothing listens to a signal any more; the last listener goes when the connection has closed. */
async function nothingListens(signal: AbortSignal): Promise<void> {
  while (getEventListeners(signal, 'abort').length > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
