/**
 * `npm run release`, after the build: makes the folder `release` with what somebody can upload.
 *
 *     package.json's "files" ─ npm pack ─ package-page.ts ─ npm pack ─┐
 *     dist/LocalLLMStreamAgent.js ────────────────────────────────────┼─ release/, with SHA256SUMS
 *     the section of CHANGELOG.md ────────────────────────────────────┘
 */
import { execSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFolder } from '../bundle/write-folder.ts';
import { unlinkMissing } from './package-page.ts';

const AGENT = 'LocalLLMStreamAgent.js';
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'release'));
const staging = mkdtempSync(join(tmpdir(), 'release-'));
const run = (command: string, cwd: string) => execSync(command, { cwd, encoding: 'utf8' }).trim();

try {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [, newest = ''] = changelog.split(/^(?=## )/m);
  if (!newest.startsWith(`## ${version}\n`)) {
    throw new Error(
      `CHANGELOG.md has to begin with a section '## ${version}' that says what changed`,
    );
  }
  const first = run(`npm pack --silent --ignore-scripts --pack-destination "${staging}"`, root);
  run(`tar -xzf ${first}`, staging);
  const unpacked = join(staging, 'package');
  unlinkMissing(unpacked);
  // npm 11 warns of a package that has a script `prepare`.
  run('npm pkg delete scripts devDependencies allowScripts', unpacked);
  const tarball = run('npm pack --silent', unpacked);
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, string | Uint8Array>([
    [AGENT, readFileSync(join(root, 'dist', AGENT))],
    [tarball, readFileSync(join(unpacked, tarball))],
    ['NOTES.md', `${newest.trimEnd()}\n`],
  ]);
  writeFolder(files, folder);
  console.log(`${[...files.keys()].join(', ')} and SHA256SUMS in ${folder}`);
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true });
}
