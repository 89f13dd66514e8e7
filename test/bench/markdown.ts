import { cpus, release, totalmem, type } from 'node:os';
import { programs, versionOf } from './programs.ts';
import { spread } from './spread.ts';

/** What the start of a program costs: µs of CPU for its import and its first stream, and bytes of memory. */
export interface Start {
  importing: number;
  first: number;
  rss: number;
}

/** A process with one answer of 500 deltas: µs of CPU, and ms, since it was born. */
export interface Cold {
  cpu: number;
  ms: number;
}

/** Many streams at once: µs of CPU per delta; bytes per stream half-way and after; characters of text in each. */
export interface Streams {
  cpu: number;
  /** The same with a full collection before the streams begin and one half-way. */
  cpuCollected: number;
  during: number;
  after: number;
  text: number;
}

/** All that one run has measured, by program. */
export interface Figures {
  event: Map<string, number[]>;
  chunks: Map<string, number[]>;
  /** As these two, the first deltas of a process. */
  firstEvent: Map<string, number[]>;
  firstChunks: Map<string, number[]>;
  token: Map<string, number[]>;
  start: Map<string, Start[]>;
  cold: Map<string, Cold[]>;
  big: Map<string, number[]>;
  size: Map<string, number[]>;
  /** By the number of deltas. */
  growth: Map<number, Map<string, number[]>>;
  /** By the number of streams. */
  streams: Map<number, Map<string, Streams[]>>;
}

/** The cost sheet as Markdown. */
export function report(figures: Figures): string {
  return [
    introduction(),
    ...[
      perDelta,
      unwarmed,
      firstToken,
      start,
      coldProcess,
      sizes,
      bigEvent,
      manyStreams,
      growth,
    ].map((section) => section(figures)),
  ].join('\n\n');
}

const names = Object.keys(programs);
const titleOf = (name: string) => programs[name]?.title ?? name;

function introduction(): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`;
  const versions = names.flatMap((name) => {
    const packageName = programs[name]?.package;
    return packageName === undefined ? [] : [`${titleOf(name)} ${versionOf(packageName)}`];
  });
  return `# What a stream costs, client by client

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, ${machine}.
Do not edit it; run it again.
${versions.join(', ')}.

![CPU for each delta, in times a raw loop](cost.svg)

- Every figure is a median, with the minimum and the maximum in brackets.
- **The ratios are what counts**: "×" is relative to the raw loop.
- The raw loop reads, decodes, splits on blank lines, parses the JSON and adds up \`choices[0].delta.content\`. It yields nothing and checks nothing.
- Each measurement is a fresh process. The programs take turns, so that what disturbs the machine disturbs all alike.
- CPU is that of all threads (\`process.cpuUsage\`).
- There are seven rounds for the first tables, five for the others, three for a million deltas, and two for a program that needs more than 40 s a round.
- The replies come from memory through an injected \`fetch\`, in LM Studio's frames of about 250 bytes.`;
}

type Measured = [results: Map<string, number[]>, scale: number, digits: number];

/** A row for each program: each measurement, and how it compares with the raw loop's. */
function compared(...columns: Measured[]): string[][] {
  return names.map((name) => [
    titleOf(name),
    ...columns.flatMap(([results, scale, digits]) => {
      const scaled = (values: number[] | undefined) => values?.map((value) => value / scale);
      const own = spread(scaled(results.get(name)), digits);
      const raw = spread(scaled(results.get('raw')), digits);
      if (own === undefined || raw === undefined) return ['did not finish', ''];
      return [own.words, raw.median > 0 ? `${(own.median / raw.median).toFixed(2)} ×` : ''];
    }),
  ]);
}

function pick<T>(results: Map<string, T[]>, value: (result: T) => number): Map<string, number[]> {
  return new Map([...results].map(([name, list]) => [name, list.map(value)]));
}

function perDelta({ event, chunks }: Figures): string {
  return `## CPU per delta, warm, in µs

${table(['', 'one event a read', '', '64 KiB reads', ''], compared([event, 1, 2], [chunks, 1, 2]))}`;
}

function unwarmed({ firstEvent, firstChunks }: Figures): string {
  return `## CPU per delta, the first 60,000 of a process, in µs

Most processes that stream are cold: the code is still being compiled.

${table(
  ['', 'one event a read', '', '64 KiB reads', ''],
  compared([firstEvent, 1, 2], [firstChunks, 1, 2]),
)}`;
}

