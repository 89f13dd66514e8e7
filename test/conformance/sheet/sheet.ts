/**
 * `npm run sheet`: every client against every scenario. Writes SHEET.md.
 * `npm run sheet -- CLIENT… [--only WORDS]` prints these columns, and writes nothing.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { countSteps, createProgress } from '../../tools/progress.ts';
import { needNode } from '../../tools/project.ts';
import { clients } from './clients/index.ts';
import type { Report } from './column.ts';
import { type Column, sheet } from './page/markdown.ts';
import { scenarios } from './scenarios/index.ts';

needNode(24, 'Older ones are not supported by every client that is compared.');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
});
const asked = positionals.length > 0 ? positionals : Object.keys(clients);
const numbers = [...scenarios.keys()].filter((nth) => {
  const { group, name } = scenarios[nth] ?? { group: '', name: '' };
  return values.only === undefined || `${group}: ${name}`.includes(values.only);
});
const columns = new Map<string, Column>(
  asked.map((key) => [key, { name: key, version: '', cells: new Map(), unhandled: [] }]),
);

const stepDone = countSteps(asked.length * numbers.length, createProgress(process.stderr));

/** Runs these scenarios in a child process, for so many ms at most. */
function runColumn(key: string, column: Column, nths: number[], limit: number): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(new URL('column.ts', import.meta.url), [key, ...nths.map(String)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.on('message', (message: Report) => {
      if (message.kind === 'client') Object.assign(column, message);
      else if (message.kind === 'cell') {
        column.cells.set(message.nth, message);
        stepDone(column.name);
      } else column.unhandled.push(message.words);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && column.version === '') column.unhandled.push('it could not be loaded');
      for (const nth of nths) {
        if (column.cells.has(nth)) continue;
        const words = signal === 'SIGKILL' ? 'hangs' : `the process dies (${code ?? signal})`;
        column.cells.set(nth, { cell: { right: false, words }, ms: limit });
      }
      resolve();
    });
  });
}

/** Does the jobs, so many at once. */
async function all(jobs: (() => Promise<void>)[], atOnce: number): Promise<void> {
  const queue = [...jobs];
  const work = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

const started = performance.now();
const alone = numbers.filter((nth) => scenarios[nth]?.alone);
const together = numbers.filter((nth) => !scenarios[nth]?.alone);
await all(
  [...columns].map(
    ([key, column]) =>
      () =>
        runColumn(key, column, together, 300_000),
  ),
  cpus().length,
);
await all(
  alone.flatMap((nth) =>
    [...columns].map(
      ([key, column]) =>
        () =>
          runColumn(key, column, [nth], (scenarios[nth]?.limit ?? 4000) + 4000),
    ),
  ),
  cpus().length,
);

for (const column of columns.values()) {
  const wrong = numbers.filter((nth) => !column.cells.get(nth)?.cell.right);
  console.log(
    `${column.name} ${column.version}: ${numbers.length - wrong.length} of ${numbers.length} right`,
  );
  if (asked.length <= 2 && column.version !== '') {
    for (const nth of wrong) {
      const { group, name } = scenarios[nth] ?? { group: '', name: '' };
      console.log(`  ✗ ${group}: ${name}: ${column.cells.get(nth)?.cell.words}`);
    }
  }
  for (const words of new Set(column.unhandled)) console.log(`  unhandled rejection: ${words}`);
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`${seconds} s`);
if (asked.length === Object.keys(clients).length && values.only === undefined) {
  writeFileSync(new URL('SHEET.md', import.meta.url), sheet([...columns.values()], seconds));
  console.log('written: test/conformance/sheet/SHEET.md');
}
