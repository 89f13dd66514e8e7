import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type AnyFetch,
  type Exchange,
  readExchange,
  recordFetch,
  replayFetch,
  startRecordingProxy,
  startReplayServer,
} from '../../../src/replay/index.ts';
import { allFixtures, fixtures, readBody, scratch } from '../helpers.ts';

/** Asks for an exchange as it was asked for when it was recorded, and reads it as far as it goes. */
async function askAgain(fetch: AnyFetch, base: string, { request, response, end }: Exchange) {
  const { method, path, headers, body } = request;
  const leaving = new AbortController();
  const got = await fetch(base + path, {
    method,
    headers,
    signal: leaving.signal,
    ...(body !== null && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (end !== 'client-abort') return readBody(got);
  const reader = got.body?.getReader();
  for (let bytes = 0; bytes < Number(response.bytes); )
    bytes += (await reader?.read())?.value?.length ?? 0;
  await reader?.cancel();
  leaving.abort();
}

/** An exchange without what differs in any other recording of it. */
async function comparable(
  { request, response, end }: Exchange,
  sizes: readonly number[] | undefined,
) {
  const { body: _, bytes: _bytes, sha256: _sha256, ...head } = response;
  return { request, response: head, end, sizes };
}

const sizesOf = async (exchange: Exchange) => exchange.chunks?.map(([, bytes]) => bytes);

for (const exchange of await allFixtures()) {
  test(`${exchange.name} is the same when it is replayed and recorded again`, async (t) => {
    const folder = await scratch(t);
    // Without chunks of its own, an exchange is sent a frame a chunk.
    const replay = replayFetch(exchange);
    await askAgain(
      recordFetch(replay, folder, { mode: 'new', name: 'again' }),
      'http://x',
      exchange,
    );
    const again = await readExchange(join(folder, 'again.json'));
    const sizes = (await sizesOf(exchange)) ?? (await sizesOf(again));
    assert.deepEqual(
      await comparable(again, await sizesOf(again)),
      await comparable(exchange, sizes),
    );
    assert.deepEqual(await again.readBody(), await exchange.readBody());
  });
}

test('every exchange is the same when it is served and recorded again over HTTP', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  for (const exchange of await allFixtures()) {
    const folder = await scratch(t);
    const upstream = `${server.url}/${exchange.name}`;
    let stored = () => {};
    const done = new Promise<void>((resolve) => {
      stored = resolve;
    });
    const proxy = await startRecordingProxy({ upstream, folder, name: 'again', onOutcome: stored });
    await askAgain(fetch, proxy.url, exchange);
    await done;
    await proxy.close();
    const again = await readExchange(join(folder, 'again.json'));
    // Where chunks end is up to the network here.
    assert.deepEqual(await comparable(again, []), await comparable(exchange, []), exchange.name);
    assert.deepEqual(await again.readBody(), await exchange.readBody());
  }
  assert.deepEqual(server.misses, []);
});
