import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFolder } from '../../../src/cli/fixtures/check-folder.ts';
import { nameAfterPath } from '../../../src/replay/exchange/names.ts';
import {
  recordFetch,
  replayFetch,
  startRecordingProxy,
  startReplayServer,
} from '../../../src/replay/index.ts';
import { ask, scratch, startServer, write } from '../helpers.ts';

// Fixtures of somebody else, requests that nobody would send, names that some system does not take.

const url = 'http://127.0.0.1:1/v1/chat/completions';

test('links in a folder do not lead out of it, by replayFetch and by the server', async (t) => {
  const outside = await scratch(t);
  await write(outside, 'secret', { content: 'private' });
  for (const [linked, from] of [
    ['a.sse', 'secret.sse'],
    ['a.json', 'secret.json'],
  ] as const) {
    const folder = await scratch(t);
    await write(folder, 'a');
    await writeFile(join(folder, 'secret.sse'), 'public');
    await rm(join(folder, linked));
    await symlink(join(outside, from), join(folder, linked));
    await assert.rejects(async () => (await replayFetch(folder)(url, ask())).text(), {
      message: /is a link that leads out of/,
    });
    const answer = await startReplayServer(folder).then(
      async (server) => {
        t.after(() => server.close());
        return (await fetch(`${server.url}/v1/chat/completions`, ask())).text();
      },
      (error: Error) => error.message,
    );
    assert.match(answer, /is a link that leads out of/);
  }
});

test('a pipe in a folder is refused at once, as a head and as a body, by every reader', {
  skip: process.platform === 'win32' && 'Windows has no such files',
}, async (t) => {
  for (const file of ['a.json', 'a.sse']) {
    const folder = await scratch(t);
    await write(folder, 'a');
    await rm(join(folder, file));
    execFileSync('mkfifo', [join(folder, file)]);
    const refused = new RegExp(`${file.replace('.', '\\.')} is no regular file`);
    await assert.rejects(async () => (await replayFetch(folder)(url, ask())).text(), {
      message: refused,
    });
    assert.match((await checkFolder(folder)).problems.join('\n'), refused);
    const answer = await startReplayServer(folder).then(
      async (server) => {
        t.after(() => server.close());
        return (await fetch(`${server.url}/v1/chat/completions`, ask())).text();
      },
      (error: Error) => error.message,
    );
    assert.match(answer, refused);
  }
});

test('links to folders are not followed, and links within the folder work', async (t) => {
  const outside = await scratch(t);
  await write(outside, 'secret');
  const folder = await scratch(t);
  await mkdir(join(folder, 'inside'));
  await write(join(folder, 'inside'), 'b', { content: 'body' });
  await write(folder, 'a', { response: { body: 'link.sse' } });
  await rm(join(folder, 'link.sse'));
  await symlink(join('inside', 'b.sse'), join(folder, 'link.sse'));
  await symlink(outside, join(folder, 'linked'));
  const replay = replayFetch(folder);
  assert.deepEqual(replay.unused(), ['a', 'inside/b']);
  assert.equal(await (await replay(url, ask())).text(), 'body');
});

const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

test('JSON that is nested 20,000 levels deep is not recorded, and hurts no server', async (t) => {
  const folder = await scratch(t);
  const origin = await startServer(t, (request, response) => request.pipe(response));
  const post: RequestInit = { method: 'POST', body: deep };
  const record = recordFetch(fetch, folder, { mode: 'new' });
  await assert.rejects(async () => (await record(`${origin}/v1/x`, post)).text(), {
    message: /^not recorded: Maximum call stack size exceeded/,
  });
  assert.deepEqual(await readdir(folder), []);
  await write(folder, 'a');
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  assert.equal((await fetch(`${server.url}/v1/x`, post)).status, 404);
  assert.equal((await fetch(`${server.url}/v1/chat/completions`, post)).status, 404);
  assert.equal((await fetch(`${server.url}/v1/chat/completions`, ask())).status, 200);
});

const paths: [path: string, name: string][] = [
  ['/v1/chat/completions', 'chat-completions'],
  ['/api/v1/models?x=1', 'api-v1-models'],
  ['/', 'root'],
  ['/v1/..%2f..%2fetc', '2f..-2fetc'],
  ['/x.body', 'x-body'],
  ['/v1/con', 'path-con'],
  ['/v1/Aux.json', 'path-Aux.json'],
  ['/v1/.hidden', 'hidden'],
  ['/v1/a.', 'a'],
  [`/${'x'.repeat(5000)}`, 'x'.repeat(100)],
];
for (const [path, name] of paths) {
  test(`an exchange of ${path.slice(0, 30)} is called ${name.slice(0, 20)}`, () => {
    assert.equal(nameAfterPath(path), name);
  });
}

test('a path that ends in .body is recorded, and found again', async (t) => {
  const folder = await scratch(t);
  const origin = await startServer(t, (_, response) => response.end('{}'));
  await (await recordFetch(fetch, folder, { mode: 'new' })(`${origin}/x.body`)).text();
  assert.deepEqual((await readdir(folder)).sort(), ['x-body.body.txt', 'x-body.json']);
  assert.equal(await (await replayFetch(folder)(`${origin}/x.body`)).text(), '{}');
});

for (const name of ['CON', 'com1.txt', '../x', 'a.body', '', '-x', '.x', 'x'.repeat(101)]) {
  const message = /^the name '.*' does not fit a file on every system: give up to 100 letters/;
  test(`the name '${name.slice(0, 20)}' is refused in words, by both recorders`, async (t) => {
    assert.throws(() => recordFetch(fetch, '.', { name }), { name: 'TypeError', message });
    const options = { upstream: 'http://127.0.0.1:1', folder: await scratch(t), name };
    await assert.rejects(startRecordingProxy(options), { name: 'TypeError', message });
  });
}

test('a query that encodes nothing, and a choice that does, are reported', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a');
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  assert.equal((await fetch(`${server.url}/v1/chat/completions?x=%zz`, ask())).status, 404);
  assert.equal((await fetch(`${server.url}/%zz/v1/chat/completions`, ask())).status, 400);
});
