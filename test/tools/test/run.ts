import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { createProgress } from '../progress.ts';
import { report } from './reporter.ts';

// `node run.mjs FOLDER`: runs the compiled tests of a folder, and exits with 1 if any fails.

/** A test that takes longer hangs. */
const LIMIT_MS = 600_000;

/** It takes longest, and would be waited for alone if it began last. */
const FIRST = 'sheet.test.mjs';

const [folder = ''] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.mjs'))
  .map((file) => join(folder, file))
  .sort((a, b) => Number(b.endsWith(FIRST)) - Number(a.endsWith(FIRST)) || (a < b ? -1 : 1));
// Twice as many files at once as there are cores: most of a test is waiting.
const concurrency = 2 * availableParallelism();
const events = run({ files, concurrency, timeout: LIMIT_MS });
const passed = await report(events, files, folder, createProgress(process.stdout));
process.exitCode = passed ? 0 : 1;
