/**
 * Recorded exchanges, damaged in every way that a network and a server can think of.
 * `FUZZ_RUNS=20000 npm test -- test/conformance/fuzz.test.ts` makes it long; a failure names its seed, and
 * `FUZZ_SEED=… FUZZ_RUNS=1` repeats it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { streamChat } from '../../src/index.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

/** No stream of this test has a reason to take this long. */
const HANG_MS = 20_000;

/** A number generator that a seed repeats: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

interface Recording {
  name: string;
  status: number;
  contentType: string;
  bytes: Buffer;
  /** It is of this client's API, and not of one of the others that the kit has recordings of. */
  isChat: boolean;
}

const folder = new URL('../../fixtures/', import.meta.url);
const recordings: Recording[] = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.json') && !name.endsWith('.body.json'))
  .sort()
  .map((name) => {
    const file = new URL(name.replaceAll('\\', '/'), folder);
    const { request, response } = JSON.parse(readFileSync(file, 'utf8'));
    return {
      name,
      status: response.status,
      contentType: response.headers['content-type'] ?? '',
      bytes: readFileSync(new URL(response.body, file)),
      isChat: request.path === '/v1/chat/completions',
    };
  });
const streams = recordings.filter(
  ({ isChat, bytes }) => isChat && bytes.includes('"delta"') && !bytes.includes('"error"'),
);

type End = 'close' | 'error' | 'hang';

/** What came of one stream, but for what the clock says. */
interface Outcome {
  events: unknown[];
  text: string;
  verdict?: string | undefined;
  error?: { name: string; kind: unknown; message: string };
  listeners: number;
}

/** Streams these bytes in these reads, and aborts once all were read where the body then hangs. */
async function stream(
  { status, contentType }: Recording,
  bytes: Uint8Array,
  reads: readonly number[],
  end: End,
): Promise<Outcome> {
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  let at = 0;
  let nth = 0;
  let fail: (reason: unknown) => void = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(to) {
        fail = (reason) => to.error(reason);
      },
      pull(to) {
        if (at < bytes.length) {
          const next = at + (reads[nth++] ?? bytes.length);
          to.enqueue(bytes.subarray(at, next));
          at = next;
        } else if (end === 'close') to.close();
        else if (end === 'error') to.error(new TypeError('terminated'));
        else {
          controller.abort(new Error('given up'));
          return new Promise(() => {});
        }
      },
    },
    { highWaterMark: 0 },
  );
  const reply = streamChat(
    { messages: [] },
    {
      signal: controller.signal,
      fetch: async (_url, { signal: inner }) => {
        inner?.addEventListener('abort', () => fail(inner.reason));
        return new Response(body, { status, headers: { 'content-type': contentType } });
      },
    },
  );
  const events: unknown[] = [];
  const outcome = (more: Partial<Outcome>): Outcome => ({
    events,
    text: reply.soFar.text,
    ...more,
    listeners: listeners(),
  });
  try {
    for await (const event of reply.events()) {
      if (event.type !== 'finish') events.push(event);
    }
    const { verdict, text } = await reply.result;
    return outcome({ verdict, text });
  } catch (error) {
    assert.ok(error instanceof Error);
    const kind = 'kind' in error ? error.kind : undefined;
    return outcome({ error: { name: error.name, kind, message: error.message } });
  }
}

/** Counts the listeners that a signal has at the moment. */
function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    count++;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    count--;
    Reflect.apply(removeEventListener, signal, args);
  };
  return () => count;
}

type Random = (below: number) => number;

/** A range of up to `most` bytes. */
function range(bytes: Buffer, random: Random, most: number): [from: number, to: number] {
  const from = random(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random(most))];
}

const damages: Record<string, (bytes: Buffer, random: Random) => Buffer> = {
  truncate: (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  delete(bytes, random) {
    const [from, to] = range(bytes, random, 400);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  duplicate(bytes, random) {
    const [from, to] = range(bytes, random, 2000);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  corrupt(bytes, random) {
    const damaged = Buffer.from(bytes);
    for (let left = 1 + random(5); left > 0; left--) damaged[random(damaged.length)] = random(256);
    return damaged;
  },
  insert(bytes, random) {
    const [at] = range(bytes, random, 1);
    const pieces = [
      '\n',
      '\r',
      '\n\n',
      '\0',
      '{',
      '}',
      '"',
      ': ping\n\n',
      'data: ',
      'error: x\n\n',
    ];
    const piece = Buffer.from(pieces[random(pieces.length)] ?? '');
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  join(bytes, random) {
    const other = recordings[random(recordings.length)]?.bytes ?? bytes;
    const [at] = range(bytes, random, 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length))]);
  },
};

/** Reads of random sizes: single bytes, some dozens, or large ones. */
function randomReads(length: number, random: Random): number[] {
  const most = [1, 2, 40, 500, 20_000][random(5)] ?? 1;
  const reads: number[] = [];
  for (let sum = 0; sum < length; sum += reads.at(-1) ?? 1) reads.push(1 + random(most));
  return reads;
}

/** The text of the frames that are whole, by the plainest of readers. */
function plainText(bytes: Buffer): string {
  let text = '';
  let thought = false;
  for (const frame of bytes.toString().split('\n\n').slice(0, -1)) {
    if (!frame.startsWith('data: {')) continue;
    const { delta } = JSON.parse(frame.slice('data: '.length)).choices?.[0] ?? {};
    text += delta?.content ?? '';
    thought ||= Boolean(delta?.reasoning_content);
  }
  return thought ? text.replace(/^\n+/, '') : text;
}

/** No text of the frames that arrived whole may be missing. */
function keeps(text: string, { bytes }: Recording, intact: number, hint: string): void {
  if (plainText(bytes).startsWith('<think>')) return; // the plain reader knows no tags
  assert.ok(text.startsWith(plainText(bytes.subarray(0, intact))), `text was lost: ${hint}`);
}

/** How many bytes two buffers have in common at the start. */
function commonLength(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return length;
}

/** Where the server's word that the reply is whole is itself whole. */
function finishedAt(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  const found = [/"finish_reason":".*?\}(?=\n\n)/s, /data: \[DONE\]/].map((pattern) => {
    const match = pattern.exec(text);
    return match === null ? bytes.length + 1 : match.index + match[0].length;
  });
  return Math.min(...found);
}

