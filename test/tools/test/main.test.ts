import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { plainEnv } from '../../cli/commands.ts';
import { scratch } from '../../replay/helpers.ts';
import { root } from '../project.ts';

/** Runs `npm test -- FOLDER` in a folder with these files. */
async function run(t: TestContext, files: Record<string, string>, env = {}) {
  const folder = await scratch(t);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(root, 'test/tools/test/main.ts'), folder],
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

test('of what passes only the number is printed', async (t) => {
  const { output, status } = await run(t, { 'a.test.ts': passes, 'helper.ts': 'throw 1' });
  assert.match(output, /^✓ 1 test file: 100 passed, 0 failed, 1 skipped \(\d+ s\)\n$/);
  assert.equal(status, 0);
});

test('what fails is printed with its file, its name, its reason and its place, and the exit status is 1', async (t) => {
  const fails = `import assert from 'node:assert/strict';
import { test } from 'node:test';
test('outer', async (t) => {
  await t.test('inner', () => assert.equal('this', 'that'));
});`;
  const { output, status } = await run(t, { 'a.test.ts': passes, 'b.test.ts': fails });
  assert.match(
    output,
    /✗ \S*b\.test\.ts: outer > inner\n {4}AssertionError[\s\S]*'this'[\s\S]*'that'[\s\S]* at .*b\.test\.ts:4:\d+/,
  );
  assert.match(output, /\n✗ 2 test files: 100 passed, 1 failed, 1 skipped/);
  assert.equal(status, 1);
});

test('a file that cannot be loaded fails, with what it printed', async (t) => {
  const fails = "console.log('before');\nthrow new Error('no way');";
  const { output, status } = await run(t, { 'a.test.ts': fails });
  assert.match(output, /✗ \S*a\.test\.ts\n[\s\S]*before[\s\S]*no way/);
  assert.equal(status, 1);
});

test('a file that cannot be compiled is named, and no test runs', async (t) => {
  const files = { 'a.test.ts': "import './nowhere.ts';", 'b.test.ts': passes };
  const { output, status } = await run(t, files);
  assert.match(output, /a\.test\.ts:1:7: ERROR: Could not resolve "\.\/nowhere\.ts"\n$/);
  assert.equal(status, 2);
});

test('an old Node is refused at once, in words', async (t) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`;
  const { output, status } = await run(
    t,
    { 'a.test.ts': passes },
    { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}` },
  );
  assert.match(output, /^This needs Node 20 or newer, and this is Node 18\.20\.8\. .*\n$/);
  assert.equal(status, 2);
});

test('a folder without tests fails', async (t) => {
  const { output, status } = await run(t, {});
  assert.match(output, /No file in .* ends with \.test\.ts\./);
  assert.equal(status, 2);
});

test('the tests are not made to write colours', async (t) => {
  const colourless = `import { test } from 'node:test';
test('colours', () => {
  if (process.env.FORCE_COLOR !== undefined || process.env.NO_COLOR !== '1') throw new Error('colours');
});`;
  assert.equal((await run(t, { 'a.test.ts': colourless }, { FORCE_COLOR: '1' })).status, 0);
});

test('the tests of a folder in the folder are found, and none of node_modules or of other runners', async (t) => {
  const { output, status } = await run(t, {
    'inner/a.test.ts': passes,
    'node_modules/a/b.test.ts': 'throw 1',
    'examples/c.test.ts': 'throw 1',
  });
  assert.match(output, /^✓ 1 test file: 100 passed/);
  assert.equal(status, 0);
});
