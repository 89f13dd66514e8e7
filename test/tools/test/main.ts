/**
 * `npm test`: types, style and build side by side, then every test. `npm test -- test/cli` runs the tests of one folder or file, without
 * the checks before them.
 *
 * Node's own runner does the work. This file does what it leaves out: it finds the files on every Node (20 has no patterns, 22 no folders),
 * refuses an old Node in words, and keeps Node from setting FORCE_COLOR for the tests at a terminal. `reporter.ts` prints.
 */
import { exec } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { run } from 'node:test';
import { createProgress, duration, type Progress } from '../progress.ts';
import { needNode, root } from '../project.ts';
import { report } from './reporter.ts';

/** A test that takes longer hangs. */
const LIMIT_MS = 600_000;

/** Examples are for other test runners, which a test of ours starts. */
const NOT_OURS = [`${sep}node_modules${sep}`, `${sep}examples${sep}`];

/** It takes longest, and would be waited for alone if it began last. */
const FIRST = join(root, 'test/conformance/sheet.test.ts');

/** @throws {Error} if there is no such file or folder */
function testFiles(place: string): string[] {
  if (!statSync(place).isDirectory()) return [resolve(place)];
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((file) => resolve(place, file))
    .filter((file) => file.endsWith('.test.ts') && !NOT_OURS.some((part) => file.includes(part)))
    .sort((a, b) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1));
}

/** Runs two of the project's commands side by side, and shows the output of one that fails. */
async function check(progress: Progress): Promise<boolean> {
  const startedAt = performance.now();
  const elapsed = () => duration(performance.now() - startedAt);
  const timer = setInterval(() => progress.update(`  types, style, build: ${elapsed()}`), 1000);
  const checks = { 'types and style': 'npm run --silent check', build: 'npm run --silent build' };
  const ended = Object.entries(checks).map(
    ([name, command]) =>
      new Promise<boolean>((resolve) => {
        exec(command, { cwd: root }, (error, stdout, stderr) => {
          progress.print(`${error ? '✗' : '✓'} ${name} (${elapsed()})`);
          if (error) progress.print(`${stdout}${stderr}`.trimEnd().replace(/^/gm, '    '));
          resolve(error === null);
        });
      }),
  );
  const passed = await Promise.all(ended);
  clearInterval(timer);
  progress.end();
  return passed.every(Boolean);
}

async function main(places: readonly string[], progress: Progress): Promise<boolean> {
  const files = (places.length > 0 ? places : [join(root, 'test')]).flatMap(testFiles);
  if (files.length === 0) throw new Error(`No file in ${places.join(', ')} ends with .test.ts.`);
  if (places.length === 0) {
    progress.print(
      `Types, style and build, then the tests of ${files.length} files. This takes about 3 minutes on 2 free cores; ` +
        `this machine has ${availableParallelism()}.`,
    );
    if (!(await check(progress))) return false;
  }
  // Twice as many files at once as there are cores: most of a test is waiting.
  const concurrency = 2 * availableParallelism();
  return report(run({ files, concurrency, timeout: LIMIT_MS }), files, progress);
}

needNode(20, 'The built files run on Node 18, too: npm run test:runtimes.');
process.env.NO_COLOR = '1';
delete process.env.FORCE_COLOR;
const progress = createProgress(process.stdout);
try {
  process.exitCode = (await main(process.argv.slice(2), progress)) ? 0 : 1;
} catch (error) {
  progress.print(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
