/**
 * The built files on Windows paths: the command line, four recorders into one folder that two readers read, the agent's file.
 * `node test/compat/windows/smoke.mjs` on Windows; `wine.sh` runs it in a Windows build of Node on Linux. Needs `npm run build`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(import.meta.url);
const root = join(here, '../../../..');
const built = (file) => join(root, 'dist', file);
const load = (file) => import(pathToFileURL(built(file)).href);
const { streamChat } = await load('index.js');
const { recordFetch, replayFetch, startReplayServer } = await load('replay.js');

const run = (file, ...args) =>
  promisify(execFile)(process.execPath, [...process.execArgv, file, ...args]);
const cli = async (...args) => (await run(built('cli.js'), ...args)).stdout;
const ask = (content, options) =>
  streamChat({ messages: [{ role: 'user', content }] }, options).result;

/** A recorder in a process of its own: `smoke.mjs record URL FOLDER NAME`. */
const [, , role, ...given] = process.argv;
if (role === 'record') {
  const [baseURL, folder, name] = given;
  const recording = recordFetch(fetch, folder, { mode: 'new' });
  for (let nth = 0; nth < 5; nth++) await ask(`${name} ${nth}`, { baseURL, fetch: recording });
  for (const { stored, reason } of await recording.settled()) assert.ok(stored, reason);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'Größe 你好 '));
const servers = [];

/** A server that says the question. */
async function startEcho() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { content } = JSON.parse(body).messages[0];
    response.setHeader('content-type', 'text/event-stream');
    const choices = [{ index: 0, delta: { content }, finish_reason: 'stop' }];
    response.end(`data: ${JSON.stringify({ choices })}\n\ndata: [DONE]\n\n`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${server.address().port}/v1`;
}

async function startHello() {
  const server = await startReplayServer(join(root, 'fixtures', 'llama.cpp-2026'));
  servers.push(server);
  return `${server.url}/hello/v1`;
}

const HELLO = 'Hello! How can I help you today?';

const checks = {
  async 'the command line says its version, checks a folder and chats'() {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.match(await cli('--version'), new RegExp(version));
    await cli('check', join(root, 'fixtures', 'lmstudio'));
    assert.match(await cli('chat', 'Hello', '--base-url', await startHello()), /Hello! How can I/);
  },

  async 'six installs at once leave one whole agents.json, and the agent answers'() {
    const baseURL = await startHello();
    const install = () => cli('install', folder, '--base-url', baseURL, '--model', 'm');
    await Promise.all(Array.from({ length: 6 }, install));
    const chat = join(folder, '.ai_helper', 'agent', 'chat');
    JSON.parse(readFileSync(join(chat, 'agents.json'), 'utf8'));
    const Agent = createRequire(here)(join(chat, 'llm_chat_agent', 'LocalLLMStreamAgent.js'));
    const agent = new Agent({ llm: { baseURL, model: 'm' } }, {});
    const message = { id: '1', sender: 'user', text: 'Hello', timestamp: 1, threadId: 't' };
    const thread = { id: 't', name: 't', agent: 'a', messages: [message] };
    const response = await agent.generateReply(thread, {
      threadRepository: { getMessagesAfterLastMarker: () => thread.messages },
      getConfig: () => ({}),
      postMessage: () => {},
    });
    let text = '';
    for await (const piece of response.getStream()) text += piece;
    assert.ok(text.includes(HELLO), text);
  },

  async 'four recorders fill one folder while two read it; all is there, and is replayed'() {
    const baseURL = await startEcho();
    const recordings = join(folder, 'recordings');
    const names = ['a', 'b', 'c', 'd'];
    let recording = true;
    const reader = async () => {
      while (recording) await cli('check', recordings).catch(() => {});
    };
    const readers = [reader(), reader()];
    await Promise.all(names.map((name) => run(here, 'record', baseURL, recordings, name)));
    recording = false;
    await Promise.all(readers);
    const replay = replayFetch(recordings);
    for (const name of names) {
      for (let nth = 0; nth < 5; nth++) {
        assert.equal((await ask(`${name} ${nth}`, { fetch: replay })).text, `${name} ${nth}`);
      }
    }
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`✓ ${name}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n${error.stack}\n${error.stderr ?? ''}`);
  }
}
for (const server of servers) server.close();
rmSync(folder, { recursive: true, force: true });
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
