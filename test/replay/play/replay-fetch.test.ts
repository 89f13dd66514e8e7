import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { streamChat } from '../../../src/index.ts';
import { sha256 } from '../../../src/replay/exchange/folder.ts';
import { storeAgain } from '../../../src/replay/exchange/store.ts';
import { modelReply, readExchange, replayFetch } from '../../../src/replay/index.ts';
import {
  allFixtures,
  ask,
  fixtures,
  readBody,
  readFixture,
  scratch,
  sizesOf,
  textOf,
  write,
} from '../helpers.ts';

const url = 'http://127.0.0.1:1234/v1/chat/completions';
const hello = await readFixture('llama.cpp-2026/hello');
const aborted = await readFixture('llama.cpp-2026/client-abort');
const killed = await readFixture('llama.cpp-2026/server-killed-mid-stream');

/** How many timers the process waits for. (The types that the project has are older than this.) */
const { getActiveResourcesInfo } = process as unknown as { getActiveResourcesInfo(): string[] };
const timers = () => getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('every fixture: the same status, headers, bytes and chunk boundaries', async () => {
  for (const exchange of await allFixtures()) {
    if (exchange.end === 'client-abort') continue;
    const { status, headers } = exchange.response;
    const response = await replayFetch(exchange)(url);
    assert.equal(response.status, status, exchange.name);
    assert.deepEqual(Object.fromEntries(response.headers), headers);
    const { chunks, error } = await readBody(response);
    assert.equal(error === undefined, exchange.end === 'complete', exchange.name);
    const whole = new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
    assert.deepEqual(whole, new Uint8Array(await exchange.readBody()));
    if (exchange.chunks)
      assert.deepEqual(
        sizesOf(chunks),
        exchange.chunks.map(([, bytes]) => bytes),
      );
  }
});

test('a folder answers by method, path and body, however fetch is called', async () => {
  const fetch = replayFetch(join(fixtures, 'llama.cpp-2026'));
  const init = { method: 'POST', body: JSON.stringify(hello.request.body) };
  for (const call of [
    () => fetch(url, init),
    () => fetch(new URL(url), init),
    () => fetch(new Request(url, init)),
    () => fetch(url, { ...init, method: 'post', body: new TextEncoder().encode(init.body) }),
  ]) {
    assert.equal((await (await call()).arrayBuffer()).byteLength, hello.response.bytes);
  }
  assert.equal((await fetch('http://localhost/v1/models')).status, 200);
});

test('a miss rejects, showing the nearest exchange', async () => {
  const fetch = replayFetch(join(fixtures, 'llama.cpp-2026'));
  await assert.rejects(fetch(url, ask('Say hello!')), {
    name: 'ReplayMiss',
    message: / Nearest: /,
  });
});

test('equal requests get their exchanges in order, even at once', async (t) => {
  const folder = await scratch(t);
  for (const name of ['a', 'a-2', 'a-3']) await write(folder, name, { content: name });
  const fetch = replayFetch(folder);
  const texts = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url, ask())).text()));
  assert.deepEqual(texts, ['a', 'a-2', 'a-3', 'a-3']);
});

test('a broken connection gives every byte before it, then fails as Node does', async () => {
  const { chunks, error } = await readBody(await replayFetch(killed)(url));
  assert.equal(
    sizesOf(chunks).reduce((sum, size) => sum + size),
    killed.response.bytes,
  );
  assert.ok(error instanceof TypeError);
  assert.equal(error.message, 'terminated');
  assert.ok(error.cause instanceof Error && 'code' in error.cause);
  assert.equal(error.cause.code, 'UND_ERR_SOCKET');
});

test('what the client left stays open after its last byte, until the reader leaves or aborts', async () => {
  const reader = (await replayFetch(aborted)(url)).body?.getReader();
  assert.ok(reader);
  let bytes = 0;
  while (bytes < Number(aborted.response.bytes)) bytes += (await reader.read()).value?.length ?? 0;
  const open = reader.read();
  const first = await Promise.race([open, new Promise((done) => setImmediate(done, 'still open'))]);
  assert.equal(first, 'still open');
  await reader.cancel();
  assert.equal((await open).done, true);
});

test('an abort rejects with its reason: before the call, during the wait, in the body', async () => {
  const reason = new Error('mine');
  await assert.rejects(replayFetch(hello)(url, { signal: AbortSignal.abort(reason) }), reason);

  for (const options of [{}, { status: 503 }]) {
    const leaving = new AbortController();
    const call = replayFetch(hello, options)(url, { signal: leaving.signal });
    leaving.abort(reason);
    await assert.rejects(call, reason);

    const waiting = new AbortController();
    const delayed = { ...options, firstDelay: 1e9 };
    const waitingCall = replayFetch(hello, delayed)(url, { signal: waiting.signal });
    setImmediate(() => waiting.abort(reason));
    await assert.rejects(waitingCall, reason);
  }

  for (const speed of ['instant', 1e-6] as const) {
    const reading = new AbortController();
    const response = await replayFetch(aborted, { speed })(url, { signal: reading.signal });
    setImmediate(() => reading.abort(reason));
    assert.equal((await readBody(response)).error, reason);
  }
  assert.equal(timers(), 0);
});

test('an abort between two reads rejects the next one, even if no more bytes would come', async () => {
  const leaving = new AbortController();
  const cut = { at: 222, then: 'hang' } as const;
  const response = await replayFetch(hello, { cut })(url, { signal: leaving.signal });
  const reader = response.body?.getReader();
  assert.equal((await reader?.read())?.value?.length, 222);
  const reason = new Error('mine');
  leaving.abort(reason);
  await assert.rejects(async () => reader?.read(), reason);
});

