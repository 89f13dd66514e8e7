import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { doctor } from '../../../src/cli/setup/doctor.ts';
import { nameServer } from '../../../src/cli/setup/look-at-server.ts';
import { startReplayServer } from '../../../src/replay/index.ts';
import {
  begin,
  deadURL,
  ending,
  frame,
  raw,
  refuse,
  type Script,
  say,
  startServer,
} from '../../agent/doubles/scripted-server.ts';
import { scratch, write } from '../../replay/helpers.ts';
import { runCommand, serve } from '../commands.ts';

const models = [
  { id: 'tiny', object: 'model', type: 'vlm', state: 'loaded', loaded_context_length: 4096 },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'words', object: 'model', type: 'embeddings', state: 'loaded' },
];
const server = await startServer(models, '/v1/models');
after(() => server.close());

const examine = (baseURL: string, ...args: string[]) =>
  runCommand(doctor, ['--base-url', baseURL, ...args]);

test('a server that is well: what it is, its models, a stream, and how fast', async () => {
  server.script((response) => {
    begin(response);
    for (let count = 1; count <= 20; count++) response.write(frame({ content: `${count} ` }));
    response.end(ending().replace('"completion_tokens":2', '"completion_tokens":40'));
  });
  const { status, printed } = await examine(server.baseURL);
  assert.equal(status, 0, printed);
  assert.match(printed, /✓ http:.*\/v1 answers; it is LM Studio\n/);
  assert.match(printed, /tiny \(loaded, context 4096, accepts images\)/);
  assert.match(
    printed,
    /✓ Streaming works: first token after \d+ ms, [\d.]+ tokens\/s \(40 tokens, tiny\)\n/,
  );
  assert.ok(!printed.includes('words'));
  assert.equal(server.seen.at(-1)?.body.model, 'tiny');
});

test('of an answer that is too short no rate is shown', async () => {
  server.script((response) => {
    begin(response);
    const end = ending().replace('"completion_tokens":2', '"completion_tokens":1');
    response.end(frame({ content: '1' }) + end);
  });
  const { printed } = await examine(server.baseURL);
  assert.match(printed, /✓ Streaming works: first token after \d+ ms \(1 token, tiny\)\n/);
});

test('a replay server that has no recording of the question is named as such', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'models', {
    request: { method: 'GET', path: '/v1/models', body: null },
    response: { headers: { 'content-type': 'application/json' } },
    content: '{"data":[{"id":"tiny"}]}',
  });
  const replay = await startReplayServer(folder);
  t.after(() => replay.close());
  const { printed, status } = await examine(`${replay.url}/v1`);
  assert.match(
    printed,
    /✗ Streaming does not work\. No recording matches POST .*\n {2}→ This is a replay server, .*\n$/,
  );
  assert.equal(status, 1);
});

async function scripted(script: Script): Promise<string> {
  server.script(script);
  return server.baseURL;
}

for (const [name, prepare, words] of [
  [
    'nothing listens',
    deadURL,
    /✗ No server is running at http:\/\/127\.0\.0\.1:\d+\/v1 \(ECONNREFUSED\)\.\n {2}→ /,
  ],
  [
    '/v1 is missing',
    async () => {
      await scripted(raw('{"error":"Unexpected endpoint or method. (POST /chat/completions)"}'));
      return new URL(server.baseURL).origin;
    },
    /✗ Streaming does not work\.[\s\S]*→ \/v1 is missing: use --base-url http:.*\/v1\n/,
  ],
  [
    'an error in the stream',
    () => scripted(refuse(400, { error: 'The model has crashed' })),
    /✗ Streaming does not work\. .*The model has crashed/,
  ],
  [
    'a stream that breaks off',
    () => scripted(raw(frame({ content: '1' }))),
    /✗ Streaming does not work\. The connection was lost before the answer was finished\.\n {2}→ The server's log/,
  ],
  ['an empty answer', () => scripted(raw(ending())), /✗ The model gave an empty answer\./],
] satisfies [string, () => Promise<string>, RegExp][]) {
  test(`what is wrong is said with what to do, and the exit status is 1: ${name}`, async () => {
    const { status, printed } = await examine(await prepare());
    assert.equal(status, 1);
    assert.match(printed, words);
    assert.match(printed, /\n {2}→ \S/);
  });
}

