/**
 * Stream after stream over one connection pool, and no memory that grows with their number.
 * `SOAK_STREAMS=10000 npm test -- test/client/reply/soak.test.ts` is the long one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { streamChat } from '../../../src/index.ts';
import { nodeFetch } from '../../../src/node-fetch.ts';
import { startHttpServer } from '../../tools/http-server.ts';
import { chunk, frames, hello } from '../streams.ts';

const STREAMS = Number(process.env.SOAK_STREAMS ?? 900);

/** What stays of each stream grows the memory in every round; what is made once, such as compiled code, only in one. */
const ROUNDS = 3;

/** What may stay of a round: what a collection happens to leave, and less for a stream than any object of its own would take. */
const BYTES_OF_CHANCE = 300_000;
const BYTES_PER_STREAM = 100;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** What lives in memory, on the heap and beside it. */
async function held(): Promise<number> {
  await sleep(300); // a finished body is given a moment to end by itself
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Streams of every end, in turn: whole, left early, aborted, broken off, refused in words. */
const ways = ['whole', 'left', 'aborted', 'broken', 'error'] as const;

for (const [name, fetch] of [
  ['fetch', undefined],
  ['nodeFetch', nodeFetch],
] as const) {
  test(`${STREAMS} streams in a row leave nothing behind, over ${name}`, async () => {
    const server = await startHttpServer((request, response) => {
      request.resume();
      const way = String(request.headers['x-way']);
      if (way === 'error') return response.writeHead(400).end('{"error":"No models loaded"}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (way === 'whole') return response.end(hello);
      response.write(frames(chunk({ content: 'Hello' })), () => {
        if (way === 'broken') response.destroy();
      });
    });
    const baseURL = `${server.origin}/v1`;
    // One signal for all: what a stream leaves on it would stay.
    const { signal } = new AbortController();

    async function one(nth: number): Promise<void> {
      const way = ways[nth % ways.length] ?? 'whole';
      const controller = new AbortController();
      const reply = streamChat(
        { messages: [{ role: 'user', content: 'Hello' }] },
        {
          baseURL,
          headers: { 'x-way': way },
          signal: way === 'aborted' ? controller.signal : signal,
          ...(fetch && { fetch }),
        },
      );
      try {
        for await (const _ of reply) {
          if (way === 'left') break;
          controller.abort();
        }
        assert.ok(way === 'whole' || way === 'left', way);
      } catch (error) {
        assert.ok(error instanceof Error && error.name !== 'AssertionError', String(error));
      }
    }

    try {
      // The code is compiled and the pools are full before the first look.
      for (let nth = 0; nth < 300; nth++) await one(nth);
      const grown: number[] = [];
      for (let before = await held(), round = 0; round < ROUNDS; round++) {
        for (let nth = 0; nth < STREAMS / ROUNDS; nth++) await one(nth);
        const after = await held();
        grown.push(after - before);
        before = after;
      }
      const allowed = BYTES_OF_CHANCE + (BYTES_PER_STREAM * STREAMS) / ROUNDS;
      assert.ok(Math.min(...grown) < allowed, `bytes that stay of each round: ${grown}`);
    } finally {
      await server.close();
    }
  });
}

test('a reply that is kept keeps what it holds, and not the bytes that it came in', async () => {
  const padded = (content: string) => ({ ...chunk({ content }), pad: 'x'.repeat(2 ** 20) });
  const fetch = async () => new Response(frames(...['a', 'b', 'c'].map(padded), '[DONE]'));
  const kept: unknown[] = [];
  const before = await held();
  for (let nth = 0; nth < 20; nth++) {
    const reply = streamChat({ messages: [] }, { fetch });
    assert.equal((await reply.result).text, 'abc');
    kept.push(reply);
  }
  const bytes = (await held()) - before;
  assert.ok(bytes < 2 ** 19 * kept.length, `${bytes} bytes for ${kept.length} replies`);
});
