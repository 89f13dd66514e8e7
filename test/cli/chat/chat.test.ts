import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Command } from '../../../src/cli/args.ts';
import { createChat } from '../../../src/cli/chat/chat.ts';
import { Conversation } from '../../../src/cli/chat/conversation.ts';
import { startReplayServer } from '../../../src/replay/index.ts';
import { deadURL } from '../../agent/doubles/scripted-server.ts';
import { chunk, frames } from '../../client/streams.ts';
import { fixtures, scratch, write } from '../../replay/helpers.ts';
import { root } from '../../tools/project.ts';
import {
  createTestTerminal,
  noInterrupt,
  plainEnv,
  runCli,
  runCommand,
  serve,
  startCli,
} from '../commands.ts';

/** How this program is run in a clone. */
const cli = `node ${join('dist', 'cli.js')}`;

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

test('in a script, without a server: an error that names the demo and exit status 1, never a canned answer', async () => {
  const defaultBaseURL = await deadURL();
  for (const args of [[], ['a question']]) {
    const { printed, status } = await runCommand(createChat(defaultBaseURL), args);
    assert.match(
      printed,
      /^No server is running at http:\/\/127\.0\.0\.1:\d+\/v1 \(ECONNREFUSED\)\.\nStart it \(LM Studio: .*lms server start.*\n'node \S*cli\.js chat --demo' plays a recorded answer, without a server\.\n$/,
    );
    assert.equal(status, 1);
  }
});

/** Starts a chat whose answer is the recorded one, and stops it when it has begun. */
async function stopDemo(
  command: Command,
  args: string[],
  options: { isTTY?: boolean; columns?: number } = {},
  input?: string,
) {
  const { terminal, stdin, printed, until } = createTestTerminal({ NO_COLOR: '1' }, options);
  if (input !== undefined) stdin.end(input);
  const ended = command.run(args, terminal);
  await until('Here is a small');
  process.emit('SIGINT');
  return { status: await ended, printed: printed() };
}

test('at a terminal, without a server: a demonstration, said in four lines that fit', async () => {
  const url = await deadURL();
  const { printed, status } = await stopDemo(createChat(url), [], {
    isTTY: true,
    columns: 80,
  });
  assert.equal(status, 0);
  const [first, second, third = '', fourth, blank, question] = printed.split(/\r\x1b\[K|\n/);
  assert.equal(first, `No server answers at ${url}, so this is a demonstration:`);
  assert.equal(
    second,
    'an answer that ik_llama.cpp gave to another question, played in 10 seconds.',
  );
  assert.match(third, /`lms server start`.*:$/);
  assert.equal(fourth, `  ${cli} chat --base-url URL`);
  assert.equal(blank, '');
  assert.match(question ?? '', /^> Write a TypeScript function/);
  assert.match(printed, /\[stopped\]\n\nThat was a recording\.\n$/);
});

test('--or-demo, as npm start has it: the demonstration in a script, too, and exit status 0', async () => {
  const defaultBaseURL = await deadURL();
  for (const args of [['--or-demo'], ['a question', '--or-demo']]) {
    const { printed, status } = await stopDemo(createChat(defaultBaseURL), args);
    assert.ok(
      printed.startsWith(`No server answers at ${defaultBaseURL}, so this is a demonstration:\n`),
      printed,
    );
    assert.match(printed, /\nThat was a recording\.\n$/);
    assert.equal(status, 0);
  }
});

test('--or-demo with a server, and nobody who asks: the demonstration, and how to ask', async (t) => {
  const url = await answering(t, [{ id: 'tiny' }], '');
  const { printed, status } = await stopDemo(createChat(url), ['--or-demo'], {}, ' \n');
  assert.match(printed, /^tiny, at http.*\nReading the question from stdin \.\.\.\n/m);
  assert.match(printed, /\nThere is no question on stdin, so this is a demonstration:\n/);
  assert.match(printed, /\nTo ask one: node \S*cli\.js chat "Say hello\."\n/);
  assert.equal(status, 0);
});

test('--or-demo with a server and a question: the answer of the server', async (t) => {
  const url = await answering(t, [], frames(chunk({ content: 'yes' }, 'stop'), '[DONE]'));
  const { stdin, terminal, printed } = createTestTerminal();
  stdin.end('really?');
  assert.equal(await createChat(url).run(['--or-demo'], terminal), 0);
  assert.match(printed(), /\nyes\n$/);
});

test('what a server sent steers no terminal, not even behind a pipe', async (t) => {
  const answer = frames(chunk({ content: 'one\x1b[2J\r\n\ttwo\x9b31m' }, 'stop'), '[DONE]');
  const url = await answering(t, [{ id: 'tiny\x1b]0;title\x07' }], answer);
  const { stdout, stderr } = await run(t, ['hi', '--base-url', url]);
  assert.equal(stdout, 'one[2J\n\ttwo31m\n');
  assert.equal(stderr, `tiny]0;title, at ${url}\n`);
});

test('a server that is loading its model is said to be loading', async (t) => {
  let asked = 0;
  const url = await serve(t, (request, response) => {
    const isChat = request.url?.endsWith('/chat/completions');
    if (!isChat || asked++ === 0) {
      const error = { message: 'Loading model', type: 'unavailable_error', code: 503 };
      response.writeHead(503).end(JSON.stringify({ error }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(frames(chunk({ content: 'yes' }, 'stop'), '[DONE]'));
  });
  const { stdout, stderr } = await run(t, ['hi', '--base-url', url]);
  assert.equal(stderr, 'The server is still loading its model.\n');
  assert.equal(stdout, 'yes\n');
});

test('what cannot be explained leads to doctor, and the address shows no password', async (t) => {
  const url = await serve(t, (request) => request.socket.destroy());
  const secret = url.replace('//', '//me:geheim@');
  const { stderr, status } = await run(t, ['hi', '--base-url', secret]);
  assert.ok(stderr.endsWith(`\n'${cli} doctor --base-url ${url}' looks for the reason.\n`), stderr);
  assert.doesNotMatch(stderr, /geheim/);
  assert.equal(status, 1);
});

test('a recording of a request with nothing but its messages answers the chat', async (t) => {
  const folder = await scratch(t);
  const body = {
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    stream_options: { include_usage: true },
  };
  const content = frames(chunk({ content: 'yes' }, 'stop'), '[DONE]');
  await write(folder, 'hi', { request: { body }, content });
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  const { stdout } = await run(t, ['hi', '--base-url', `${server.url}/v1`]);
  assert.equal(stdout, 'yes\n');
  const other = await run(t, ['bye', '--base-url', `${server.url}/v1`]);
  assert.match(
    other.stderr,
    /\nNo recording matches POST \/v1\/chat\/completions\. Nearest: hi\. It/,
  );
  assert.equal(other.status, 1);
});

test('--demo plays a recorded answer, and takes no question', async (t) => {
  const { printed, status } = await stopDemo(createChat(), ['--demo']);
  assert.match(printed, /^This is a demonstration:\nan answer that ik_llama\.cpp gave/);
  assert.equal(status, 0);
  const wrong = await run(t, ['--demo', 'a question']);
  assert.match(wrong.stderr, /--demo takes no question/);
});

test('npm start without stdin ends with exit status 0, and the answer alone is on stdout', async (t) => {
  const { npm_execpath: npm } = process.env;
  const [command, ...args] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const child = spawn(command, [...args, 'start', '--silent'], {
    cwd: root,
    env: plainEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: npm === undefined && process.platform === 'win32',
  });
  t.after(() => child.kill('SIGKILL'));
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  assert.match(stdout, /^Here is a small, typed function:[\s\S]*not exact\.\n+$/);
  assert.match(stderr, /^No server answers at [\s\S]*\nThat was a recording\.\n$/);
  assert.equal(status, 0);
});

test('a base URL that was given and is refused is an error, not a recording', async (t) => {
  const { stdout, stderr, status } = await run(t, ['hi', '--base-url', 'http://127.0.0.1:9999/v1']);
  assert.equal(stdout, '');
  assert.match(stderr, /127\.0\.0\.1:9999\/v1 \(ECONNREFUSED\)\.\n[\s\S]*lms server start/);
  assert.equal(status, 1);
  const more = await run(t, ['hi', '--or-demo', '--base-url', 'http://127.0.0.1:9999/v1']);
  assert.deepEqual([more.stdout, more.status], ['', 1]);
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

test('advice names options of the command line', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const told = async (exchange: string) => {
    const url = `${server.url}/${exchange}/v1`;
    return (await run(t, ['hi', '--base-url', url])).stderr;
  };
  assert.match(await told('lmstudio/error-token'), /LOCAL_LLM_API_KEY/);
  const { stderr, status } = await run(t, ['hi', '--base-url', '127.0.0.1:9/v1']);
  assert.match(
    stderr,
    /--base-url must be a URL such as http:\/\/127\.0\.0\.1:9\/v1, not '127\.0\.0\.1:9\/v1' /,
  );
  assert.equal(status, 2);
});

test('a stream that breaks keeps its text, and ends with status 1', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const url = `${server.url}/llama.cpp-2026/server-killed-mid-stream/v1`;
  const { stdout, stderr, status } = await run(t, ['a story', '--base-url', url]);
  assert.match(stdout, /^Once upon a time/);
  assert.match(
    stderr,
    /closed the connection before the answer was finished \(ECONNRESET\)\.\nIts log may say why\. Try again\.\n/,
  );
  assert.equal(status, 1);
});

test('an interrupt stops the answer, keeps what came, and closes the connection', {
  skip: noInterrupt,
}, async (t) => {
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
  assert.equal(child.exitCode, 130);
});

test('several words without quotes: one line, status 2', async (t) => {
  const { stderr, status } = await run(t, ['two', 'words']);
  assert.equal(
    stderr,
    `chat: put the question in quotes: it came as several words (see '${cli} help chat')\n`,
  );
  assert.equal(status, 2);
});

/** A server with these models, and with this answer to every chat completion. */
const answering = (t: TestContext, models: object[], answer: string) =>
  serve(t, (request, response) => {
    if (request.url?.endsWith('/chat/completions')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer);
    } else if (request.url === '/v1/models') response.end(JSON.stringify({ data: models }));
    else response.writeHead(404).end();
  });

test('several models, none named: chat takes the one that doctor takes, and names it', async (t) => {
  const answer = frames(chunk({ content: 'yes' }, 'stop'), '[DONE]');
  const models = [
    { id: 'text-embedding-words', type: 'embeddings' },
    { id: 'first' },
    { id: 'second' },
  ];
  const url = await answering(t, models, answer);
  const { stderr } = await run(t, ['hi', '--base-url', url]);
  assert.equal(stderr, `first, at ${url}\n`);
});

test('several models, none named and none loaded: the server says so, and what to do follows', async (t) => {
  const models = ['a', 'b'].map((id) => ({ id, type: 'llm', state: 'not-loaded' }));
  const url = await serve(t, (request, response) => {
    const isChat = request.url?.endsWith('/chat/completions');
    const error = { message: 'No models loaded. Please load a model.' };
    if (isChat) response.writeHead(404).end(JSON.stringify({ error }));
    else response.end(JSON.stringify({ data: models }));
  });
  const { stderr, status } = await run(t, ['hi', '--base-url', url]);
  assert.match(stderr, /\nNo model is loaded\. The server says: .*\nLoad one in the server .*\n$/);
  assert.equal(status, 1);
});

test('an answer that was cut before it began is called cut, not empty', async (t) => {
  const answer = frames(chunk({ reasoning_content: 'well…' }), chunk({}, 'length'), '[DONE]');
  const url = await answering(t, [{ id: 'tiny' }], answer);
  const { stderr } = await run(t, ['hi', '--base-url', url]);
  assert.match(stderr, /\[the token budget or the context was used up before the answer began\]/);
  assert.doesNotMatch(stderr, /without an answer/);
});

for (const [what, deltas, words] of [
  [
    'only reasoning',
    [chunk({ reasoning_content: 'well…' }), chunk({}, 'stop')],
    'the model only reasoned, and ended without an answer',
  ],
  ['nothing', [chunk({}, 'stop')], 'the model ended without an answer'],
  [
    'a tool call',
    [
      chunk({
        tool_calls: [{ index: 0, id: 'a', function: { name: 'now\nthen', arguments: '{}' } }],
      }),
      chunk({}, 'tool_calls'),
    ],
    'the model asked for a tool (now then); this chat has none',
  ],
] satisfies [string, object[], string][]) {
  test(`without an answer the exit status is 1, and stderr says why: ${what}`, async (t) => {
    const url = await answering(t, [{ id: 'tiny' }], frames(...deltas, '[DONE]'));
    const { stdout, stderr, status } = await run(t, ['hi', '--base-url', url]);
    assert.equal(stdout, '');
    assert.equal(stderr, `tiny, at ${url}\n[${words}]\n`);
    assert.equal(status, 1);
  });
}

test('a model other than the one asked for is named on stderr, in a pipe too; the same one is not', async (t) => {
  const answer = (model: string) =>
    frames({ ...chunk({ content: 'yes' }, 'stop'), model }, '[DONE]');
  const url = await answering(t, [{ id: 'tiny' }], answer('models/Tiny-Q4_K_M.gguf\x1b[2J\u202e'));
  const other = await run(t, ['hi', '--base-url', url, '--model', 'nope']);
  assert.equal(other.stdout, 'yes\n');
  assert.equal(other.stderr, `nope, at ${url}\n[models/Tiny-Q4_K_M.gguf[2J answered, not nope]\n`);
  assert.equal(other.status, 0);
  const plain = await answering(t, [], answer('models/Tiny-Q4_K_M.gguf'));
  const same = await run(t, ['hi', '--base-url', plain, '--model', 'tiny']);
  assert.equal(same.stderr, `tiny, at ${plain}\n`);
});

test('figures of a server that are no numbers are not shown at a terminal', async (t) => {
  const usage = { completion_tokens: '5\n✓ All is well.' };
  const answer = frames(chunk({ content: 'yes' }, 'stop'), { choices: [], usage }, '[DONE]');
  const url = await answering(t, [{ id: 'tiny' }], answer);
  const { terminal, printed } = createTestTerminal({ NO_COLOR: '1' }, { isTTY: true });
  await createChat(url).run(['hi'], terminal);
  assert.doesNotMatch(printed(), /All is well/);
  assert.match(printed(), /first token after \d+ ms\n$/);
});

test('a conversation at a terminal: each turn knows the ones before it, and Ctrl-C stops an answer only', {
  skip: noInterrupt,
}, async (t) => {
  const asked: unknown[] = [];
  const url = await serve(t, async (request, response) => {
    const body = await text(request);
    if (!request.url?.endsWith('/chat/completions')) {
      return void response.end('{"data":[{"id":"tiny"}]}');
    }
    asked.push(JSON.parse(body).messages);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length === 1) response.end(frames(chunk({ content: 'Hello' }, 'stop'), '[DONE]'));
    else response.write(frames(chunk({ content: 'Once' })));
  });
  const { terminal, stdin, printed, until } = createTestTerminal(
    { NO_COLOR: '1' },
    { isTTY: true },
  );
  const ended = createChat(url).run([], terminal);
  await until('> ');
  stdin.write('hi\r');
  await until('first token after');
  stdin.write('a story\r');
  await until('Once');
  process.emit('SIGINT');
  await until('[stopped]');
  stdin.write('\x04');
  assert.equal(await ended, 0);
  const hi = { role: 'user', content: 'hi' };
  const hello = { role: 'assistant', content: 'Hello' };
  assert.deepEqual(asked, [[hi], [hi, hello, { role: 'user', content: 'a story' }]]);
  assert.match(printed(), /Ctrl-D, to quit\.\n/);
});

test('a question that is stopped while the server is looked for is not asked', async (t) => {
  let isAsked = false;
  const baseURL = await serve(t, (request, response) => {
    isAsked ||= request.url?.endsWith('/chat/completions') === true;
    response.end('{"data":[{"id":"tiny"}]}');
  });
  const { terminal } = createTestTerminal();
  const server = { baseURL, apiKey: undefined };
  const conversation = new Conversation(terminal, server, { model: undefined, system: undefined });
  assert.equal(await conversation.ask('hi', AbortSignal.abort()), 'stopped');
  assert.equal(isAsked, false);
});
