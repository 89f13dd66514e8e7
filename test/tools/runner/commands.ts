import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { duration, type Progress } from './progress.ts';

/** The project's folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** One of the commands that `npm test` runs before the tests. */
export interface Check {
  name: string;
  /** A package of `node_modules`, and the words after its command. */
  package: string;
  command: string;
  args: readonly string[];
}

export const checks: readonly Check[] = [
  { name: 'types', package: 'typescript', command: 'tsc', args: ['--noEmit'] },
  {
    name: 'style',
    package: '@biomejs/biome',
    command: 'biome',
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'build', package: 'tsx', command: 'tsx', args: ['src/build/build.ts'] },
];

/** Runs the checks side by side, tells of each, and shows the words of those that fail. */
export async function runChecks(all: readonly Check[], progress: Progress): Promise<boolean> {
  const open = new Set(all.map(({ name }) => name));
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const show = () => progress.update(`  ${[...open].join(', ')}: ${duration(elapsed())}`);
  show();
  const timer = setInterval(show, 1000);
  const results = await Promise.all(
    all.map(async (check) => {
      const { status, output } = await runCheck(check);
      open.delete(check.name);
      progress.tell(`${status === 0 ? '✓' : '✗'} ${check.name} (${duration(elapsed())})`);
      if (status !== 0) progress.tell(output.trimEnd().replace(/^/gm, '    '));
      return status === 0;
    }),
  );
  clearInterval(timer);
  progress.end();
  return results.every(Boolean);
}

function runCheck({
  package: name,
  command,
  args,
}: Check): Promise<{ status: number; output: string }> {
  const script = commandFile(name, command);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** The file that a package's command is: no shell and no `.cmd` stands between. */
export function commandFile(name: string, command: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { bin } = createRequire(import.meta.url)(manifest);
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
}
