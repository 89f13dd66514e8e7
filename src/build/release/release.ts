/** `npm run release`, after the build: makes the folder `release` with what is given to users. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newestChanges } from './newest-changes.ts';
import { publishedManifest } from './published-manifest.ts';
import { sha256sums, writeFolder } from '../bundle/write-folder.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const folder = process.argv[2] ?? join(root, 'release');

/** The agent, which is all that a user of the panel needs. */
const AGENT = 'LocalLLMStreamAgent.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Runs npm; where npm runs this it says where it is, and no shell is needed. */
function npm(args: string[], cwd: string): string {
  const { npm_execpath: script } = process.env;
  return script === undefined
    ? execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
    : execFileSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8' });
}

const staging = mkdtempSync(join(tmpdir(), 'release-'));
try {
  const manifest: unknown = JSON.parse(read('package.json'));
  const published = publishedManifest(manifest);
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const path of [
    'dist',
    'src',
    'test',
    'fixtures',
    'LICENSE',
    'README.md',
    'README.zh-CN.md',
  ]) {
    // Of these npm takes what "files" names.
    cpSync(join(root, path), join(staging, path), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
  }
  const report: unknown = JSON.parse(npm(['pack', '--json', '--ignore-scripts'], staging));
  const [packed] = Object.values(Object(report));
  const { filename, size, unpackedSize } = Object(packed);
  if (typeof filename !== 'string') throw new Error('npm pack has not told what it wrote');

  const files = new Map<string, string | Uint8Array>([
    [AGENT, readFileSync(join(root, 'dist', AGENT))],
    [filename, readFileSync(join(staging, filename))],
    ['CHANGES.md', newestChanges(read('src/build/CHANGES.md'), String(published.version))],
  ]);
  mkdirSync(folder, { recursive: true });
  writeFolder(files, folder);
  console.log(`${filename}: ${size} bytes, ${unpackedSize} unpacked`);
  console.log(`\n${sha256sums(files)}\nin ${folder}`);
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true });
}
