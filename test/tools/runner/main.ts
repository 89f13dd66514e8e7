/**
 * `npm test`: types, style and build side by side, then every test. `npm test -- test/cli` runs the tests of a folder or a file
 * alone.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { counted } from '../../../src/cli/terminal/counted.ts';
import { checks, root, runChecks } from './commands.ts';
import { chosenFiles, testFiles } from './files.ts';
import { createProgress, duration } from './progress.ts';
import { runTests } from './run-tests.ts';

// At a terminal Node's runner would make the tests' own child processes write colours.
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = '1';

const progress = createProgress(process.stdout);
const startedAt = performance.now();
const chosen = process.argv.slice(2);

const OLDEST_NODE = 20;

async function main(): Promise<boolean> {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < OLDEST_NODE) {
    throw new Error(
      `The tests need Node ${OLDEST_NODE} or newer, and this is Node ${node}. What is built runs on Node 18, too: npm run test:runtimes.`,
    );
  }
  const files = chosen.length > 0 ? chosenFiles(chosen) : testFiles(join(root, 'test'));
  if (files.length === 0) throw new Error(`No file in ${chosen.join(', ')} ends with .test.ts.`);
  if (chosen.length === 0) {
    progress.tell(
      `Types, style and build, then the tests of ${files.length} files. This takes about 3 minutes on 2 free cores; ` +
        `here are ${availableParallelism()}.`,
    );
    if (!(await runChecks(checks, progress))) return false;
  }
  const { passed, failed, skipped } = await runTests(files, progress);
  progress.tell(
    `${failed === 0 ? '✓' : '✗'} ${counted(files.length, 'test file')}: ${passed} passed, ${failed} failed, ${skipped} skipped ` +
      `(${duration(performance.now() - startedAt)} in all)`,
  );
  return failed === 0 && passed > 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  progress.tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
