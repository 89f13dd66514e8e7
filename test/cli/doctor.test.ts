import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { doctor } from '../../src/cli/doctor.ts';
import {
  deadURL,
  ending,
  frame,
  raw,
  refuse,
  type Script,
  say,
  startServer,
} from '../agent/scripted-server.ts';
import { runCommand } from './commands.ts';

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
  server.script(say('1 ', '2 ', '3'));
  const { status, printed } = await examine(server.baseURL);
  assert.equal(status, 0, printed);
  assert.match(printed, /✓ http:.*\/v1 answers; it is LM Studio\n/);
  assert.match(printed, /tiny \(loaded, context 4096, sees images\)/);
  assert.match(
    printed,
    /✓ An answer streams: the first token after [\d.]+ s, then [\d.]+ tokens\/s/,
  );
  assert.ok(!printed.includes('words'));
  assert.equal(server.seen.at(-1)?.body.model, 'tiny');
});

async function scripted(script: Script): Promise<string> {
  server.script(script);
  return server.baseURL;
}

for (const [name, prepare, words] of [
  [
    'nothing listens',
    deadURL,
    /✗ Nothing is listening at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.\n {2}→ /,
  ],
  [
    '/v1 is missing',
    async () => {
      await scripted(raw('{"error":"Unexpected endpoint or method. (POST /chat/completions)"}'));
      return new URL(server.baseURL).origin;
    },
    /✗ No answer streams\.[\s\S]*→ \/v1 is missing: use --base-url http:.*\/v1\n/,
  ],
  [
    'an error in the stream',
    () => scripted(refuse(400, { error: 'The model has crashed' })),
    /✗ No answer streams\. .*The model has crashed/,
  ],
  [
    'a stream that breaks off',
    () => scripted(raw(frame({ content: '1' }))),
    /✗ No answer streams\. The server closed the connection in mid-answer/,
  ],
  ['an empty answer', () => scripted(raw(ending())), /✗ The answer ended, and it is empty\./],
] satisfies [string, () => Promise<string>, RegExp][]) {
  test(`what is wrong is said with what to do, and the exit status is 1: ${name}`, async () => {
    const { status, printed } = await examine(await prepare());
    assert.equal(status, 1);
    assert.match(printed, words);
    assert.match(printed, /\n {2}→ \S/);
  });
}

test('a server that wants a token', async () => {
  const locked = await startServer(models, '/v1/models', 'secret-token');
  const without = await examine(locked.baseURL);
  assert.equal(without.status, 1);
  assert.match(without.printed, /✗ The server wants a token \(401\)\.\n {2}→ .*LOCAL_LLM_API_KEY/);
  locked.script(say('1'));
  const args = ['--base-url', locked.baseURL];
  const { status, printed } = await runCommand(doctor, args, { LOCAL_LLM_API_KEY: 'secret-token' });
  assert.equal(status, 0, printed);
  assert.ok(!printed.includes('secret-token'));
  await locked.close();
});

test('no model is loaded: none is loaded for the test, unless it is named', async () => {
  const idle = await startServer(models.slice(1), '/v1/models');
  const { status, printed } = await examine(idle.baseURL);
  assert.equal(status, 1);
  assert.match(printed, /not loaded\.\n {2}→ Load one/);
  assert.equal(idle.seen.length, 0);
  assert.equal((await examine(idle.baseURL, '--model', 'big')).status, 0);
  assert.equal(idle.seen.at(-1)?.body.model, 'big');
  await idle.close();
});

test('https to a server that speaks http is told as that, at once', async () => {
  const plain = await startServer();
  const { status, printed } = await examine(plain.baseURL.replace('http:', 'https:'));
  assert.equal(status, 1);
  assert.match(printed, /✗ The server at 127.* does not speak https\.\n {2}→ Use http:\/\/127/);
  await plain.close();
});

test('something that accepts connections and says nothing is not waited for long', async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const { status, printed } = await examine(`http://127.0.0.1:${port}/v1`);
  assert.equal(status, 1);
  assert.match(printed, /sent no list of models within 2 s/);
  mute.close();
});
