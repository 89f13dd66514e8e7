import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
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
    .replace(/(temperature: 0\.7,\n\})\)/, `$1, { ${base} })`)
    .replace("'你好' }] });", `'你好' }] }, { ${base} });`)
    .replace(/\{ fetch: nodeFetch/g, `{ ${base}, fetch: nodeFetch`);
  await writeFile(file, redirected);
  return (await promisify(execFile)(process.execPath, [file], { env: plainEnv(), cwd: folder }))
    .stdout;
}

test('the library in ten lines', async () => {
  assert.match(
    await run('library.mjs'),
    /^Hello! How can I help you today\?\ncomplete: 20 tokens, the first after \d+ ms\n$/,
  );
});

test('nodeFetch and listModels', async () => {
  assert.match(await run('node-fetch.mjs'), /id: 'qwen3-tiny'[\s\S]*Hello! How can I help/);
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

test('every option of the client is in its table, and nothing else', async () => {
  const types = await readFile(join(root, 'src/chat/types.ts'), 'utf8');
  const declared = ['Timeouts', 'ServerOptions', 'StreamOptions'].flatMap((name) => {
    const [, body = ''] =
      types.match(new RegExp(`interface ${name}[^{]*\\{([\\s\\S]*?)\\n\\}`)) ?? [];
    const prefix = name === 'Timeouts' ? 'timeouts.' : '';
    return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, field]) => prefix + field);
  });
  const [, table = ''] = readme.match(/### Options\n([\s\S]*?)\n\n[^|]/) ?? [];
  const told = [...table.matchAll(/^\| `([\w.]+)`/gm)].map(([, field]) => field);
  assert.deepEqual(told.sort(), declared.filter((field) => field !== 'timeouts').sort());
});