/** Fails the run, with its seed, where the work takes for ever. */
async function bounded<T>(work: Promise<T>, what: string): Promise<T> {
  const settled = new AbortController();
  const hangs = sleep(HANG_MS, undefined, { signal: settled.signal }).then(() =>
    assert.fail(`hangs: ${what}`),
  );
  hangs.catch(() => {});
  try {
    return await Promise.race([work, hangs]);
  } finally {
    settled.abort();
  }
}

/** The timers that keep the process alive. */
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** Each run has a seed of its own, which its failure tells. */
async function fuzz(run: (random: Random, hint: string) => Promise<void>): Promise<void> {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    await run(randomOf(seed), `FUZZ_SEED=${seed} FUZZ_RUNS=1`);
  }
}

const some = <T>(list: readonly T[], random: Random): T => {
  const item = list[random(list.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

test('damaged in any way: the same bytes in any reads give the same events, and the text before the damage stays', async () => {
  const before = timers();
  await fuzz(async (random, seed) => {
    const recording = some(recordings, random);
    const chosen = Array.from({ length: 1 + random(3) }, () => some(Object.keys(damages), random));
    const bytes = chosen.reduce(
      (damaged, name) =>
        damaged.length > 0 ? (damages[name]?.(damaged, random) ?? damaged) : damaged,
      recording.bytes,
    );
    const end = some<End>(['close', 'error', 'hang'], random);
    const hint = `${seed} (${recording.name}: ${chosen.join(', ')}, ${end})`;
    const whole = await bounded(stream(recording, bytes, [], end), hint);
    const inReads = await bounded(
      stream(recording, bytes, randomReads(bytes.length, random), end),
      hint,
    );
    assert.deepEqual(inReads, whole, hint);
    assert.equal(whole.listeners, 0, `a listener is left on the signal: ${hint}`);
    if (whole.error !== undefined && whole.error.name !== 'ChatError') {
      assert.equal(end, 'hang', `${whole.error.name}: ${whole.error.message}: ${hint}`);
      assert.equal(whole.error.message, 'given up', hint);
    }
    if (!streams.includes(recording)) return;
    const same = commonLength(bytes, recording.bytes);
    keeps(whole.text, recording, same, hint);
  });
  // A finished body is given a moment to end by itself, on a busy machine a few.
  for (let moment = 0; moment < 20 && timers() > before; moment++) await sleep(400);
  assert.equal(timers(), before, 'timers are left behind');
});

test('cut before the server said that it was done: never complete, wherever it is cut', async () => {
  await fuzz(async (random, seed) => {
    const recording = some(streams, random);
    // Fewer bytes than `data: ` are no sign of a stream.
    const at = 6 + random(finishedAt(recording.bytes) - 6);
    const bytes = recording.bytes.subarray(0, at);
    const end = some<End>(['close', 'error'], random);
    const hint = `${seed} (${recording.name}, cut at ${at}, ${end})`;
    const { error, text } = await bounded(
      stream(recording, bytes, randomReads(at, random), end),
      hint,
    );
    assert.ok(error !== undefined, `reported complete: ${hint}`);
    assert.equal(error.kind, 'interrupted', `${error.message}: ${hint}`);
    keeps(text, recording, at, hint);
  });
});

test('other line ends, pings, empty events and ids change nothing', async () => {
  const lineEnds = ['\n', '\r\n', '\r'];
  const between = [': ping\n\n', ':\n\n', 'data:\n\n', 'id: 1\nretry: 5\n\n', '\n\n'];
  await fuzz(async (random, seed) => {
    const recording = some(streams, random);
    const lineEnd = some(lineEnds, random);
    const frames = recording.bytes.toString().split(/(?<=\n\n)/);
    const dressed = frames.map((frame) =>
      random(3) === 0 ? some(between, random) + frame : frame,
    );
    const bytes = Buffer.from(dressed.join('').replaceAll('\n', lineEnd));
    const hint = `${seed} (${recording.name}, ${JSON.stringify(lineEnd)})`;
    const plain = await bounded(stream(recording, recording.bytes, [], 'close'), hint);
    const got = await bounded(
      stream(recording, bytes, randomReads(bytes.length, random), 'close'),
      hint,
    );
    assert.deepEqual(got, plain, hint);
  });
});
