import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { arrayBuffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFolder } from '../../../src/cli/fixtures/check-folder.ts';
import { readSource } from '../../../src/replay/exchange/folder.ts';
import { recordFetch, replayFetch, startRecordingProxy } from '../../../src/replay/index.ts';
import { ask, scratch, sent, startServer, textOf, write } from '../helpers.ts';

// Any number of recorders, in any number of processes, record into one folder: each exchange is stored once, whole,
// under a name of its own.

type Context = { after(done: () => unknown): void };

/** A server that answers each request with its own content, in pieces, some of them later than others. */
function startEcho(t: Context, bodyOf = (content: string) => `data: "${content}"\n\n`) {
  return startServer(t, async (request, response) => {
    const body = JSON.parse(Buffer.from(await arrayBuffer(request)).toString());
    const { content } = body.messages[0];
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, bodyOf(content));
    for (let turns = content.length % 5; turns > 0; turns--) await new Promise(setImmediate);
    await sent(response, 'data: [DONE]\n\n');
    response.end();
  });
}

const program = fileURLToPath(new URL('recording-program.mjs', import.meta.url));

interface Task {
  url: string;
  folder: string;
  contents: string[];
  recorders?: number;
  options?: object;
  exit?: boolean;
}

/** Runs a process that records; gives the lines that it printed. */
async function run(t: Context, task: Task, limit = ''): Promise<string[]> {
  const argument = JSON.stringify({ recorders: 1, options: { mode: 'new' }, ...task });
  const node = [process.execPath, program, argument];
  const { CI: _, ...env } = process.env;
  const [file = '', ...args] = limit ? ['bash', '-c', `${limit} exec "$@"`, 'bash', ...node] : node;
  const child = spawn(file, args, {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return output.split('\n').filter(Boolean);
}

/** What a folder holds: the content that was asked for, and whether the answer is its own. */
async function contentsOf(folder: string): Promise<string[]> {
  const contents: string[] = [];
  for (const exchange of [await readSource(folder)].flat()) {
    const [, content = ''] =
      /"content":"([^"]*)"/.exec(JSON.stringify(exchange.request.body)) ?? [];
    const body = textOf([await exchange.readBody()]);
    assert.equal(body, `data: "${content}"\n\ndata: [DONE]\n\n`, exchange.name);
    assert.equal(exchange.end, 'complete');
    contents.push(content);
  }
  return contents.sort();
}