test('a reader that leaves in the middle of the waiting leaves no timer', async () => {
  const response = await replayFetch(hello, { speed: 1e-6 })(url);
  const reader = response.body?.getReader();
  const read = reader?.read();
  await new Promise(setImmediate);
  await reader?.cancel();
  assert.equal((await read)?.done, true);
  assert.equal(timers(), 0);
});

test('cuts: the bytes before it arrive, then a reset, a clean end or silence', async () => {
  const run = (then: 'reset' | 'close') => replayFetch(hello, { cut: { at: 300, then } })(url);
  const reset = await readBody(await run('reset'));
  assert.deepEqual(sizesOf(reset.chunks), [222, 78]);
  assert.equal(String(reset.error), 'TypeError: terminated');
  const close = await readBody(await run('close'));
  assert.deepEqual([sizesOf(close.chunks), close.error], [[222, 78], undefined]);
  const leaving = new AbortController();
  const hang = await replayFetch(hello, { cut: { at: 222, then: 'hang' } })(url, {
    signal: leaving.signal,
  });
  const read = readBody(hang);
  setImmediate(() => leaving.abort());
  assert.deepEqual(sizesOf((await read).chunks), [222]);
});

test('byte by byte and at seeded places the bytes are the same', async () => {
  const whole = textOf([await hello.readBody()]);
  for (const rechunk of ['byte', 'frame', { seed: 7 }] as const) {
    const { chunks } = await readBody(await replayFetch(hello, { rechunk })(url));
    assert.equal(textOf(chunks), whole);
    if (rechunk === 'byte') assert.equal(chunks.length, hello.response.bytes);
  }
});

test('nothing is read ahead of the reader', async () => {
  const response = await replayFetch(hello)(url);
  const reader = response.body?.getReader();
  for (const [, bytes] of hello.chunks ?? []) {
    assert.equal((await reader?.read())?.value?.length, bytes);
    await new Promise(setImmediate);
  }
  assert.equal((await reader?.read())?.done, true);
});

test('a reader that changes its bytes does not change the next replay', async () => {
  const fetch = replayFetch(hello);
  for (const chunk of (await readBody(await fetch(url))).chunks) chunk.fill(0);
  assert.equal(textOf((await readBody(await fetch(url))).chunks), textOf([await hello.readBody()]));
});

test('a status without a body, and HEAD, have none', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'none', { response: { status: 204, body: 'none.body.txt' }, content: '' });
  const none = await replayFetch(join(folder, 'none'))(url);
  assert.deepEqual([none.status, none.body], [204, null]);
  const head = await replayFetch(hello)(url, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, null]);
});

test('a broken fixture rejects the call, naming the file', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a', { response: { body: 'a.sse', bytes: 1 } });
  await assert.rejects(replayFetch(folder)(url, ask()), {
    message: /a\.json: response\.bytes says 1/,
  });
  const exchange = await readExchange(join(folder, 'a.json'));
  await assert.rejects(replayFetch(exchange)(url), { message: /a\.json: response\.bytes/ });
  await writeFile(join(folder, 'b.json'), '{');
  await assert.rejects(replayFetch(folder)(url, ask()), { message: /b\.json: not JSON/ });
});

test('what another process has recorded anew is answered as it is now, and not taken for an edited file', async (t) => {
  const folder = await scratch(t);
  const content = new TextEncoder().encode('data: old\n\n');
  await write(folder, 'hello', {
    content,
    response: { bytes: content.length, sha256: sha256(content) },
  });
  const replaying = replayFetch(folder);
  // Its first call reads the heads.
  await assert.rejects(replaying('http://x/v1/nothing'), { code: 'replay-miss' });
  const {
    name: _,
    file: __,
    readBody: ___,
    ...head
  } = await readExchange(join(folder, 'hello.json'));
  const body = new TextEncoder().encode('data: new, and longer\n\n');
  const response = { ...head.response, bytes: body.length, sha256: sha256(body) };
  storeAgain({ folder, name: 'hello', head: { ...head, response }, body });
  const answer = await replaying('http://x/v1/chat/completions', ask());
  assert.equal(await answer.text(), 'data: new, and longer\n\n');
});

test('a wrong option throws at once', () => {
  assert.throws(() => replayFetch(hello, { speed: -1 }), TypeError);
});

test('streamChat says that a miss and a missing folder are a replay, not a server that cannot be reached', async () => {
  const messages = [{ role: 'user', content: 'nobody has asked this' }];
  const ways: [source: string, code: string, message: RegExp][] = [
    [join(fixtures, 'lmstudio'), 'replay-miss', /\/v1 is replayed: No recording matches POST/],
    ['/no/such/folder', 'replay-folder', /\/v1 is replayed: There is no folder '.*folder'/],
  ];
  for (const [source, code, message] of ways) {
    const reply = streamChat({ messages }, { fetch: replayFetch(source) });
    await assert.rejects(async () => reply.result, { name: 'ChatError', code, message });
  }
});

test('a paced replay keeps to the timers that a test has put in place of the real ones', async (t) => {
  const reply = modelReply({ text: 'a b c', tokensPerSecond: 0.01 });
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const reader = (await replayFetch(reply, { speed: 1 })(url)).body?.getReader();
  // Six pieces, of which the last three come with the third one. The pauses are long, because real time counts as well.
  for (const _ of [1, 2, 3]) {
    let hasCome = false;
    const next = reader?.read().then(() => {
      hasCome = true;
    });
    await new Promise(setImmediate);
    t.mock.timers.tick(90_000);
    await new Promise(setImmediate);
    assert.equal(hasCome, false);
    t.mock.timers.tick(10_000);
    await next;
  }
  while (!(await reader?.read())?.done);
});
