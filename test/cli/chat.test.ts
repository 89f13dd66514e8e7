import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { startReplayServer } from '../../src/replay/index.ts';
import { chunk, frames } from '../chat/streams.ts';
import { fixtures } from '../replay/helpers.ts';
import { runCli, serve, startCli } from './commands.ts';

const run = (t: TestContext, args: string[], input = '', env = {}) =>
  runCli(t, ['chat', ...args], { input, env });

test('one question, one answer: the answer alone on stdout', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const url = `${server.url}/llama.cpp-2026/reasoning-then-answer/v1`;
  const { stdout, stderr, status } = await run(t, ['What is 17 * 23?', '--base-url', url]);
  assert.equal(stdout, '**391**\n');
  assert.match(stderr, /127\.0\.0\.1/);
  assert.equal(status, 0);
});

test('without a server a recording is played, and says that it is one', async (t) => {
  const { stdout, stderr, status } = await run(t, []);
  assert.match(stdout, /^Here is a small, typed function:[\s\S]*not exact\.\n+$/);
  assert.match(stderr, /RECORDING/);
  assert.match(stderr, /another question/);
  assert.match(stderr, /lms server start/);
  assert.equal(status, 0);
});

test('a base URL that was given and is refused is an error, not a recording', async (t) => {
  const { stdout, stderr, status } = await run(t, ['hi', '--base-url', 'http://127.0.0.1:9999/v1']);
  assert.equal(stdout, '');
  assert.match(stderr, /127\.0\.0\.1:9999[\s\S]*ECONNREFUSED[\s\S]*lms server start/);
  assert.equal(status, 1);
});

test('the question comes from stdin, the model and the key from where they were given', async (t) => {
  const seen: { body?: unknown; key?: string | undefined } = {};
  const url = await serve(t, async (request, response) => {
    const body = await text(request);
    if (!request.url?.endsWith('/chat/completions')) return void response.writeHead(404).end();
    seen.body = JSON.parse(body);
    seen.key = request.headers.authorization;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(frames(chunk({ content: 'yes' }, 'stop'), '[DONE]'));
  });
  const args = ['--base-url', url, '--model', 'm', '--system', 'Be short.'];
  const { stdout } = await run(t, args, 'really?\n', { LOCAL_LLM_API_KEY: 'geheim-123' });
  assert.equal(stdout, 'yes\n');
  assert.equal(seen.key, 'Bearer geheim-123');
  assert.deepEqual(seen.body, {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'really?' },
    ],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('an empty stdin and a server that is there: it says that there is no question', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(404).end());
  const { stderr, status } = await run(t, ['--base-url', url]);
  assert.match(stderr, /no question/);
  assert.equal(status, 2);
});

test('what to do is told in the words of the command line', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const told = async (exchange: string) => {
    const url = `${server.url}/${exchange}/v1`;
    return (await run(t, ['hi', '--base-url', url])).stderr;
  };
  assert.match(await told('lmstudio/error-token'), /LOCAL_LLM_API_KEY/);
  assert.match(await told('nosuch'), /there is no .*\n.*local-llm serve --help/s);
  const { stderr, status } = await run(t, ['hi', '--base-url', '127.0.0.1:9/v1']);
  assert.match(stderr, /--base-url must be a URL such as/);
  assert.equal(status, 2);
});

test('a stream that breaks keeps its text, and ends with status 1', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const url = `${server.url}/llama.cpp-2026/server-killed-mid-stream/v1`;
  const { stdout, stderr, status } = await run(t, ['a story', '--base-url', url]);
  assert.match(stdout, /^Once upon a time/);
  assert.match(stderr, /broke off/);
  assert.equal(status, 1);
});

test('an interrupt stops the answer, keeps what came, and closes the connection', async (t) => {
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const url = await serve(t, (request, response) => {
    if (!request.url?.endsWith('/chat/completions')) return void response.writeHead(404).end();
    response.on('close', onClosed);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frames(chunk({ content: 'Once' })));
  });
  const child = startCli(t, ['chat', 'tell me', '--base-url', url]);
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  assert.equal(String(first), 'Once');
  child.kill('SIGINT');
  await closed;
  await once(child, 'close');
  assert.equal(child.exitCode, 0);
});

test('several words without quotes, an unknown option: the usage, status 2', async (t) => {
  for (const args of [
    ['two', 'words'],
    ['--base-uri', 'x'],
  ]) {
    const { stderr, status } = await run(t, args);
    assert.match(stderr, /Usage: local-llm chat/);
    assert.equal(status, 2);
  }
});
