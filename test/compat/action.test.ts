import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, fixtures, scratch } from '../replay/helpers.ts';

// action.yml: `serve` as a step of other people's workflows. GitHub passes on what start.mjs writes into its files.

type Context = { after(done: () => unknown): void };

const root = fileURLToPath(new URL('../..', import.meta.url));
const skip =
  process.platform === 'win32'
    ? 'a program cannot be asked to end there'
    : !existsSync(join(root, 'dist/cli.js')) && 'the package is not built: npm run build';

/** The values that a step has written for the next ones. */
function valuesIn(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => line.split('=', 2)));
}

async function runStep(script: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(root, '.github/action', script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { output, status };
}

/** Runs the main step. `stop` runs the one after the job. */
async function start(t: Context, inputs: { folder: string; strict?: boolean }) {
  const folder = await scratch(t);
  const files = ['STATE', 'OUTPUT', 'ENV'].map((name) => [`GITHUB_${name}`, join(folder, name)]);
  for (const [, file = ''] of files) writeFileSync(file, '');
  const given = {
    INPUT_FOLDER: inputs.folder,
    INPUT_PORT: '0',
    INPUT_STRICT: String(inputs.strict ?? false),
  };
  const env = { ...given, RUNNER_TEMP: folder, ...Object.fromEntries(files) };
  const started = await runStep('start.mjs', env);
  const state = valuesIn(join(folder, 'STATE'));
  t.after(() => {
    if (state.pid !== undefined && isRunning(Number(state.pid))) process.kill(Number(state.pid));
  });
  const stop = () => runStep('stop.mjs', { ...given, STATE_pid: state.pid, STATE_log: state.log });
  return {
    ...started,
    ...valuesIn(join(folder, 'OUTPUT')),
    exported: valuesIn(join(folder, 'ENV')),
    stop,
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the steps that follow are answered, and the job is fine if nothing was missed', {
  skip,
}, async (t) => {
  const { status, exported, stop } = await start(t, { folder: join(fixtures, 'lmstudio/hello') });
  assert.equal(status, 0);
  const response = await fetch(`${exported.OPENAI_BASE_URL}/chat/completions`, ask());
  assert.match(await response.text(), /\[DONE\]/);
  const stopped = await stop();
  assert.match(stopped.output, /POST \/v1\/chat\/completions <- hello/);
  assert.equal(stopped.status, 0);
});

test('a request that found no exchange fails the job; with strict an unused one does, too', {
  skip,
}, async (t) => {
  const missed = await start(t, { folder: fixtures });
  await fetch(`${missed.exported.OPENAI_BASE_URL}/chat/completions`, ask('nobody recorded this'));
  const stopped = await missed.stop();
  assert.match(stopped.output, /::error::1 request found no exchange/);
  assert.equal(stopped.status, 1);
  const unused = await start(t, { folder: join(fixtures, 'lmstudio/hello'), strict: true });
  assert.equal((await unused.stop()).status, 1);
});

test('a folder that is not there fails the step, in words', { skip }, async (t) => {
  const { status, output, stop } = await start(t, { folder: join(fixtures, 'nope') });
  assert.equal(status, 1);
  assert.match(output, /^::error::serve: There is no folder /);
  assert.equal((await stop()).status, 0);
});
