import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, and what `npm run build` makes in it. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const dist = join(root, 'dist');

/**
 * Ends the process in words on a Node that is too old.
 * @param why - a sentence
 */
export function needNode(oldest: number, why: string): void {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= oldest) return;
  console.log(`This needs Node ${oldest} or newer, and this is Node ${node}. ${why}`);
  process.exit(2);
}

/** A test, or a file of them: something that ends. */
interface Scope {
  after(cleanUp: () => void): void;
}

/** A new folder that goes when the scope ends. */
export function temporaryFolder(scope: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'build-test-'));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the build needs of the project, in another folder. */
export function copyProject(scope: Scope): string {
  const copy = temporaryFolder(scope);
  for (const path of ['package.json', 'tsconfig.json', '.biome.json', 'LICENSE', 'src']) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  return copy;
}

/** How a program ended, and what it printed: on stdout, and in all. */
export interface Ended {
  status: number;
  stdout: string;
  output: string;
}

/** Runs a program of the project's node_modules with the Node that runs the test. */
export function runModule(module: string, args: string[], cwd: string): Promise<Ended> {
  return run(process.execPath, [join(root, 'node_modules', module), ...args], cwd);
}

/** Runs a program to its end, whatever that is. */
export function run(
  file: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Windows runs a .cmd by its shell only, which splits words at blanks.
    const shell = file.endsWith('.cmd');
    const words = shell ? [file, ...args].map((word) => `"${word}"`) : [file, ...args];
    execFile(words[0] ?? file, words.slice(1), { cwd, env, shell }, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number') resolve({ status, stdout, output: stdout + stderr });
      else reject(error);
    });
  });
}
