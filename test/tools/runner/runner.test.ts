import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { plainEnv } from '../../cli/commands.ts';
import { scratch } from '../../replay/helpers.ts';
import { root } from './commands.ts';
import { testFiles } from './files.ts';
import { countSteps, createProgress, duration, QUIET_MS } from './progress.ts';

/** Runs `npm test -- FOLDER` in a folder with these files. */
async function run(t: TestContext, files: Record<string, string>, env = {}) {
  const folder = await scratch(t);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(root, 'test/tools/runner/main.ts'), folder],
    { cwd: root, env: plainEnv(env), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const [output, , [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { output, status };
}

const passes = `import { test } from 'node:test';
for (let nth = 0; nth < 100; nth++) test('passes ' + nth, () => {});
test('skipped', { skip: 'not here' }, () => {});`;

test('of what passes only the number is told', async (t) => {
  const { output, status } = await run(t, { 'a.test.ts': passes, 'helper.ts': 'throw 1' });
  assert.match(output, /^✓ 1 test file: 100 passed, 0 failed, 1 skipped \(\d+ s in all\)\n$/);
  assert.equal(status, 0);
});

test('what fails is told with its file, its name and its reason, and the exit status is 1', async (t) => {
  const fails = `import assert from 'node:assert/strict';
import { test } from 'node:test';
test('outer', async (t) => {
  await t.test('inner', () => assert.equal('this', 'that'));
});`;
  const { output, status } = await run(t, { 'a.test.ts': passes, 'b.test.ts': fails });
  assert.match(
    output,
    /✗ \S*b\.test\.ts: outer > inner\n {4}AssertionError[\s\S]*'this'[\s\S]*'that'/,
  );
  assert.match(output, /\n✗ 2 test files: 100 passed, 1 failed, 1 skipped/);
  assert.equal(status, 1);
});

test('a file that cannot be loaded fails, with what it printed', async (t) => {
  const { output, status } = await run(t, { 'a.test.ts': "import './nowhere.ts';" });
  assert.match(output, /✗ \S*a\.test\.ts\n[\s\S]*nowhere\.ts/);
  assert.equal(status, 1);
});

test('an old Node is refused at once, in words', async (t) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`;
  const { output, status } = await run(
    t,
    { 'a.test.ts': passes },
    { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}` },
  );
  assert.match(output, /^The tests need Node 20 or newer, and this is Node 18\.20\.8\. .*\n$/);
  assert.equal(status, 2);
});

test('a folder without tests is no success', async (t) => {
  const { output, status } = await run(t, {});
  assert.match(output, /No file in .* ends with \.test\.ts\./);
  assert.equal(status, 2);
});

test('at a terminal the tests are not told to write colours', async (t) => {
  const told = `import { test } from 'node:test';
test('colours', () => {
  if (process.env.FORCE_COLOR !== undefined || process.env.NO_COLOR !== '1') throw new Error('colours');
});`;
  assert.equal((await run(t, { 'a.test.ts': told }, { FORCE_COLOR: '1' })).status, 0);
});

test('every test of the project is found, and nothing of node_modules', async (t) => {
  const found = testFiles(join(root, 'test'));
  assert.ok(found.includes(join(root, 'test/cli/chat/chat.test.ts')));
  assert.ok(found.includes(join(root, 'test/client/models/models.test.ts')));
  const folder = await scratch(t);
  await mkdir(join(folder, 'node_modules/a'), { recursive: true });
  await writeFile(join(folder, 'node_modules/a/b.test.ts'), '');
  assert.deepEqual(testFiles(folder), []);
});

test('progress is one line that changes at a terminal, and a line now and then elsewhere', () => {
  for (const isTTY of [true, false]) {
    let written = '';
    let now = 0;
    const stream = { isTTY, columns: 10, write: (piece: string) => (written += piece) };
    const progress = createProgress(stream, () => now);
    progress.update('one of many');
    now += QUIET_MS;
    progress.update('two');
    progress.tell('done');
    progress.end();
    assert.equal(written, isTTY ? '\r\x1b[Kone of ma\r\x1b[Ktwo\r\x1b[Kdone\n' : 'two\ndone\n');
  }
  assert.deepEqual([duration(41_600), duration(185_000)], ['42 s', '3 min 5 s']);
});

test('what has a known number of steps tells how far it is, and about how long the rest takes', () => {
  const lines: string[] = [];
  let now = 0;
  const stream = { isTTY: true, columns: 80, write: (text: string) => lines.push(text) };
  const stepDone = countSteps(
    3,
    createProgress(stream, () => now),
    () => now,
  );
  for (const at of [30_000, 60_000, 90_000]) {
    now = at;
    stepDone('a column');
  }
  const clear = '\r\x1b[K';
  assert.deepEqual(lines, [
    `${clear}  1 of 3: a column; about 60 s left`,
    `${clear}  2 of 3: a column; about 30 s left`,
    `${clear}  3 of 3: a column; about 0 s left`,
    clear,
  ]);
});
