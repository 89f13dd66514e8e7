import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fieldsOf, parseJson } from '../json.ts';

/**
 * Finds a file of this package, as seen from the built command line (`dist/cli.js`) or from its sources.
 * @param path - from the package's folder: `package.json`
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
