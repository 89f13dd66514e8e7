import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, fixtures, scratch, sent, startServer, write } from './helpers.ts';

const cli = fileURLToPath(new URL('../../src/cli/local-llm.ts', import.meta.url));

/** Runs `local-llm-stream-agent`; `url` is the first address that it prints. */
function run(t: { after(done: () => unknown): void }, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes) => {
      output[name] += bytes;
    });
  }
  const closed = once(child, 'close') as Promise<[number | null]>;
  /** Waits until it has printed something. */
  async function printed(what: RegExp): Promise<string> {
    for (;;) {
      const [match] = what.exec(output.stdout) ?? [];
      if (match !== undefined) return match;
      await once(child.stdout, 'data');
    }
  }
  async function end(signal?: NodeJS.Signals) {
    if (signal) child.kill(signal);
    const [status] = await closed;
    return { ...output, status };
  }
  return { printed, end, url: () => printed(/http:\/\/127\.0\.0\.1:\d+(?=\/v1)/) };
}

test('serve answers, says what it answers with, and ends well on Ctrl-C', async (t) => {
  const serve = run(t, 'serve', fixtures, '--port', '0');
  const response = await fetch(`${await serve.url()}/lmstudio/hello/v1/chat/completions`, ask());
  assert.match(await response.text(), /\[DONE\]/);
  const { stdout, status } = await serve.end('SIGINT');
  assert.match(stdout, /POST \/lmstudio\/hello\/v1\/chat\/completions <- lmstudio\/hello\n/);
  assert.equal(status, 0);
});

test('serve ends with status 1 if a request found no exchange; also on SIGTERM', async (t) => {
  const serve = run(t, 'serve', fixtures, '--port', '0');
  await fetch(`${await serve.url()}/v1/chat/completions`, ask('not recorded'));
  const { stdout, stderr, status } = await serve.end('SIGTERM');
  assert.match(stdout, / Nearest: /);
  assert.match(stderr, /^1 request found no exchange/);
  assert.equal(status, 1);
});

test('serve ignores the fields that it is told to', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a', { request: { body: { model: 'x', seed: 1 } } });
  const serve = run(t, 'serve', folder, '--port', '0', '--ignore', 'seed', '--ignore', 'user');
  const body = '{"model":"x","user":"me"}';
  const url = `${await serve.url()}/v1/chat/completions`;
  assert.equal((await fetch(url, { method: 'POST', body })).status, 200);
  assert.equal((await serve.end('SIGINT')).status, 0);
});

test('record stores what passes, leaves out what must be, and sums up', async (t) => {
  const upstream = await startServer(t, async (_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, 'data: [DONE]\n\n');
    response.end();
  });
  const folder = join(await scratch(t), 'new');
  const record = run(
    t,
    'record',
    '--upstream',
    upstream,
    '--to',
    folder,
    '--name',
    'hello',
    '--port',
    '0',
  );
  const url = `${await record.url()}/v1/chat/completions`;
  for (const content of ['one', 'sk-abcdefgh12345678', 'two']) {
    assert.equal(await (await fetch(url, ask(content))).text(), 'data: [DONE]\n\n');
  }
  await record.printed(/hello-2, status 200, 14 bytes in 1 chunk, complete/);
  const { stdout, status } = await record.end('SIGINT');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /\n2 exchanges in .*new\n {2}hello\n {2}hello-2\n1 left out\n {2}POST .*: request\.body\.messages\[0\]\.content holds what looks like a key\n$/,
  );
  assert.doesNotMatch(stdout, /abcdefgh/);
  assert.deepEqual((await readdir(folder)).sort(), [
    'hello-2.json',
    'hello-2.sse',
    'hello.json',
    'hello.sse',
  ]);
});

/** A module that takes the digits out of what is said. */
async function writeNormalize(folder: string): Promise<string> {
  const file = join(folder, 'normalize.mjs');
  await writeFile(
    file,
    `export const normalize = (request) => ({
      ...request,
      body: JSON.parse(JSON.stringify(request.body).replace(/\\d+/g, 'N')),
    });`,
  );
  return file;
}

test('serve takes faults and a normalize, and says what nobody asked for: --strict makes that an error', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a', { request: { body: { model: 'x', day: 'day 1' } } });
  await write(folder, 'b', { request: { path: '/v1/other' } });
  const normalize = await writeNormalize(await scratch(t));
  const faults = ['--status', '503', '--retry-after', '2', '--times', '1'];
  const args = [folder, '--port', '0', '--normalize', normalize, '--strict', ...faults];
  const serve = run(t, 'serve', ...args);
  const url = `${await serve.url()}/v1/chat/completions`;
  const ask = () => fetch(url, { method: 'POST', body: '{"model":"x","day":"day 22"}' });
  const busy = await ask();
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '2']);
  assert.equal((await ask()).status, 200);
  const { stderr, status } = await serve.end('SIGINT');
  assert.equal(stderr, '1 exchange nobody asked for\n  b\n');
  assert.equal(status, 1);
});

