import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratch } from '../replay/helpers.ts';

const main = fileURLToPath(new URL('../../src/cli/local-llm.ts', import.meta.url));

function command(...args: string[]): Promise<{ status: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, ...args], (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, stdout, stderr }),
    );
  });
}

test('agents.json keeps its permissions', { skip: process.platform === 'win32' }, async (t) => {
  const workspace = await scratch(t);
  const folder = join(workspace, '.ai_helper/agent/chat');
  await mkdir(folder, { recursive: true });
  const list = join(folder, 'agents.json');
  await writeFile(list, '{ "agents": [] }\n');
  await chmod(list, 0o600);
  assert.equal((await command('install', workspace, '--model', 'm')).status, 0);
  assert.match(await readFile(list, 'utf8'), /LocalLLMStreamAgent/);
  assert.equal((await stat(list)).mode & 0o777, 0o600);
});

test('an agent of another maker is kept, and a second one beside it', async (t) => {
  const workspace = await scratch(t);
  const folder = join(workspace, '.ai_helper/agent/chat/llm_chat_agent');
  await mkdir(folder, { recursive: true });
  for (const text of ['// the first', '// the second']) {
    await writeFile(join(folder, 'LocalLLMStreamAgent.js'), text);
    assert.equal((await command('install', workspace, '--model', 'm')).status, 0);
  }
  const kept = (name: string) => readFile(join(folder, name), 'utf8');
  assert.equal(await kept('LocalLLMStreamAgent.previous.js'), '// the first');
  assert.equal(await kept('LocalLLMStreamAgent.previous-2.js'), '// the second');
});

test('installed twice, it says that nothing has changed', async (t) => {
  const workspace = await scratch(t);
  await command('install', workspace, '--model', 'm');
  const { stdout } = await command('install', workspace, '--model', 'm');
  assert.match(stdout, /Nothing has changed/);
});

test('an empty name is refused', async (t) => {
  const { status, stderr } = await command('install', await scratch(t), '--name', ' ');
  assert.equal(status, 2);
  assert.match(stderr, /--name/);
});

test('doctor: a name that nobody knows is told as that', async () => {
  const { status, stdout } = await command('doctor', '--base-url', 'http://nowhere.invalid/v1');
  assert.equal(status, 1);
  assert.match(stdout, /No machine is known as nowhere\.invalid/);
  assert.doesNotMatch(stdout, /Start the server/);
});
