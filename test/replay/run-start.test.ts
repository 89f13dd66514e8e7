import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isRunner, startOfRun } from '../../src/replay/run-start.ts';

// What this run recorded is never replaced, and a test runner's run began with the runner.

const commands: [command: string, isRunner: boolean][] = [
  ['/usr/bin/node --test test/a.test.js', true],
  ['/usr/bin/node --import tsx --test', true],
  ['node (vitest) ', true],
  ['/usr/bin/node /app/node_modules/.bin/vitest run ', true],
  ['node /app/node_modules/vitest/vitest.mjs', true],
  ['node /app/node_modules/jest/bin/jest.js --maxWorkers 2', true],
  ['sh -c jest', true],
  ['/usr/bin/node --test-timeout=300 test/a.test.js', false],
  ['/usr/bin/node /home/jest-project/record.js', false],
  ['-bash', false],
];
for (const [command, expected] of commands) {
  test(`'${command}' is ${expected ? 'a' : 'no'} test runner`, () => {
    assert.equal(isRunner(command), expected);
  });
}

/** Starts a process that starts another one 300 ms later; gives how long after the first one the run of that began. */
async function runStartOfChild(marks: Record<string, string>, argument: string): Promise<number> {
  const module = new URL('../../src/replay/run-start.ts', import.meta.url);
  const child = `import('${module}').then(({ startOfRun }) => console.log(startOfRun()));`;
  const parent = `
    const start = Date.now() - process.uptime() * 1000;
    setTimeout(() => {
      const args = ['--import', 'tsx', '-e', ${JSON.stringify(child)}];
      const options = { encoding: 'utf8' };
      console.log(require('child_process').execFileSync(process.execPath, args, options) - start);
    }, 300);`;
  const { NODE_TEST_CONTEXT: _, VITEST: _v, JEST_WORKER_ID: _j, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', parent, argument], {
    env: { ...env, ...marks },
  });
  return Number(stdout);
}

test("a runner's worker belongs to the runner's run, however late it starts", async () => {
  assert.ok((await runStartOfChild({ VITEST: 'true' }, '/bin/vitest')) < 250);
});

test('any other process is a run of its own', async () => {
  assert.ok((await runStartOfChild({}, '/bin/vitest')) >= 300);
  assert.ok((await runStartOfChild({ VITEST: 'true' }, 'record.js')) >= 300);
});

test('the run of this process began before now', () => {
  assert.ok(startOfRun() < Date.now());
});