test('a server that requires a token', async (t) => {
  const locked = await startServer(models, '/v1/models', 'secret-token');
  t.after(() => locked.close());
  const without = await examine(locked.baseURL);
  assert.equal(without.status, 1);
  assert.match(
    without.printed,
    /✗ The server requires an API token \(401\)\. .*\n {2}→ .*LOCAL_LLM_API_KEY/,
  );
  const wrong = await runCommand(doctor, ['--base-url', locked.baseURL], {
    LOCAL_LLM_API_KEY: 'x-y',
  });
  assert.match(wrong.printed, /✗ The server rejected the API token \(401\)\./);
  locked.script(say('1'));
  const args = ['--base-url', locked.baseURL];
  const { status, printed } = await runCommand(doctor, args, { LOCAL_LLM_API_KEY: 'secret-token' });
  assert.equal(status, 0, printed);
  assert.ok(!printed.includes('secret-token'));
});

test('no model is loaded: none is loaded for the test, unless it is named', async (t) => {
  const idle = await startServer(models.slice(1), '/v1/models');
  t.after(() => idle.close());
  const { status, printed } = await examine(idle.baseURL);
  assert.equal(status, 1);
  assert.match(printed, /✗ No model is loaded; the server has 1\.\n {2}→ Load one/);
  assert.equal(idle.seen.length, 0);
  assert.equal((await examine(idle.baseURL, '--model', 'big')).status, 0);
  assert.equal(idle.seen.at(-1)?.body.model, 'big');
});

test('https to a server that speaks http is named as such, at once', async (t) => {
  const plain = await startServer();
  t.after(() => plain.close());
  const { status, printed } = await examine(plain.baseURL.replace('http:', 'https:'));
  assert.equal(status, 1);
  assert.match(
    printed,
    /✗ The server at https:\/\/127.* does not support https \(\w+\)\.\n {2}→ Change --base-url to `http:\/\/127/,
  );
});

test('something that accepts connections and says nothing is not waited for long', async (t) => {
  const mute = createServer(() => {});
  t.after(() => mute.close());
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const { status, printed } = await examine(`http://127.0.0.1:${port}/v1`);
  assert.equal(status, 1);
  assert.match(
    printed,
    /✗ The server at http:\S+ did not answer in time\.\n {2}→ It may be busy\./,
  );
});

test('a server whose certificate is not trusted leads to NODE_EXTRA_CA_CERTS', {
  skip: spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed',
}, async (t) => {
  const folder = await scratch(t);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1'],
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const secure = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (_, response) => response.end('{"data":[]}'),
  );
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    secure.closeAllConnections();
    secure.close();
  });
  const { port } = secure.address() as AddressInfo;
  const encrypted = await examine(`https://127.0.0.1:${port}/v1`);
  assert.match(
    encrypted.printed,
    /✗ The certificate of https:\/\/127.* \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.\n {2}→ .*NODE_EXTRA_CA_CERTS/,
  );
  assert.equal(encrypted.status, 1);
});

test('a server that takes no notice of max_tokens is left after what is needed', async (t) => {
  let hasLeft = () => {};
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve;
  });
  const url = await serve(t, (request, response) => {
    if (!request.url?.endsWith('/chat/completions'))
      return void response.end('{"data":[{"id":"tiny"}]}');
    response.on('close', hasLeft);
    begin(response);
    const more = () => {
      while (!response.destroyed && response.write(frame({ content: 'on ' })));
    };
    response.on('drain', more);
    more();
  });
  const { status, printed } = await examine(url);
  await left;
  assert.equal(status, 0, printed);
  assert.match(printed, /✓ Streaming works: .*\(129 tokens, tiny\)\n/);
});

test('a server that is still loading its model is said to do so', async (t) => {
  const url = await serve(t, (_, response) => {
    const error = { code: 503, message: 'Loading model', type: 'unavailable_error' };
    response.writeHead(503).end(JSON.stringify({ error }));
  });
  const { status, printed } = await examine(url);
  assert.match(
    printed,
    /^✗ The model is still being loaded\..*\n {2}→ Wait a moment\. Try again\.\n$/,
  );
  assert.equal(status, 1);
});

test('in Chinese', async () => {
  server.script(say('1'));
  const well = await examine(server.baseURL, '--lang', 'zh');
  assert.match(
    well.printed,
    /✓ .* 有应答，是 LM Studio\n[\s\S]*✓ 流式输出正常：[\s\S]*✓ 一切正常。\n$/,
  );
  const dead = await runCommand(doctor, ['--base-url', await deadURL()], { LANG: 'zh_CN.UTF-8' });
  assert.match(
    dead.printed,
    /✗ http:\/\/127\.0\.0\.1:\d+\/v1 上没有服务在运行（ECONNREFUSED）。\n {2}→ (请启动服务|本机的另一个地址上有服务)/,
  );
});

