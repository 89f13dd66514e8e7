/**
 * `npm test`: the build, then every test; types and style beside them. `npm test -- test/cli` runs the tests of one folder or file, and
 * nothing else.
 *
 * Node's own runner does the work (`run.ts`), and `reporter.ts` prints. This file does what the runner leaves out: it finds the files on
 * every Node (20 has no patterns, 22 no folders), compiles them once, refuses an old Node in words, and keeps Node from setting
 * FORCE_COLOR for the tests at a terminal.
 */
import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { bundle, bundles } from '../bundle.ts';
import { createProgress, duration, type Progress } from '../progress.ts';
import { needNode, root } from '../project.ts';

/** What is installed or built is not ours, and examples are for other test runners, which a test of ours starts. */
const NOT_OURS = ['node_modules', 'dist', 'examples'];

/** @throws {Error} if there is no such file or folder */
function testFiles(place: string): string[] {
  if (!statSync(place).isDirectory()) return [resolve(place)];
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory() && !NOT_OURS.includes(entry.name)) {
      return testFiles(join(place, entry.name));
    }
    return entry.name.endsWith('.test.ts') ? [resolve(place, entry.name)] : [];
  });
}

/** Runs a command of the project, and shows its output if it fails. */
function check(name: string, command: string, progress: Progress): Promise<boolean> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    exec(command, { cwd: root }, (error, stdout, stderr) => {
      const elapsed = duration(performance.now() - startedAt);
      progress.print(`${error ? '✗' : '✓'} ${name} (${elapsed})`);
      if (error) progress.print(`${stdout}${stderr}`.trimEnd().replace(/^/gm, '    '));
      resolve(error === null);
    });
  });
}

/** Runs the tests in a Node without a compiler: every test's process starts with the options of the one that starts it. */
async function runTests(files: readonly string[]): Promise<boolean> {
  mkdirSync(bundles, { recursive: true });
  const folder = mkdtempSync(join(bundles, 'run-'));
  try {
    const runner = join(root, 'test/tools/test/run.ts');
    const [program = '', ...tests] = await bundle([runner, ...files], folder);
    const child = spawn(process.execPath, ['--enable-source-maps', program, folder], {
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => child.kill(signal));
    }
    const [status] = await once(child, 'close');
    return status === 0 && tests.length > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(places: readonly string[], progress: Progress): Promise<boolean> {
  const files = (places.length > 0 ? places : [join(root, 'test')]).flatMap(testFiles);
  if (files.length === 0) throw new Error(`No file in ${places.join(', ')} ends with .test.ts.`);
  if (places.length > 0) return runTests(files);
  progress.print(
    `The build, then the tests of ${files.length} files; types and style beside them. This takes about a minute and a half on 2 free cores; ` +
      `this machine has ${availableParallelism()}.`,
  );
  const styled = check('types and style', 'npm run --silent check', progress);
  const built = await check('build', 'npm run --silent build', progress);
  const passed = built && (await runTests(files));
  if (await styled) return passed;
  progress.print('✗ types and style: see above');
  return false;
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
