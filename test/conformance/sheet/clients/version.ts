import { readFileSync } from 'node:fs';

/** The version of a package that is installed beside the sheet, and the Node that it asks for where this one is older. */
export function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version, engines } = JSON.parse(readFileSync(file, 'utf8'));
  const asked = Number(/>=\s*(\d+)/.exec(engines?.node ?? '')?.[1] ?? 0);
  return asked > Number.parseInt(process.versions.node, 10)
    ? `${version} (asks for Node ${engines.node})`
    : version;
}
