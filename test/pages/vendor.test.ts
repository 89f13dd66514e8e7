import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { plainEnv } from '../cli/commands.ts';
import { scratch } from '../replay/helpers.ts';
import { root } from '../tools/project.ts';
import { blocksOf, pages } from './pages.ts';

const page = pages.find(({ file }) => file === 'src/build/README.md');

function block(name: string): string {
  const found = page && blocksOf(page).find(({ mark }) => mark === `vendor: ${name}`);
  assert.ok(found, `src/build/README.md has no block ${name}`);
  return found.code;
}

/** A project that has the package installed. */
async function createProject(t: TestContext): Promise<string> {
  const project = await scratch(t);
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/local-llm-stream-agent'), 'junction');
  return project;
}

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

const shells = [
  {
    name: 'sh',
    copy: 'copy.sh',
    check: 'check.sh',
    run: ['sh', '-euc'],
    skip: has('sh', '-c', 'command -v sha256sum') ? false : 'there is no sha256sum',
  },
  {
    name: 'PowerShell',
    copy: 'copy.ps1',
    check: 'check.ps1',
    run: ['pwsh', '-NoProfile', '-Command'],
    skip: has('pwsh', '-NoProfile', '-Command', 'exit 0') ? false : 'there is no PowerShell',
  },
];

for (const { name, copy, check, run, skip } of shells) {
  test(`a vendored copy is checked: ${name}`, { skip }, async (t) => {
    const project = await createProject(t);
    const [command = '', ...args] = run;
    const status = (block: string) =>
      spawnSync(command, [...args, block], { cwd: project, env: plainEnv() }).status;
    assert.equal(status(block(copy)), 0);
    await damage(project, () => status(block(check)));
  });
}

test('a vendored copy is checked: Node', async (t) => {
  const project = await createProject(t);
  const dist = join(root, 'dist');
  mkdirSync(join(project, 'vendor'));
  const script = `const { readFileSync, writeFileSync } = require('node:fs');
for (const file of ['index.js', 'index.d.ts']) writeFileSync('vendor/' + file, readFileSync(process.argv[1] + '/' + file));
const lines = readFileSync(process.argv[1] + '/SHA256SUMS', 'utf8').split('\\n');
writeFileSync('vendor/SHA256SUMS', lines.filter((line) => / index\\.(js|d\\.ts)$/.test(line)).join('\\r\\n'));`;
  assert.equal(spawnSync(process.execPath, ['-e', script, dist], { cwd: project }).status, 0);
  writeFileSync(join(project, 'check.mjs'), block('check.mjs'));
  await damage(
    project,
    () => spawnSync(process.execPath, ['check.mjs'], { cwd: project, env: plainEnv() }).status,
  );
});

/** The check passes a good copy, and none that was changed, renamed or lost. */
async function damage(project: string, check: () => number | null): Promise<void> {
  const file = join(project, 'vendor/index.js');
  assert.equal(check(), 0, 'a good copy');
  renameSync(file, `${file}.old`);
  assert.notEqual(check(), 0, 'renamed');
  renameSync(`${file}.old`, file);
  appendFileSync(file, '\n');
  assert.notEqual(check(), 0, 'changed');
  rmSync(file);
  assert.notEqual(check(), 0, 'missing');
}
