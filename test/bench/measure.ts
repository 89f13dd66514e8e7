/**
 * The child process: measures one program in one way, and prints the result as JSON.
 * `node measure.js KIND PROGRAM …`
 */
import type { Fetch, Program } from './programs/program.ts';
import { bigEvent, readsOf, replyFetch, respond, type Shape, textOf } from './replies.ts';

/** The microseconds of CPU, of all threads, that some work takes. */
async function cpu(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const load = async (name: string): Promise<Program> =>
  (await import(new URL(`programs/${name}.js`, import.meta.url).href)).program;

/** Runs a program, and makes sure that it has done the work. */
async function check(program: Program, fetch: Fetch, text: string): Promise<void> {
  const got = await program(fetch);
  if (got !== text) throw new Error(`the text differs: ${got.length} of ${text.length}`);
}

const kinds: Record<string, (...args: string[]) => Promise<unknown>> = {
  /** CPU per delta, warm. */
  async delta(name = '', shape = '', deltas = '', streams = '') {
    const program = await load(name);
    const length = Number(deltas);
    const fetch = replyFetch(shape as Shape, length);
    const text = textOf(length);
    for (let nth = 0; nth < 3; nth++) await check(program, fetch, text);
    const used = await cpu(async () => {
      for (let nth = 0; nth < Number(streams); nth++) await check(program, fetch, text);
    });
    return used / (length * Number(streams));
  },

  /** CPU per delta of the first reply of a process. */
  async unwarmed(name = '', shape = '', deltas = '') {
    const program = await load(name);
    const length = Number(deltas);
    const [fetch, text] = [replyFetch(shape as Shape, length), textOf(length)];
    return (await cpu(() => check(program, fetch, text))) / length;
  },

  /** Import, then the first stream, in a fresh process. */
  async start(name = '') {
    const text = textOf(20);
    const fetch = replyFetch('event', 20);
    await (await fetch('')).text(); // what the runtime loads for the first response is nobody's
    const rss = process.memoryUsage.rss();
    let program: Program | undefined;
    const importing = await cpu(async () => {
      program = await load(name);
    });
    const loaded = process.memoryUsage.rss();
    const first = await cpu(async () => program && check(program, fetch, text));
    return { importing, first, rss: loaded - rss };
  },

  /** A process that starts, gets one answer of 500 deltas and is done: µs of CPU and ms, since it was born. */
  async cold(name = '') {
    const program = await load(name);
    await check(program, replyFetch('event', 500), textOf(500));
    const { user, system } = process.cpuUsage();
    return { cpu: user + system, ms: performance.now() };
  },

  /** From the call to the request, and from the first token's bytes to its text; warm, in ms. */
  async token(name = '') {
    const program = await load(name);
    const times: number[] = [];
    for (let nth = 0; nth < 2500; nth++) {
      let called = 0;
      let asked = 0;
      let sent = 0;
      let heard = 0;
      const reads = readsOf('event', 5);
      let read = 0;
      const fetch: Fetch = async () => {
        asked = performance.now();
        return respond(() => {
          if (read++ === 1) sent = performance.now();
          return reads();
        });
      };
      called = performance.now();
      await program(fetch, () => {
        heard ||= performance.now();
      });
      if (nth >= 500) times.push(asked - called + (heard - sent));
    }
    return median(times);
  },

  /** One event of 16 MiB: seconds, the middle of three. */
  async big(name = '') {
    const program = await load(name);
    await program(replyFetch('64k', 100));
    const size = 16 * 2 ** 20;
    const times: number[] = [];
    for (let nth = 0; nth < 3; nth++) {
      const next = bigEvent(size);
      const started = performance.now();
      const text = await program(async () => respond(next));
      if (text.length !== size) throw new Error('the text differs');
      times.push((performance.now() - started) / 1000);
    }
    return median(times);
  },

  /** CPU for a reply of so many deltas, in µs. */
  async length(name = '', shape = '', deltas = '') {
    const program = await load(name);
    for (let nth = 0; nth < 3; nth++) await program(replyFetch(shape as Shape, 10_000));
    const fetch = replyFetch(shape as Shape, Number(deltas));
    return cpu(() => program(fetch));
  },

  /** Many streams at once: CPU per delta, and bytes per stream in the middle and after the end. */
  async streams(name = '', count = '', deltas = '') {
    const program = await load(name);
    const length = Number(deltas);
    for (let nth = 0; nth < 2000; nth++) await program(replyFetch('event', length));
    const gates: (() => void)[] = [];
    const before = heldBytes();
    let during = 0;
    const results: string[] = [];
    const watch = process.cpuUsage();
    let collecting = 0;
    {
      const running = Array.from({ length: Number(count) }, async () => {
        const reads = readsOf('event', length);
        let read = 0;
        const fetch: Fetch = async () =>
          new Response(
            new ReadableStream({
              async pull(controller) {
                // Half-way, every stream waits for the others.
                if (read++ === length / 2)
                  await new Promise<void>((resolve) => gates.push(resolve));
                const bytes = reads();
                if (bytes === undefined) controller.close();
                else controller.enqueue(bytes);
              },
            }),
            { headers: { 'content-type': 'text/event-stream' } },
          );
        results.push(await program(fetch));
      });
      while (gates.length < Number(count)) await new Promise((resolve) => setTimeout(resolve, 10));
      // The collections that only the look at the memory asks for are not the program's.
      collecting = await cpu(async () => {
        during = heldBytes();
      });
      for (const open of gates.splice(0)) open();
      await Promise.all(running);
    }
    const { user, system } = process.cpuUsage(watch);
    const used = user + system - collecting;
    const text = results.length > 0 ? (results[0]?.length ?? 0) : 0;
    results.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const after = heldBytes();
    return {
      cpu: used / (Number(count) * length),
      during: (during - before) / Number(count),
      after: (after - before) / Number(count),
      text,
    };
  },
};

/** What lives on the heap and beside it, after a full collection. */
function heldBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const [kind = '', ...args] = process.argv.slice(2);
console.log(JSON.stringify(await kinds[kind]?.(...args)));
process.exit();
