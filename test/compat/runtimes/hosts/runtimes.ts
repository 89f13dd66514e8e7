import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Outcome, parseOutcomes } from '../promises/harness.ts';
import { browsers } from './browsers.ts';
import {
  everything,
  type Form,
  importNodeFetch,
  layOut,
  requireIndex,
  universal,
} from './forms.ts';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const installed = (path: string) => join(here, '../node_modules', path);

/** The longest that a program may take to tell its outcomes, and then to end. */
const RUN_MS = 180_000;
const END_MS = 5000;

/** Something that runs JavaScript. */
export interface Runtime {
  name: string;
  /** What is tested in it. */
  forms: readonly Form[];
  /** Its version. Rejects where it is not to be had here; the message says why. */
  version(): Promise<string>;
  /** Lays a form out in a folder of its own and runs it. */
  run(form: Form, folder: string, origin: string): Promise<Outcome[]>;
}

/** A Node. One that takes a `.js` without a package.json for CommonJS is given `.mjs`. */
export function node(name: string, binary: string, extension?: string): Runtime {
  return program(name, everything, [binary], extension);
}

/** All that are tested: from this folder's package.json, and the browsers from Debian. */
export const runtimes: readonly Runtime[] = [
  node('Node 18', installed('node18/bin/node'), '.mjs'),
  ...[20, 22, 24, 26].map((major) => node(`Node ${major}`, installed(`node${major}/bin/node`))),
  program('Bun', [...universal, requireIndex, importNodeFetch], [installed('.bin/bun')]),
  program(
    'Deno',
    [...universal, importNodeFetch],
    [
      installed('.bin/deno'),
      'run',
      ...['--no-config', '--no-lock', '--no-remote', '--no-npm', '--allow-net=127.0.0.1'],
    ],
  ),
  {
    name: 'workerd',
    forms: universal,
    version: () => version(installed('.bin/workerd')),
    async run(form, folder, origin) {
      const worker = 'export default { fetch: async () => Response.json(await outcomes()) };';
      const main = await layOut(form, folder, origin, worker);
      // miniflare wants a newer Node than the project; this one also runs TypeScript.
      return outcomesOf(installed('node24/bin/node'), [join(here, 'workerd.ts'), folder, main]);
    },
  },
  ...browsers,
];

/** A runtime that is a command to be given a file. */
function program(
  name: string,
  forms: readonly Form[],
  [binary = '', ...args]: string[],
  extension?: string,
): Runtime {
  return {
    name,
    forms,
    version: () => version(binary),
    async run(form, folder, origin) {
      const main = await layOut(form, folder, origin, undefined, extension);
      return outcomesOf(binary, [...args, main], folder);
    },
  };
}

async function version(binary: string): Promise<string> {
  if (!existsSync(binary)) throw new Error('not installed');
  const { stdout } = await run(binary, ['--version']);
  return /\d[\w.-]*/.exec(stdout)?.[0] ?? stdout.trim();
}

/** Runs a program that prints its outcomes. That it then ends by itself, with nothing left open, is one of them. */
function outcomesOf(binary: string, args: string[], cwd = here): Promise<Outcome[]> {
  const child = spawn(binary, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let complaints = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (!printed.endsWith('\n')) return;
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      const name = 'the program ends by itself';
      const ended = status === 0 ? { name } : { name, error: `status ${status} ${complaints}` };
      if (printed === '') reject(new Error(`it printed nothing: ${ended.error ?? ''}`));
      else resolve([...parseOutcomes(printed), ended]);
    });
  });
}
