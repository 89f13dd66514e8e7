import { readFileSync } from 'node:fs';

/** The version of a package that is installed beside the sheet. */
export function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
