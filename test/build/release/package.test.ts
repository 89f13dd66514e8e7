import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { entries } from '../../../src/build/entries.ts';
import { unlinked } from '../../../src/build/release/package-page.ts';
import { root, run, temporaryFolder } from '../../tools/project.ts';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const folder = temporaryFolder({ after });
/** The bar for the package, unpacked, in bytes; the test fails 2 % below it, so that there is room for a mend. */
const BAR = 800_000;

/** Where the package was installed from its tarball, with an empty cache and no network. */
const installed = join(folder, 'consumer');
const unpacked = join(installed, 'node_modules/local-llm-stream-agent');
const release = join(folder, 'release');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = `local-llm-stream-agent-${version}.tgz`;

before(async () => {
  const env = {
    ...process.env,
    npm_config_cache: join(folder, 'cache'),
    npm_config_offline: 'true',
  };
  const made = await run(
    process.execPath,
    [join(root, 'node_modules/tsx/dist/cli.mjs'), 'src/build/release/release.ts', release],
    root,
    env,
  );
  assert.equal(made.status, 0, made.output);
  mkdirSync(installed);
  writeFileSync(join(installed, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--no-audit', '--no-fund', join(release, tarball)];
  const { status, output } = await run(npm, install, installed, env);
  assert.equal(status, 0, output);
  assert.doesNotMatch(output, /warn/i);
});

test('a release is the agent, the tarball, their hashes, and what changed', () => {
  assert.deepEqual(readdirSync(release).sort(), [
    'LocalLLMStreamAgent.js',
    'NOTES.md',
    'SHA256SUMS',
    tarball,
  ]);
  assert.match(readFileSync(join(release, 'NOTES.md'), 'utf8'), new RegExp(`^## ${version}\n`));
  for (const line of readFileSync(join(release, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')) {
    const [hash, file = ''] = line.split('  ');
    const bytes = readFileSync(join(release, file));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), hash, file);
  }
});

test('no link and no picture of a packed page is dead', () => {
  const packed = filesIn(unpacked).filter((file) => file.endsWith('.md'));
  assert.ok(packed.includes('README.md') && packed.includes('CHANGELOG.md'));
  for (const file of packed) {
    const text = readFileSync(join(unpacked, file), 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, markdown, html] of text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)) {
      const target = markdown ?? html ?? '';
      if (/^(?:https?:|#)/.test(target)) continue;
      const path = join(unpacked, dirname(file), target.replace(/#.*/, ''));
      assert.ok(existsSync(path), `${file} leads to ${target}, which is not packed`);
    }
  }
});

test('a link to what is not packed becomes its text, and a picture goes', () => {
  const page =
    '![drawn](a.svg)\n\nSee [`one`](one.md#top), [two](two.md) and [all](https://a.b/c).\n<img src="b.png" width="3">\n';
  const isThere = (target: string) => /^https:|two/.test(target);
  assert.equal(unlinked(page, isThere), 'See `one`, [two](two.md) and [all](https://a.b/c).\n');
  assert.equal(
    unlinked(page, () => true),
    page,
  );
});

test("the package's package.json has no script, and npm has nothing to warn of", () => {
  const published = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  for (const field of ['scripts', 'devDependencies', 'allowScripts']) {
    assert.equal(published[field], undefined, field);
  }
  assert.equal(published.engines.node, '>=18.11', 'parseArgs knows no defaults before');
  assert.deepEqual(published.bin, { 'local-llm-stream-agent': './dist/cli.js' });
  assert.ok(published.keywords.includes('lm-studio'));
});

/** Every file of a folder, by its path with `/`. */
function filesIn(folder: string, before = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesIn(join(folder, entry.name), `${before}${entry.name}/`)
      : [before + entry.name],
  );
}

test('the package holds the built files, the pages about them, one recording, and nothing else', () => {
  const built = entries.flatMap(({ outputs, declarations }) => [
    ...outputs.map(({ file }) => file),
    ...declarations,
  ]);
  assert.deepEqual(
    filesIn(unpacked).sort(),
    [
      ...[
        'LICENSE',
        'README.md',
        'README.zh-CN.md',
        'CHANGELOG.md',
        'package.json',
        'dist/SHA256SUMS',
      ],
      ...built.map((file) => `dist/${file}`),
      'fixtures/llama.cpp-2026/markdown-code.json',
      'fixtures/llama.cpp-2026/markdown-code.sse',
    ].sort(),
  );
});

test('the package is small and needs no other', (t) => {
  const size = filesIn(unpacked).reduce(
    (sum, file) => sum + statSync(join(unpacked, file)).size,
    0,
  );
  t.diagnostic(`the package, unpacked: ${size} bytes of ${BAR}`);
  assert.ok(size <= 0.98 * BAR, `${size} bytes, more than 98 % of ${BAR}`);
  const others = readdirSync(join(installed, 'node_modules')).filter(
    (name) => !name.startsWith('.'),
  );
  assert.deepEqual(others, ['local-llm-stream-agent']);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
    assert.equal(manifest[kind], undefined, kind);
  }
});

test('installed from its tarball, every entry can be imported and required', async () => {
  const programs = {
    'import.mjs': `
import * as index from 'local-llm-stream-agent';
import * as node from 'local-llm-stream-agent/node';
import * as replay from 'local-llm-stream-agent/replay';`,
    'require.cjs': `
const index = require('local-llm-stream-agent');
const node = require('local-llm-stream-agent/node');
const replay = require('local-llm-stream-agent/replay');`,
  };
  const print = `
console.log([index.streamChat, index.listModels, index.ChatError, node.nodeFetch, replay.recordFetch, replay.replayFetch].map((value) => typeof value).join());`;
  for (const [file, load] of Object.entries(programs)) {
    writeFileSync(join(installed, file), load + print);
    const { output } = await run(process.execPath, [file], installed);
    assert.equal(output, `${Array(6).fill('function').join()}\n`, file);
  }
});

test('installed from its tarball, the command runs', async () => {
  const command = join(installed, 'node_modules/.bin/local-llm-stream-agent');
  const { status, output } = await run(
    process.platform === 'win32' ? `${command}.cmd` : command,
    ['--help'],
    installed,
  );
  assert.equal(status, 0, output);
  assert.match(output, /^Usage: npx local-llm-stream-agent COMMAND/);
});
