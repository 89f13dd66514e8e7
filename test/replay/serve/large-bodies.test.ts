import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startRecordingProxy, startReplayServer } from '../../../src/replay/index.ts';
import { scratch, startServer, write } from '../helpers.ts';

// What is refused is refused by its head, and no body is read beyond its limit.

type Context = { after(done: () => unknown): void };

const MiB = 2 ** 20;
/** What the kernel may hold of a connection whose other side does not read. */
const BUFFERS = 16 * MiB;

async function startBoth(t: Context) {
  const folder = await scratch(t);
  await write(folder, 'a');
  const upstream = await startServer(t, (_, response) => response.end('{}'));
  const server = await startReplayServer(folder);
  const proxy = await startRecordingProxy({ upstream, folder: await scratch(t) });
  t.after(() => Promise.all([server.close(), proxy.close()]));
  return { server, proxy };
}

/** Sends a head and then a body without an end. Gives the status, and how much of the body was taken. */
async function pour(port: number, headers: readonly string[]) {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.on('error', () => {});
  socket.write([`POST /v1/chat/completions HTTP/1.1`, ...headers, '', ''].join('\r\n'));
  const piece = Buffer.from(`${MiB.toString(16)}\r\n${'x'.repeat(MiB)}\r\n`);
  // A connection that the other side resets is closed as well.
  const closed = new Promise((done) => socket.once('close', done));
  const pouring = setInterval(() => {
    if (socket.writableLength < 2 * MiB) socket.write(piece);
  }, 0);
  await closed;
  clearInterval(pouring);
  const taken = socket.bytesWritten - socket.writableLength;
  return { status: /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1], taken, answer };
}

const chunked = 'transfer-encoding: chunked';
const cases: [what: string, headers: string[], status: string, most: number][] = [
  ['a foreign page', ['host: localhost', 'origin: http://evil.example', chunked], '403', 0],
  ['a foreign host', ['host: evil.example', 'content-length: 629145600'], '403', 0],
  ['600 MiB that are announced', ['host: localhost', 'content-length: 629145600'], '413', 0],
  ['a body without an end', ['host: localhost', chunked], '413', 64 * MiB],
];
for (const [what, headers, status, most] of cases) {
  test(`${what}: ${status} by both servers, and no more is read than ${most} bytes`, async (t) => {
    for (const { port } of Object.values(await startBoth(t))) {
      const { taken, ...got } = await pour(port, headers);
      assert.equal(got.status, status, got.answer);
      assert.ok(taken <= most + BUFFERS, `${taken} bytes`);
    }
  });
}

test('a body is taken that large pictures fill', async (t) => {
  const { proxy } = await startBoth(t);
  const body = JSON.stringify({ picture: 'x'.repeat(32 * MiB) });
  const response = await fetch(`${proxy.url}/v1/x`, { method: 'POST', body });
  assert.equal(response.status, 200);
});
