import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fieldsOf, parseJson } from '../client/json.ts';

/** The command's name, which is the package's own: under any other name `npx` runs a stranger's package if this one is not installed. */
export const PROGRAM = 'local-llm-stream-agent';

/**
 * Finds a file of this package, from the built command line (`dist/cli.js`) or from its sources.
 * @param path - from the package's folder: `package.json`
 * @returns `undefined` if it is not there
 */
export function findPackageFile(path: string): string | undefined {
  return ['../', '../../']
    .map((up) => fileURLToPath(new URL(up + path, import.meta.url)))
    .find((file) => existsSync(file));
}

/** The version of this package: `1.0.0`. */
export function packageVersion(): string {
  const file = findPackageFile('package.json');
  const { version } = fieldsOf(file && parseJson(readFileSync(file, 'utf8')));
  return typeof version === 'string' ? version : 'of an unknown version';
}

/**
 * Writes this program's commands in the form that works from the current folder: with `npx` if the package is installed, and with
 * the built file in a clone, which `npx` would first install into its cache.
 */
export function asTypedHere(words: string): string {
  const isInstalled = /[\\/]node_modules[\\/]/.test(fileURLToPath(import.meta.url));
  const built = isInstalled ? undefined : findPackageFile('dist/cli.js');
  if (built === undefined) return words.replaceAll(PROGRAM, `npx ${PROGRAM}`);
  const file = relative('', built);
  return words.replaceAll(PROGRAM, `node ${file.includes(' ') ? `"${file}"` : file}`);
}
