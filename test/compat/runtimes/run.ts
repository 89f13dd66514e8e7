/** `npm run test:runtimes`: the built files in every runtime; prints a table, exits with 1 if anything failed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countSteps, createProgress } from '../../tools/progress.ts';
import { type Runtime, runtimes } from './hosts/runtimes.ts';
import { type Check, checkPackage } from './package/package-checks.ts';
import { checkVendoredTypes } from './package/vendored-types.ts';
import { startScriptedServer } from './servers/scripted-server.ts';

/** At a time: most of a test is waiting. */
const LANES = 4;

interface Row {
  runtime: string;
  what: string;
  passed: number;
  /** What failed, in words. */
  failures: string[];
}

const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
const chosen = runtimes.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part)),
);
const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
const rows: Row[] = [];
const absent: string[] = [];

try {
  const work: (() => Promise<void>)[] = [];
  for (const runtime of chosen) {
    try {
      const version = await runtime.version();
      for (const form of runtime.forms) {
        const row = {
          runtime: `${runtime.name} (${version})`,
          what: form.name,
          passed: 0,
          failures: [],
        };
        rows.push(row);
        work.push(() => test(runtime, form, row));
      }
    } catch (error) {
      absent.push(`${runtime.name}: ${words(error)}`);
    }
  }
  const stepDone = countSteps(work.length, createProgress(process.stderr));
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) {
        await next();
        stepDone('files in a runtime');
      }
    }),
  );
  if (wanted.length === 0) {
    for (const check of await checkPackage(folder)) addCheck(check, 'the package');
    try {
      addCheck(await checkVendoredTypes(folder), 'types of vendored files');
    } catch (error) {
      absent.push(`deno check: ${words(error)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
print();

async function test(runtime: Runtime, form: Runtime['forms'][number], row: Row): Promise<void> {
  const server = await startScriptedServer();
  try {
    const place = join(folder, `${runtime.name}-${form.name}`.replace(/[^\w.-]+/g, '-'));
    for (const { name, error } of await runtime.run(form, place, server.origin)) {
      if (error === undefined) row.passed++;
      else row.failures.push(`${name}: ${error}`);
    }
  } catch (error) {
    row.failures.push(words(error));
  } finally {
    server.close();
  }
}

function addCheck({ name, version, findings }: Check, what: string): void {
  const passed = findings.length === 0 ? 1 : 0;
  rows.push({ runtime: `${name} (${version})`, what, passed, failures: findings });
}

function print(): void {
  const width = (pick: (row: Row) => string) => Math.max(...rows.map((row) => pick(row).length), 0);
  const [first, second] = [width(({ runtime }) => runtime), width(({ what }) => what)];
  for (const { runtime, what, passed, failures } of rows) {
    const result = failures.length === 0 ? 'ok' : `${failures.length} FAILED`;
    console.log(
      `${runtime.padEnd(first)}  ${what.padEnd(second)}  ${String(passed).padStart(3)} passed  ${result}`,
    );
    for (const failure of failures) console.log(`    - ${failure.replaceAll('\n', '\n      ')}`);
  }
  for (const line of absent) console.log(`NOT TESTED  ${line}`);
  const failed = rows.reduce((sum, { failures }) => sum + failures.length, 0);
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'stderr' in error && error.stderr ? `${error.message}\n${error.stderr}` : error.message;
}
