import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startReplayServer } from '../../src/replay/index.ts';
import { plainEnv } from '../cli/commands.ts';
import { fixtures } from '../replay/helpers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const chinese = await readFile(join(root, 'README.zh-CN.md'), 'utf8');
const server = await startReplayServer(join(fixtures, 'llama.cpp-2026'));
const folder = await mkdtemp(join(tmpdir(), 'readme-'));
await mkdir(join(folder, 'node_modules'));
await symlink(root, join(folder, 'node_modules/local-llm-stream-agent'), 'junction');
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a snippet of the README as it stands there, but that LM Studio's address is the replay server's. */
async function run(name: string, page = readme): Promise<string> {
  const [, snippet] =
    page.split(`<!-- run: ${name} -->\n\`\`\`js\n`)[1]?.match(/^([\s\S]*?)```/) ?? [];
  assert.ok(snippet, `the README has no snippet ${name}`);
  const file = join(folder, name);
  const base = `baseURL: '${server.url}/hello/v1'`;
  const redirected = snippet
    .replace(/(content: '(?:你好|Say hello\.)' \}\] \})\);/, `$1, { ${base} });`)
    .replace(/\{ fetch: nodeFetch/g, `{ ${base}, fetch: nodeFetch`);
  await writeFile(file, redirected);
  return (await promisify(execFile)(process.execPath, [file], { env: plainEnv(), cwd: folder }))
    .stdout;
}

test('the loop, with the output below it', async () => {
  const [, shown = ''] = readme.split('```text\n')[1]?.match(/^([\s\S]*?)```/) ?? [];
  assert.equal(await run('library.mjs'), shown);
});

test('nodeFetch and listModels', async () => {
  assert.equal(await run('node-fetch.mjs'), 'Hello! How can I help you today?\n');
});

test('an error and its fields', async () => {
  assert.match(
    await run('errors.mjs'),
    /^connection refused\nhttp:\/\/127\.0\.0\.1:9999\/v1 cannot be reached: .*\nStart the server/,
  );
});

test('the library in Chinese', async () => {
  // The same mark as in English: run: library.mjs
  assert.equal(await run('library.mjs', chinese), 'Hello! How can I help you today?\ncomplete\n');
});

test('a recorded stream that is cut', async () => {
  await mkdir(join(folder, 'fixtures'));
  for (const name of ['hello.json', 'hello.sse']) {
    await copyFile(join(fixtures, 'llama.cpp-2026', name), join(folder, 'fixtures', name));
  }
  assert.equal(await run('replay.mjs'), 'interrupted\n');
});

test("the Chinese page registers the agent as the agent's own page does", () => {
  const block = (page: string) => /<!-- agent:agents\.json -->\n[\s\S]*?```\n/.exec(page)?.[0];
  const agentsPage = readFileSync(join(root, 'src/agent/README.zh-CN.md'), 'utf8');
  assert.ok(block(chinese));
  assert.equal(block(chinese), block(agentsPage));
});