test('record --mode new replays what is there, normalized, and names the address behind a path', async (t) => {
  let asked = '';
  const upstream = await startServer(t, (request, response) => {
    asked = `${request.url}`;
    response.end('{}');
  });
  const folder = await scratch(t);
  await write(folder, 'a', { request: { body: { day: 'day 1' } } });
  const normalize = await writeNormalize(await scratch(t));
  const record = run(
    t,
    ...['record', '--upstream', `${upstream}/openai/v1`, '--to', folder, '--port', '0'],
    ...['--mode', 'new', '--normalize', normalize],
  );
  const url = `${await record.url()}/v1/chat/completions`;
  await record.printed(new RegExp(`instead of ${upstream}/openai/v1\\. `));
  const ask = async (body: string) => (await fetch(url, { method: 'POST', body })).text();
  assert.equal(await ask('{"day":"day 2"}'), 'data: [DONE]\n\n');
  assert.equal(asked, '');
  assert.equal(await ask('{"day":"none"}'), '{}');
  assert.equal(asked, '/openai/v1/chat/completions');
  const { stdout, status } = await record.end('SIGINT');
  assert.match(stdout, /\nreplayed {3}POST \/v1\/chat\/completions: a\n/);
  assert.match(stdout, /\n1 exchange in .*\n {2}chat-completions\n1 replayed\n$/);
  assert.equal(status, 0);
});

test('record says what was open when it was stopped', async (t) => {
  const upstream = await startServer(t, (_, response) => void sent(response, 'data: {}\n\n'));
  const record = run(t, 'record', '--upstream', upstream, '--to', await scratch(t), '--port', '0');
  const response = await fetch(`${await record.url()}/v1/x`);
  const { stdout, status } = await record.end('SIGINT');
  await response.text().catch(() => {});
  assert.match(stdout, /0 exchanges in .*\n1 left out\n {2}GET \/v1\/x: it had not ended/);
  assert.equal(status, 0);
});

test('check passes the fixtures of the project', async (t) => {
  const { stdout, status } = await run(t, 'check', fixtures).end();
  assert.match(stdout, /^\d+ exchanges: \d+ recorded, \d+ modelled\. No problems\.\n$/);
  assert.equal(status, 0);
});

test('check -v shows every frame; a broken folder is status 1', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a');
  const good = await run(t, 'check', folder, '-v').end();
  assert.match(good.stdout, /a \(modelled\): POST .*\n +0 ms +14 B {2}\[DONE\]\n/);
  const raw = await run(t, 'check', folder, '--raw').end();
  assert.match(raw.stdout, /\n +0 ms +14 B {2}data: \[DONE\]\\n\\n\n/);
  await write(folder, 'b', { format: 2 });
  const bad = await run(t, 'check', folder).end();
  assert.match(bad.stderr, /b\.json: format must be 1/);
  assert.match(bad.stdout, /1 problem\.\n$/);
  assert.equal(bad.status, 1);
});

const wrong: [args: string[], status: number, message: RegExp][] = [
  [['serve'], 2, /give one folder/],
  [['serve', 'a', 'b'], 2, /give one folder/],
  [['serve', fixtures, '--port', '99999'], 2, /--port 99999: give a number/],
  [
    ['serve', fixtures, '--speed', 'fast'],
    2,
    /--speed must be 'instant' or a number above 0; it is "fast"/,
  ],
  [['serve', '/does/not/exist'], 1, /There is no folder '\/does\/not\/exist'\./],
  [['serve', fixtures, '--status', '200'], 2, /--status must be a number from 400 to 599/],
  [['serve', fixtures, '--retry-after', '2'], 2, /--retry-after needs a status/],
  [['serve', fixtures, '--cut', 'x'], 2, /--cut must be/],
  [['serve', fixtures, '--normalize', 'none.mjs'], 2, /--normalize none\.mjs cannot be loaded/],
  [['serve', fixtures, '--normalize', 'package.json'], 2, /--normalize package\.json/],
  [
    ['record', '--upstream', 'http://127.0.0.1:1', '--to', 'x', '--mode', 'old'],
    2,
    /--mode old: give add or new/,
  ],
  [
    ['record', '--upstream', 'http://127.0.0.1:1', '--to', 'x', '--ignore', 'seed'],
    2,
    /need --mode new/,
  ],
  [['record', '--upstream', 'http://127.0.0.1:1', '--to', 'x', '--name', 'CON'], 1, /Windows/],
  [['record', '--to', 'x'], 2, /--upstream is missing/],
  [['record', '--upstream', 'http://127.0.0.1:1234'], 2, /--to is missing/],
  [['record', '--upstream', 'localhost:1234', '--to', 'x'], 2, /--upstream must be a URL such as/],
  [
    ['record', '--upstream', 'http://127.0.0.1:1/v1/chat/completions', '--to', 'x'],
    2,
    /--upstream is the server, not one of its calls: http:\/\/127\.0\.0\.1:1 /,
  ],
  [
    ['record', '--upstream', 'http://127.0.0.1:1', '--to', 'package.json'],
    2,
    /--to must be a folder, and package\.json is a file/,
  ],
  [['check'], 2, /give one folder/],
  [['check', 'package.json'], 1, /'package\.json' is a file, not a folder\./],
  [['check', '/does/not/exist'], 1, /There is no folder '\/does\/not\/exist'\./],
];
for (const [args, status, message] of wrong) {
  test(`local-llm-stream-agent ${args.join(' ').replace(fixtures, 'fixtures')}: refused in words`, async (t) => {
    const result = await run(t, ...args).end();
    assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /\n {4}at /);
    assert.equal(result.status, status);
  });
}

test('a port in use is told in words', async (t) => {
  const first = run(t, 'serve', fixtures, '--port', '0');
  const port = new URL(await first.url()).port;
  const { stderr, status } = await run(t, 'serve', fixtures, '--port', port).end();
  assert.equal(stderr, `serve: Port ${port} is in use. --port 0 takes any free one.\n`);
  assert.equal(status, 1);
});