test('nothing that the server sent steers the terminal or makes a line of its own', async (t) => {
  const evil = 'tiny\x1b]0;x\x07\r\n✓ Everything works.\u0085\u202e';
  const hostile = await startServer([{ id: evil, object: 'model' }], '/v1/models');
  t.after(() => hostile.close());
  hostile.script(refuse(400, { error: `\x1b[2J${evil}` }));
  const { printed } = await examine(hostile.baseURL);
  assert.doesNotMatch(printed, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.doesNotMatch(printed, /^✓ Everything works/m);
});

test("a server's version makes no line of its own", async (t) => {
  const baseURL = await serve(t, (_, response) => {
    response.end('{"version":"1\\n✓ Everything works.\\u202e"}');
  });
  const server = await nameServer({ baseURL, apiKey: undefined });
  assert.equal(server, 'Ollama 1 ✓ Everything works.');
});

test('a host name that cannot be found is said to be that', async () => {
  const { status, printed } = await examine('http://nowhere.invalid/v1');
  assert.equal(status, 1);
  assert.match(
    printed,
    /✗ The host name in http:\/\/nowhere\.invalid\/v1 could not be found \(E\w+\)\.\n {2}→ Correct --base-url/,
  );
  assert.doesNotMatch(printed, /Start it/);
});

test('a redirect: the base URL to which it leads is written out', async (t) => {
  const right = await serve(t, (_, response) => response.end('{"data":[{"id":"tiny"}]}'));
  const url = await serve(t, ({ url = '' }, response) => {
    response.writeHead(308, { location: url.replace('/v1', right) }).end('<h1>Moved</h1>');
  });
  const { status, printed } = await examine(url);
  assert.match(printed, /^✗ The server at http:.* redirects to another address;/);
  assert.ok(printed.endsWith(`\n  → Use --base-url ${right}\n`), printed);
  assert.equal(status, 1);
  const toHttps = await serve(t, ({ url = '' }, response) => {
    response.writeHead(301, { location: `https://example.com${url}` }).end();
  });
  const secure = await examine(toHttps);
  assert.ok(secure.printed.endsWith('→ Use --base-url https://example.com/v1\n'), secure.printed);
});

test('a server that lists models but gives no chat completion is said to do so', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"id":"tiny"}]}');
  });
  const { printed, status } = await examine(url);
  assert.match(
    printed,
    /✗ Streaming does not work\. There is a server at .*, but no chat model behind/,
  );
  assert.equal(status, 1);
});

test('another model than the one that was named is said to have answered', async () => {
  server.script(say('1 ', '2 '));
  const { printed } = await examine(server.baseURL, '--model', 'nope');
  assert.match(printed, /✓ 2 models found; testing nope\n/);
  assert.match(printed, /! tiny answered, not nope: /);
});

test('a number of tokens that is none makes no line of its own', async () => {
  server.script((response) => {
    begin(response);
    const end = ending().replace('"completion_tokens":2', '"completion_tokens":"2\\n✓ Everything"');
    response.end(frame({ content: '1' }) + end);
  });
  const { printed } = await examine(server.baseURL);
  assert.equal(printed.match(/^✓ Everything/gm)?.length, 1);
  assert.match(printed, /\(1 token, tiny\)/);
});

test('a wrong port: where else a server answers, even if something other than a model server listens there', async (t) => {
  const right = createHttpServer((_, response) => response.end('{"data":[{"id":"tiny"}]}'));
  t.after(() => right.close());
  const isFree = await new Promise((resolve) => {
    right.on('error', () => resolve(false)).listen(11434, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return t.skip('something listens at 11434');
  const advice =
    /\n {2}→ A server answers elsewhere on this machine\. Use .*--base-url http:\/\/127\.0\.0\.1:11434\/v1 \(Ollama\)/;
  assert.match((await examine(await deadURL())).printed, advice);
  const website = await serve(t, (_, response) => response.end('<h1>My photos</h1>'));
  const { printed } = await examine(website);
  assert.match(printed, /✗ http:.* does not list its models/);
  assert.match(printed, advice);
});
