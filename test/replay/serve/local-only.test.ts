import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startRecordingProxy, startReplayServer } from '../../../src/replay/index.ts';
import { foreignSource } from '../../../src/replay/serve/local-only.ts';
import { scratch, startServer, write } from '../helpers.ts';

// The proxy and the replay server answer this machine's programs, and no web page of somebody else.

type Context = { after(done: () => unknown): void };

/** Both servers; `asked` counts what came through to the server behind the proxy. */
async function startBoth(t: Context) {
  let asked = 0;
  const upstream = await startServer(t, (_, response) => {
    asked++;
    response.end('{}');
  });
  const folder = await scratch(t);
  await write(folder, 'a', { request: { method: 'GET', path: '/v1/x', body: null } });
  const proxy = await startRecordingProxy({ upstream, folder: await scratch(t) });
  const server = await startReplayServer(folder);
  t.after(() => Promise.all([proxy.close(), server.close()]));
  return { proxy, server, asked: () => asked };
}

async function ask(url: string, headers: Record<string, string>) {
  const sent = httpRequest(`${url}/v1/x`, { headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

const foreign: [what: string, headers: Record<string, string>][] = [
  ['a foreign Host', { host: 'evil.example' }],
  ['a Host that begins like ours', { host: '127.0.0.1.evil.example' }],
  ['a Host that is none', { host: 'x y' }],
  ['an address that others can reach', { host: '192.168.1.5:8089' }],
  ['a foreign Origin', { origin: 'http://evil.example' }],
  ['an Origin that begins like ours', { origin: 'http://localhost.evil.example' }],
  ['the Origin of a file or a frame in a sandbox', { origin: 'null' }],
  ['a foreign page that loads it as a picture', { 'sec-fetch-site': 'cross-site' }],
  [
    'a foreign page, whatever its Origin pretends to be',
    { origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
  ],
];
const own: [what: string, headers: Record<string, string>][] = [
  ['a program', {}],
  ['a program that says localhost', { host: 'localhost:1' }],
  ['a program that uses IPv6', { host: '[::1]:1' }],
  ['a page on this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' }],
  ['the address line of a browser', { 'sec-fetch-site': 'none' }],
  ['the page itself', { 'sec-fetch-site': 'same-origin' }],
];

test('what is foreign is refused in words, by both, before anything is sent on', async (t) => {
  const { proxy, server, asked } = await startBoth(t);
  for (const [what, headers] of foreign) {
    for (const url of [proxy.url, server.url]) {
      const { status, body } = await ask(url, headers);
      assert.equal(status, 403, what);
      assert.match(JSON.parse(body).error.message, /foreign|not this machine's/);
    }
  }
  assert.equal(asked(), 0);
  assert.deepEqual(server.misses, []);
});

test("what is this machine's own is answered, by both", async (t) => {
  const { proxy, server } = await startBoth(t);
  for (const [what, headers] of own) {
    for (const { url } of [proxy, server])
      assert.equal((await ask(url, headers)).status, 200, what);
  }
});

test('a page of this machine may ask the replay server and read the answer; a foreign one may not', async (t) => {
  const { server } = await startBoth(t);
  const origin = 'http://localhost:5173';
  const question = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };
  const preflight = (from: string) =>
    fetch(`${server.url}/v1/x`, { method: 'OPTIONS', headers: { ...question, origin: from } });

  const allowed = await preflight(origin);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), origin);
  assert.equal(allowed.headers.get('access-control-allow-methods'), 'POST');
  assert.equal(allowed.headers.get('access-control-allow-headers'), 'authorization,content-type');

  for (const path of ['/v1/x', '/v1/not-recorded']) {
    const answer = await fetch(server.url + path, { headers: { origin } });
    assert.equal(answer.headers.get('access-control-allow-origin'), origin, path);
    assert.equal(answer.headers.get('vary'), 'origin', path);
  }
  const refused = await preflight('http://evil.example');
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('access-control-allow-origin'), null);

  // A program is no page: it gets what was recorded, and nothing more.
  const program = await fetch(`${server.url}/v1/x`);
  assert.equal(program.headers.get('access-control-allow-origin'), null);
  assert.equal(server.misses.length, 1);
});

test('a server that others can reach is asked for by an address or its own name, not by that of a page', () => {
  const reason = (host: string, boundTo: string) => foreignSource(new Headers({ host }), boundTo);
  for (const host of [
    '192.168.1.5:8089',
    '[fe80::1]:8089',
    'localhost:1',
    'host.docker.internal',
  ]) {
    assert.equal(reason(host, '0.0.0.0'), undefined, host);
  }
  assert.equal(reason('box.local:1', 'box.local'), undefined);
  assert.match(String(reason('evil.example', '0.0.0.0')), /not this machine's/);
  assert.match(String(reason('192.168.1.5', '127.0.0.1')), /not this machine's/);
});

test('what is no path is refused in words, and asks nobody', async (t) => {
  const { proxy, server, asked } = await startBoth(t);
  for (const { port } of [proxy, server]) {
    for (const target of ['OPTIONS *', 'GET http://127.0.0.1:1/v1/x']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1\.1 400 [\s\S]* is no path: it must begin with '\/'/, target);
    }
  }
  assert.equal(asked(), 0);
});