const contentsFor = (who: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${who} asks ${'x'.repeat(index)}`);

test('four processes with two recorders each: nothing is lost or mixed, and all is replayed', async (t) => {
  const folder = await scratch(t);
  const url = `${await startEcho(t)}/v1/chat/completions`;
  const everyContent = ['a', 'b', 'c', 'd'].map((who) => contentsFor(who, 12));
  const outputs = await Promise.all(
    everyContent.map((contents) => run(t, { url, folder, contents, recorders: 2 })),
  );
  const all = everyContent.flat().sort();
  assert.deepEqual(await contentsOf(folder), all);
  assert.deepEqual((await checkFolder(folder)).problems, []);
  const names = outputs.flat().map((line) => line.replace('recorded ', ''));
  assert.equal(new Set(names).size, all.length);
  const files = await readdir(folder);
  assert.equal(files.length, 2 * all.length);
  for (const name of names) assert.ok(files.includes(`${name}.json`), name);
  const replay = replayFetch(folder);
  for (const content of all) {
    assert.match(await (await replay(url, ask(content))).text(), new RegExp(`"${content}"`));
  }
  assert.deepEqual(replay.unused(), []);
});

test('two recorders of one process, with equal requests: each keeps its own', async (t) => {
  const folder = await scratch(t);
  const url = `${await startEcho(t)}/v1/chat/completions`;
  const recorders = [1, 2].map(() => recordFetch(fetch, folder, { mode: 'new', name: 'same' }));
  await Promise.all(recorders.map(async (record) => (await record(url, ask('same'))).text()));
  assert.deepEqual(await contentsOf(folder), ['same', 'same']);
});

/** A `fetch` whose requests the test answers. */
function startAnswering() {
  const asked: { answer(content: string): void; fail(error: Error): void }[] = [];
  const fetch = () =>
    new Promise<Response>((resolve, fail) => {
      const answer = (content: string) => resolve(new Response(`data: "${content}"\n\n`));
      asked.push({ answer, fail });
    });
  /** Waits until so many requests have come; gives the last one. */
  async function next(count: number) {
    while (asked.length < count) await new Promise(setImmediate);
    return asked[count - 1];
  }
  return { fetch, next };
}

const url = 'http://x/v1/chat/completions';
const read = async (response: Promise<Response>) => (await response).text();

/** What a replay of a folder answers to equal requests. */
async function replayed(folder: string, count: number): Promise<string[]> {
  const replay = replayFetch(folder);
  const answers: string[] = [];
  for (let turn = 0; turn < count; turn++) answers.push(await read(replay(url, ask('same'))));
  return answers.map((text) => text.replace(/^data: "|"\n\n$/g, ''));
}

for (const isStored of [true, false]) {
  const state = isStored ? 'is stored' : 'is still open';
  test(`the number of a request that failed is given to no later one while an exchange above it ${state}`, async (t) => {
    const folder = await scratch(t);
    const { fetch, next } = startAnswering();
    const record = recordFetch(fetch, folder, { mode: 'new', name: 'hello' });
    const first = record(url, ask('same'));
    const firstAsked = await next(1);
    const second = record(url, ask('same'));
    const secondAsked = await next(2);
    firstAsked?.fail(new TypeError('fetch failed'));
    await assert.rejects(first, TypeError);
    const end = async () => {
      secondAsked?.answer('second');
      await read(second);
    };
    if (isStored) await end();
    const third = record(url, ask('same'));
    (await next(3))?.answer('third');
    await read(third);
    if (!isStored) await end();
    const names = (await record.settled()).map((it) => it.stored);
    assert.deepEqual(names, [undefined, 'hello-2', 'hello-3']);
    assert.deepEqual(await replayed(folder, 2), ['second', 'third']);
  });
}

test('two recorders of one process on one folder number their requests together', async (t) => {
  const folder = await scratch(t);
  const { fetch, next } = startAnswering();
  const [one, two] = [folder, relative(process.cwd(), folder)].map((it) =>
    recordFetch(fetch, it, { mode: 'new', name: 'hello' }),
  );
  const first = one?.(url, ask('same'));
  const firstAsked = await next(1);
  const second = two?.(url, ask('same'));
  (await next(2))?.answer('second');
  await second?.then((it) => it.text());
  firstAsked?.answer('first');
  await first?.then((it) => it.text());
  assert.deepEqual(await replayed(folder, 2), ['first', 'second']);
});

test('a name that is held is given to nobody else: not in another case, not as a number, and not under another path', async (t) => {
  const folder = await scratch(t);
  const { fetch, next } = startAnswering();
  const open = async (count: number, name?: string, to = url) => {
    const record = recordFetch(fetch, folder, { mode: 'new', name });
    const response = record(to, ask('same'));
    const asked = await next(count);
    return async () => {
      asked?.answer('here');
      await read(response);
      return (await record.settled())[0]?.stored;
    };
  };
  const ends = [
    await open(1, 'Hello'),
    await open(2, 'hello'),
    await open(3, 'hello-2'),
    await open(4, undefined, 'http://x/v1/other'),
  ];
  const names: unknown[] = [];
  for (const end of ends.reverse()) names.unshift(await end());
  assert.deepEqual(names, ['Hello', 'hello-2', 'hello-2-2', 'other']);
});

test('a name is free again when its exchange has been deleted, and when its request has failed', async (t) => {
  const folder = await scratch(t);
  const { fetch, next } = startAnswering();
  const record = recordFetch(fetch, folder, { mode: 'new', name: 'hello' });
  const failing = record(url, ask('same'));
  (await next(1))?.fail(new TypeError('fetch failed'));
  await assert.rejects(failing, TypeError);
  for (const count of [2, 3]) {
    const response = record(url, ask('same'));
    (await next(count))?.answer(`answer ${count}`);
    await read(response);
    assert.deepEqual((await readdir(folder)).sort(), ['hello.body.txt', 'hello.json']);
    if (count === 2) for (const file of await readdir(folder)) await rm(join(folder, file));
  }
});

test('two proxies with one folder and one name: each exchange has its own head and body', async (t) => {
  const folder = await scratch(t);
  const upstream = await startEcho(t);
  const proxies = await Promise.all(
    [1, 2].map(() => startRecordingProxy({ upstream, folder, name: 'same' })),
  );
  const contents = contentsFor('proxy', 60);
  await Promise.all(
    contents.map(async (content, index) => {
      const proxy = proxies[index % 2];
      await (await fetch(`${proxy?.url}/v1/chat/completions`, ask(content))).text();
    }),
  );
  for (const proxy of proxies) {
    assert.equal((await proxy.settled()).length, 30);
    await proxy.close();
  }
  assert.deepEqual(await contentsOf(folder), contents.sort());
});

test('a process that ends right after [DONE] has kept its recording', async (t) => {
  const folder = await scratch(t);
  const url = `${await startEcho(t)}/v1/chat/completions`;
  await run(t, { url, folder, contents: ['short life'], exit: true });
  assert.deepEqual(await contentsOf(folder), ['short life']);
});

test('on a full disk the client gets an error, other exchanges stay, and nothing is left over', {
  skip: process.platform === 'win32' && 'there is no ulimit there',
}, async (t) => {
  const folder = await scratch(t);
  // No file may have more than 8 KiB.
  const url = `${await startEcho(t, (content) => `data: "${content}"\n\n`)}/v1/chat/completions`;
  const options = { mode: 'new', name: 'hello' };
  await run(t, { url, folder, contents: ['old'], options });
  const tooMuch = 'x'.repeat(9000);
  const lines = await run(t, { url, folder, contents: [tooMuch], options }, 'ulimit -f 8;');
  assert.match(lines.join('\n'), /failed Error: not recorded: EFBIG/);
  assert.deepEqual(await contentsOf(folder), ['old']);
  assert.deepEqual((await readdir(folder)).sort(), ['hello.json', 'hello.sse']);
});

test('names that differ by case only get a number each', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'Hello');
  const url = `${await startEcho(t)}/v1/chat/completions`;
  const record = recordFetch(fetch, folder, { mode: 'new', name: 'hello' });
  await (await record(url, ask('small'))).text();
  const [outcome] = await record.settled();
  assert.equal(outcome?.stored, 'hello-2');
});