function firstToken({ token }: Figures): string {
  return `## Added time to the first token, in µs

From the call to the request, and from the first token's bytes to its text; warm.

${table(['', 'µs', ''], compared([token, 0.001, 0]))}`;
}

function start({ start }: Figures): string {
  return `## The start, in a fresh process

CPU of the import and of the first stream (20 deltas), in ms; memory that the import adds, in MiB.

${table(
  ['', 'import', '', 'first stream', '', 'memory', ''],
  compared(
    [pick(start, ({ importing }) => importing), 1000, 1],
    [pick(start, ({ first }) => first), 1000, 1],
    [pick(start, ({ rss }) => rss), 2 ** 20, 1],
  ),
)}`;
}

function coldProcess({ cold }: Figures): string {
  return `## A cold process, with one answer of 500 deltas

From process start to the whole text: Node, import, request, answer.
CPU and time, in ms.

${table(
  ['', 'CPU', '', 'time', ''],
  compared([pick(cold, ({ cpu }) => cpu), 1000, 0], [pick(cold, ({ ms }) => ms), 1, 0]),
)}`;
}

function sizes({ size }: Figures): string {
  const kB = (name: string) => ((size.get(name)?.[0] ?? Number.NaN) / 1000).toFixed(1);
  return `## Size of the smallest streaming program, minified and gzipped, in kB

${table(
  ['', 'kB'],
  names.map((name) => [titleOf(name), kB(name)]),
)}`;
}

function bigEvent({ big }: Figures): string {
  return `## One event of 16 MiB, in reads of 64 KiB, in seconds

${table(['', 's', ''], compared([big, 1, 2]))}`;
}

function manyStreams({ streams }: Figures): string {
  const many = streams.get(1000) ?? new Map<string, Streams[]>();
  const rows = compared(
    [pick(many, ({ cpu }) => cpu), 1, 2],
    [pick(many, ({ cpuCollected }) => cpuCollected), 1, 2],
    [pick(many, ({ during }) => during), 1024, 1],
    [pick(many, ({ after }) => after), 1024, 1],
  );
  return `## 1,000 streams at once, 100 deltas each

CPU per delta in µs; memory a stream in KiB, when half of each reply has come (its text is then ${Math.round((many.get('ours')?.[0]?.text ?? 0) / 2)} characters) and after the end.
The source of the bytes is in all figures: see the raw loop.
"Collected" is the CPU with the full collections that the figures of memory ask for, before the first stream and half-way.
V8 throws away what it has compiled for objects of which none is left then, as after a long pause.

${table(
  ['', 'CPU per delta', '', 'collected', '', 'memory half-way', '', 'after', ''],
  rows.map((row) => [...row.slice(0, 8), '']),
)}`;
}

function growth({ growth, streams }: Figures): string {
  const heads = grown.map(titleOf);
  return `## Growth

CPU per delta in µs by the length of the reply, one event a read.
The slope of log time over log length is **1** if the time is linear.

${table(
  ['deltas', ...heads],
  [
    ...[...growth].map(([length, results]) => [
      length.toLocaleString('en'),
      ...grown.map((name) => spread(results.get(name)?.map((us) => us / length))?.words ?? ''),
    ]),
    ['slope', ...grown.map((name) => slope(growth, name).toFixed(3))],
  ],
)}

CPU per delta in µs by the number of streams at once, 100 deltas each.

${table(
  ['streams', ...heads],
  [...streams].map(([count, results]) => [
    count.toLocaleString('en'),
    ...grown.map((name) => spread(results.get(name)?.map(({ cpu }) => cpu))?.words ?? ''),
  ]),
)}
`;
}

/** The programs whose growth is measured. */
export const grown = ['raw', 'ours'];

/** The slope of log time over log length, by least squares. */
function slope(growth: Figures['growth'], name: string): number {
  const points = [...growth].flatMap(([length, results]) => {
    const { median } = spread(results.get(name)) ?? {};
    return median === undefined ? [] : [[Math.log(length), Math.log(median)]];
  });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(([x = 0]) => x));
  const y = mean(points.map(([, y = 0]) => y));
  const over = points.reduce((sum, [px = 0, py = 0]) => sum + (px - x) * (py - y), 0);
  return over / points.reduce((sum, [px = 0]) => sum + (px - x) ** 2, 0);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, nth) => (nth === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}
