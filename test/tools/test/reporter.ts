import { relative, sep } from 'node:path';
import type { run } from 'node:test';
import { inspect } from 'node:util';
import { duration, type Progress } from '../progress.ts';
import { root } from '../project.ts';

/**
 * Prints what Node's test runner reports: a failure at once and in full, progress while it runs, and of what passes only the number.
 * (Of Node's own reporters `dot` and `spec` show failures at the end, and `spec` a line for each of 3,000 tests.)
 * @param folder - where the compiled tests are: what is printed names their sources
 * @returns whether some test passed and none failed
 */
export async function report(
  events: ReturnType<typeof run>,
  files: readonly string[],
  folder: string,
  progress: Progress,
): Promise<boolean> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const startedAt = performance.now();
  const elapsed = () => duration(performance.now() - startedAt);
  /** The runner names some files by what was compiled, and some by their source. */
  const shownFile = (file: string) =>
    relative(file.startsWith(folder) ? folder : root, file)
      .split(sep)
      .join('/')
      .replace(/mjs$/, 'ts');
  const open = new Set(files.map(shownFile));
  const printed = new Map<string, string>();
  /** The names of the tests around the one that runs, by their depth. */
  const path: string[] = [];
  const timer = setInterval(() => {
    const last = open.size <= 3 ? `; still running: ${[...open].join(', ')}` : '';
    progress.update(
      `  ${files.length - open.size} of ${files.length} files, ${counts.passed} passed, ${counts.failed} failed, ${elapsed()}${last}`,
    );
  }, 1000);

  for await (const { type, data } of events) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path[data.nesting] = data.name;
    } else if ((type === 'test:stdout' || type === 'test:stderr') && data.file !== undefined) {
      printed.set(data.file, (printed.get(data.file) ?? '') + data.message);
    } else if (type === 'test:complete' && isFile(data)) {
      open.delete(shownFile(data.name));
    } else if (type === 'test:pass' && !isFile(data) && data.details.type !== 'suite') {
      if (data.skip !== undefined || data.todo !== undefined) counts.skipped++;
      else counts.passed++;
    } else if (type === 'test:fail') {
      const { cause = data.details.error, failureType } = Object(data.details.error);
      // A test around one that failed has nothing of its own to say.
      if (failureType === 'subtestsFailed') continue;
      counts.failed++;
      const file = data.file ?? data.name;
      const names = isFile(data)
        ? ''
        : `: ${[...path.slice(0, data.nesting), data.name].join(' > ')}`;
      const output = (isFile(data) && printed.get(file)) || '';
      progress.print(`✗ ${shownFile(file)}${names}`);
      progress.print(indented(`${inspect(cause, { depth: 5, colors: false })}\n${output}`));
    }
  }
  clearInterval(timer);
  progress.end();
  const { passed, failed, skipped } = counts;
  progress.print(
    `${failed === 0 ? '✓' : '✗'} ${files.length} test file${files.length === 1 ? '' : 's'}: ` +
      `${passed} passed, ${failed} failed, ${skipped} skipped (${elapsed()})`,
  );
  return failed === 0 && passed > 0;
}

/** The runner reports a file as a test that is named after it. */
const isFile = ({ name, file, nesting }: { name: string; file?: string; nesting: number }) =>
  nesting === 0 && (name === file || /\.test\.mjs$/.test(name));

const indented = (text: string): string => text.trimEnd().replace(/^/gm, '    ');
