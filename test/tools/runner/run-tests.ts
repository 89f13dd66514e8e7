import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { shownFile } from './files.ts';
import { duration, type Progress } from './progress.ts';

/** A test that takes longer hangs. */
const LIMIT_MS = 600_000;

/** What came of a run. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs test files, each in a process of its own, twice as many at once as there are cores. What fails is told at once and in full;
 * of what passes only the number.
 */
export async function runTests(files: readonly string[], progress: Progress): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0 };
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const ended = new Set<string>();
  const printed = new Map<string, string>();
  /** The names of the tests around the one that runs, by their depth. */
  const path: string[] = [];
  const show = () => {
    const failures = outcome.failed > 0 ? `, ${outcome.failed} FAILED` : '';
    const rest = files.filter((file) => !ended.has(file)).map(shownFile);
    progress.update(
      `  tests: ${ended.size} of ${files.length} files, ${outcome.passed} passed${failures}, ${duration(elapsed())}` +
        (rest.length > 0 && rest.length <= 3 ? `; still to end: ${rest.join(', ')}` : ''),
    );
  };
  const timer = setInterval(show, 1000);

  const events = run({
    files: [...files],
    timeout: LIMIT_MS,
    // Most of a test is waiting.
    concurrency: 2 * availableParallelism(),
  });
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path[data.nesting] = data.name;
    }
    if ((type === 'test:stdout' || type === 'test:stderr') && data.file !== undefined) {
      printed.set(data.file, (printed.get(data.file) ?? '') + data.message);
    }
    if (type === 'test:complete' && isFile(data)) ended.add(data.name);
    if (type === 'test:pass' && !isFile(data) && data.details.type !== 'suite') {
      if (data.skip !== undefined || data.todo !== undefined) outcome.skipped++;
      else outcome.passed++;
    }
    if (type !== 'test:fail') continue;
    const { cause, failureType } = fieldsOfError(data.details.error);
    // A test around one that failed has no words of its own.
    if (failureType === 'subtestsFailed') continue;
    outcome.failed++;
    const file = data.file ?? data.name;
    const name = isFile(data) ? '' : `: ${[...path.slice(0, data.nesting), data.name].join(' > ')}`;
    progress.tell(`✗ ${shownFile(file)}${name}`);
    progress.tell(indented(inspect(cause, { depth: 5, colors: false })));
    const words = isFile(data) ? printed.get(file) : undefined;
    if (words) progress.tell(indented(words.trimEnd()));
  }
  clearInterval(timer);
  progress.end();
  return outcome;
}

/** The runner tells of a file as of a test that is named after it. */
const isFile = ({ name, file, nesting }: { name: string; file?: string; nesting: number }) =>
  nesting === 0 && (name === file || /\.test\.ts$/.test(name));

/** What the runner wraps a test's error in. */
function fieldsOfError(error: Error): { cause: unknown; failureType: unknown } {
  const failureType = 'failureType' in error ? error.failureType : undefined;
  return { cause: error.cause ?? error, failureType };
}

const indented = (text: string): string => text.replace(/^/gm, '    ');
