/** Time is linear in the bytes: twice as much of what a server may send costs at most twice the processor time, and a bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatReply, streamChat } from '../../../src/index.ts';
import { chunk, fakeServer, frames } from '../streams.ts';

/** What twice the input may cost, the collector's work included. A cost that grows with the square is four times as much. */
const MOST_GROWTH = 3;

/** A busy machine makes some runs dearer, so the cheapest of these count; a square looks linear in none of them. */
const TRIES = 8;

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const done = frames('[DONE]');
const content = (text: string) => frames(chunk({ content: text }));

async function readAll(reply: ChatReply): Promise<void> {
  for await (const _ of reply.events());
}

/** Awaits the result in mid-loop, as a program may that wants the whole first. */
async function readBehindResult(reply: ChatReply): Promise<void> {
  for await (const _ of reply) await reply.result;
}

interface Case {
  what: string;
  /** The reads of a body with `n` of it. */
  reads: (n: number) => string[];
  n: number;
  read?: (reply: ChatReply) => Promise<void>;
}

/** A chunk with a fragment of the first call. */
const callOf = (called: object) => chunk({ tool_calls: [{ index: 0, function: called }] });

const cases: Case[] = [
  {
    what: 'items of `tool_calls` in one event',
    reads: (n) => [frames(chunk({ tool_calls: Array(n).fill(0) })), done],
    n: 50_000,
  },
  {
    what: 'deltas that wait for a reader who awaits the result',
    reads: (n) => [content('word ').repeat(n), done],
    n: 30_000,
    read: readBehindResult,
  },
  {
    what: 'quoted marks in one delta',
    reads: (n) => [content("'</think>' ".repeat(n)), done],
    n: 80_000,
  },
  {
    what: 'blocks of reasoning in one delta',
    reads: (n) => [content('<think>a</think>'.repeat(n)), done],
    n: 80_000,
  },
  {
    what: 'tokens of harmony in one delta',
    reads: (n) => [content(`<|channel|>final<|message|>${'<|end|>a'.repeat(n)}`), done],
    n: 80_000,
  },
  {
    what: 'fragments that repeat the name and have no id',
    reads: (n) => [
      frames(callOf({ name: 'edit', arguments: '{"a":"' })),
      frames(callOf({ name: 'edit', arguments: '"},' })).repeat(n),
      done,
    ],
    n: 10_000,
  },
  {
    what: 'fragments that repeat the name behind arguments that are broken',
    reads: (n) => [
      frames(callOf({ name: 'edit', arguments: JSON.stringify({ a: 'x'.repeat(20 * n) }) })),
      frames(callOf({ arguments: '{}' })),
      frames(callOf({ name: 'edit', arguments: '{}' })).repeat(n),
      done,
    ],
    n: 5000,
  },
  {
    what: 'quotation marks in a word, and more of them beside it',
    reads: (n) => [
      frames({ ...chunk({ content: '"'.repeat(n) }), x: `${'"'.repeat(2 * n)}z` }),
      done,
    ],
    n: 40_000,
  },
];

for (const { what, reads, n, read = readAll } of cases) {
  test(`${what}: twice as many cost about twice as much`, async () => {
    const [once, twice] = [reads(n), reads(2 * n)];
    const cost = (body: readonly string[]) =>
      cpuMs(() => read(streamChat({ messages: [] }, { fetch: fakeServer(body).fetch })));
    await cost(once);
    const costs = { once: Infinity, twice: Infinity };
    for (let nth = 0; nth < TRIES && !(costs.twice / costs.once <= MOST_GROWTH); nth++) {
      costs.once = Math.min(costs.once, await cost(once));
      costs.twice = Math.min(costs.twice, await cost(twice));
    }
    const growth = costs.twice / costs.once;
    assert.ok(growth <= MOST_GROWTH, `grows by ${growth}`);
  });
}
