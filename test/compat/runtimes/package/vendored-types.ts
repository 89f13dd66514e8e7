import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Check } from './package-checks.ts';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const deno = join(here, '../node_modules/.bin/deno');

/** The entries, by the file that somebody takes along with its declarations. */
const files = {
  'local-llm-stream-agent': 'index',
  'local-llm-stream-agent/node': 'node',
  'local-llm-stream-agent/replay': 'replay',
};

/**
 * `deno check` of the programs of `test/compat/types`, which import built files that lie beside them: Deno takes the types of
 * such a file from the file's own word on where they are.
 * @throws {Error} where Deno is not installed
 */
export async function checkVendoredTypes(folder: string): Promise<Check> {
  if (!existsSync(deno)) throw new Error('not installed');
  const { stdout } = await run(deno, ['--version']);
  const [version = ''] = /\d[\w.-]*/.exec(stdout) ?? [];
  const place = join(folder, 'vendored-types');
  mkdirSync(place);
  // `replay.js` gives out what is in its neighbour.
  const neighbours = ['replay.cjs', 'replay.d.cts'];
  const own = Object.values(files).flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  for (const file of [...own, ...neighbours]) {
    copyFileSync(join(here, '../../../../dist', file), join(place, file));
  }
  const programs = ['request.ts', 'options.ts', 'reply.ts', 'node.ts'];
  for (const program of programs) {
    const text = readFileSync(join(here, '../../types/programs', program), 'utf8');
    const vendored = Object.entries(files).reduce(
      (program, [name, file]) => program.replaceAll(`'${name}'`, `'./${file}.js'`),
      text,
    );
    writeFileSync(join(place, program), vendored);
  }
  const flags = ['--no-config', '--no-lock', '--no-remote', '--no-npm'];
  try {
    await run(deno, ['check', ...flags, ...programs], {
      cwd: place,
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { name: 'deno check', version, findings: [] };
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error);
    return { name: 'deno check', version, findings: [`${stdout}${stderr}` || String(error)] };
  }
}
