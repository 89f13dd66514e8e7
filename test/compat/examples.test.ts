import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readSource } from '../../src/replay/exchange/folder.ts';
import { startReplayServer } from '../../src/replay/index.ts';
import { fixtures, scratch } from '../replay/helpers.ts';

// test/compat/examples: the kit in other people's test runners and clients, as it is built. Each runner records into an
// empty folder, several files at once, and then replays without a server.

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'test/compat/examples');
const isInstalled = existsSync(join(examples, 'node_modules/vitest'));
const isBuilt = existsSync(join(root, 'dist/replay.js'));
const skip = !isInstalled
  ? 'the examples are not installed: npm ci --prefix test/compat/examples'
  : !isBuilt && 'the package is not built: npm run build';

before(async () => {
  if (skip) return;
  const link = join(examples, 'node_modules/local-llm-stream-agent');
  // One that another copy of the project has made would test that copy.
  if ((await realpath(link).catch(() => undefined)) === (await realpath(root))) return;
  await rm(link, { force: true });
  await symlink(root, link, 'junction');
});

/** Runs a command of the examples; gives its output, and whether it was happy. */
function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ ok: boolean; output: string }> {
  const { NODE_TEST_CONTEXT: _, CI: _ci, ...rest } = process.env;
  return new Promise((done) => {
    execFile(
      process.execPath,
      args,
      { cwd: examples, env: { ...rest, NO_COLOR: '1', ...env } },
      (error, stdout, stderr) => done({ ok: error === null, output: stdout + stderr }),
    );
  });
}

test('the examples are of the right types', { skip }, async () => {
  const { ok, output } = await run([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {});
  assert.ok(ok, output);
});

const setup = 'local-llm-stream-agent/replay/setup';
const besides = ['msw', 'nock', 'undici'];
const runners: [name: string, args: string[], requests: number][] = [
  [
    'vitest, with four clients in four files',
    ['node_modules/vitest/vitest.mjs', 'run', '--dir', 'vitest'],
    12,
  ],
  [
    'jest',
    ['node_modules/jest/bin/jest.js', '--testMatch', '**/jest/*.test.cjs', '--maxWorkers', '2'],
    6,
  ],
  ['node:test', ['--test', 'node-test/first.test.mjs', 'node-test/second.test.mjs'], 6],
  [
    'vitest, with one line of setup and three clients that do not know of it',
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'setup/vitest.config.mjs'],
    4,
  ],
  [
    'jest, with one line of setup',
    ['node_modules/jest/bin/jest.js', '--setupFiles', setup, '--testMatch', '**/setup/*.jest.cjs'],
    1,
  ],
  [
    'node:test, with one line of setup, beside msw, nock and undici',
    ['--import', setup, '--test', ...besides.map((name) => `setup/${name}.test.mjs`)],
    3,
  ],
];
for (const [name, args, requests] of runners) {
  test(`${name}: recorded once, each request under its own name, then replayed in CI`, {
    skip,
  }, async (t) => {
    const folder = await scratch(t);
    const server = await startReplayServer(join(fixtures, 'lmstudio/hello'));
    t.after(() => server.close());
    const env = {
      FIXTURES: folder,
      LOCAL_LLM_FIXTURES: folder,
      OPENAI_BASE_URL: `${server.url}/v1`,
    };
    const recording = await run(args, env);
    assert.ok(recording.ok, recording.output);
    const recorded = [await readSource(folder)].flat();
    assert.equal(recorded.length, requests);
    const bodies = new Set(recorded.map((it) => JSON.stringify(it.request.body)));
    assert.equal(bodies.size, requests);
    for (const exchange of recorded) {
      assert.equal(exchange.end, 'complete');
      await exchange.readBody();
    }
    await server.close();
    const replaying = await run(args, { ...env, CI: 'true' });
    assert.ok(replaying.ok, replaying.output);
    assert.equal([await readSource(folder)].flat().length, requests);
  });
}

test('each client shows a miss in the words of the miss', {
  skip,
}, async (t) => {
  const folder = await scratch(t);
  const server = await startReplayServer(join(fixtures, 'lmstudio/hello'));
  t.after(() => server.close());
  const env = { FIXTURES: folder, OPENAI_BASE_URL: `${server.url}/v1` };
  const [, vitest = []] = runners[0] ?? [];
  await run([...vitest, '-t', 'Ada'], env);
  await server.close();
  const { ok, output } = await run(vitest, { ...env, CI: 'true' });
  assert.equal(ok, false);
  const files = ['ours', 'openai', 'ai-sdk', 'langchain'];
  for (const file of files) assert.match(output, new RegExp(`${file}\\.test\\.ts > greets Bob`));
  const misses = output.match(/No recording matches POST \/v1\/chat\/completions/g);
  assert.ok(Number(misses?.length) >= 2 * files.length, output);
});
