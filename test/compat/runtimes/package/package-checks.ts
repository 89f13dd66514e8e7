import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));

/** What a checker said. */
export interface Check {
  name: string;
  version: string;
  findings: string[];
}

/** Packs the project into `folder` and has publint and attw look at the tarball, at their strictest. */
export async function checkPackage(folder: string): Promise<Check[]> {
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { cwd: join(here, '../../../..') },
  );
  const tarball = join(folder, stdout.trim());
  return [
    await check('publint', [tarball, '--strict']),
    await check('@arethetypeswrong/cli', [tarball, '--profile', 'strict', '--no-color']),
  ];
}

async function check(name: string, args: string[]): Promise<Check> {
  const folder = join(here, '../node_modules', name);
  const { version, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const program = typeof bin === 'string' ? bin : Object.values(bin)[0];
  try {
    await run(process.execPath, [join(folder, String(program)), ...args]);
    return { name, version, findings: [] };
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error);
    return { name, version, findings: [`${stdout}${stderr}` || String(error)] };
  }
}
