/**
 * `npm run bench`: the cost of a stream, client by client. Writes BENCH.md.
 * `npm run bench -- --quick` prints this project against the raw loop in less than a minute, and writes nothing.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { countSteps, createProgress } from '../tools/progress.ts';
import { needNode } from '../tools/project.ts';
import { buildPrograms, sizes } from './build.ts';
import { type Figures, grown, report, type Streams } from './markdown.ts';
import { programs } from './programs.ts';
import { spread } from './spread.ts';

if (!process.argv.includes('--quick')) {
  needNode(24, 'Older ones are not supported by every client that is compared.');
}

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, rounds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? 7);
const child = fileURLToPath(new URL('dist/measure.js', import.meta.url));

/** A measurement that takes longer is not repeated as often as the others. */
const SLOW_MS = 40_000;

/** One measurement in a fresh process. */
const measure = <T>(...args: (string | number)[]): Promise<T> => runNode(child, ...args);

async function runNode<T>(...args: (string | number)[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, args.map(String));
  return JSON.parse(stdout);
}

/** Many streams at once, twice: for the CPU undisturbed, for the memory with collections. */
async function manyStreams(name: string, count: number): Promise<Streams> {
  const args = ['streams', name, count, 100];
  const { cpu } = await measure<Streams>(...args);
  const collected = await runNode<Streams>('--expose-gc', child, ...args);
  return { ...collected, cpu, cpuCollected: collected.cpu };
}

/**
 * Measures every name in turn, again and again, so that what disturbs the machine disturbs all alike. What is very slow is
 * measured twice.
 */
async function interleaved<T>(
  what: string,
  names: string[],
  one: (name: string) => Promise<T>,
  times = rounds,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(names.map((name) => [name, []]));
  const slow = new Set<string>();
  for (let round = 1; round <= times; round++) {
    for (const name of names) {
      if (slow.has(name) && round > 2) continue;
      const started = performance.now();
      const result = await one(name).catch((error) => {
        process.stderr.write(`${name}: ${error}\n`);
        return undefined;
      });
      if (result !== undefined) results.get(name)?.push(result);
      if (performance.now() - started > SLOW_MS) slow.add(name);
    }
    roundDone(`${what}, round ${round} of ${times}`);
  }
  return results;
}

/** µs of CPU per delta, warm. */
const perDelta = (shape: string, names: string[], times?: number) =>
  interleaved(
    `CPU per delta, ${shape}`,
    names,
    (name) => measure<number>('delta', name, shape, 10_000, 6),
    times,
  );

/** µs of CPU per delta, of the first ones that a process reads. */
const unwarmed = (shape: string, names: string[]) =>
  interleaved(`the first deltas, ${shape}`, names, (name) =>
    measure<number>('unwarmed', name, shape, 60_000),
  );

const lengths = [1e3, 1e4, 1e5, 1e6];
const counts = [1, 10, 100, 1000];
/** A reply of a million deltas takes long enough to be measured less often. */
const roundsOf = (length: number) => (length > 1e5 ? 3 : 5);
const allRounds =
  6 * rounds +
  2 * 5 +
  lengths.reduce((sum, length) => sum + roundsOf(length), 0) +
  counts.length * 5;
const roundDone = countSteps(values.quick ? 2 * 7 : allRounds, createProgress(process.stderr));

await buildPrograms();

if (values.quick) {
  for (const shape of ['event', '64k']) {
    const results = await perDelta(shape, ['raw', 'parser', 'ours'], 7);
    const [raw, parser, ours] = ['raw', 'parser', 'ours'].map((name) => spread(results.get(name)));
    if (raw === undefined || parser === undefined || ours === undefined) continue;
    console.log(
      `${shape}: raw ${raw.words} µs, raw + eventsource-parser ${parser.words} µs, streamChat ${ours.words} µs: ` +
        `${(ours.median / raw.median).toFixed(2)} x raw, ${(ours.median / parser.median).toFixed(2)} x with the parser`,
    );
  }
} else {
  const names = Object.keys(programs);
  const figures: Figures = {
    event: await perDelta('event', names),
    chunks: await perDelta('64k', names),
    firstEvent: await unwarmed('event', names),
    firstChunks: await unwarmed('64k', names),
    token: await interleaved('first token', names, (name) => measure('token', name)),
    start: await interleaved('start', names, (name) => measure('start', name)),
    cold: await interleaved('cold process', names, (name) => measure('cold', name), 5),
    big: await interleaved('16 MiB event', names, (name) => measure('big', name), 5),
    size: await sizes(),
    growth: new Map(),
    streams: new Map(),
  };
  for (const length of lengths) {
    figures.growth.set(
      length,
      await interleaved(
        `${length} deltas`,
        grown,
        (name) => measure('length', name, 'event', length),
        roundsOf(length),
      ),
    );
  }
  for (const count of counts) {
    figures.streams.set(
      count,
      await interleaved(
        `${count} streams`,
        count === 1000 ? names : grown,
        (name) => manyStreams(name, count),
        5,
      ),
    );
  }
  const text = report(figures);
  console.log(text);
  writeFileSync(new URL('BENCH.md', import.meta.url), text);
}
