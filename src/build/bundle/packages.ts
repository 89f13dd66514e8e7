import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where the sources of the packages are that may go into what is built: as TypeScript, or as ES modules. */
const SOURCES: Readonly<Record<string, string>> = {
  'eventsource-parser': 'src/index.ts',
  'jsonc-parser': 'lib/esm/main.js',
};

/** The folder of a package. */
export function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/** The file with which a package's code begins. */
export function packageSource(name: string): string {
  const source = SOURCES[name];
  if (source === undefined)
    throw new Error(`src/build/bundle/packages.ts does not say where ${name} is`);
  return join(packageFolder(name), source);
}

/** Every package that may go into what is built. */
export const packageNames: readonly string[] = Object.keys(SOURCES);

/** An import inside a package may leave `.js` out. */
export function withExtension(path: string): string {
  return existsSync(`${path}.js`) ? `${path}.js` : path;
}
