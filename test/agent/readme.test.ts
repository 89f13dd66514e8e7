import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { phrasesIn } from '../../src/agent/say/phrases.ts';
import { createHost } from './doubles/host.ts';
import { say, startServer } from './doubles/scripted-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const server = await startServer(
  [{ id: 'tiny', object: 'model', type: 'llm', state: 'loaded' }],
  '/v1/models',
);
server.script(say('Hello.'));
const folder = await mkdtemp(join(tmpdir(), 'agent-readme-'));
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const run = promisify(execFile);

// Read before any test is registered: the runner ends when those that it knows have ended.
const english = await readFile(join(root, 'src/agent/README.md'), 'utf8');
const chinese = await readFile(join(root, 'src/agent/README.zh-CN.md'), 'utf8');

for (const [file, text] of [
  ['README.md', english],
  ['README.zh-CN.md', chinese],
] as const) {
  const workspace = join(folder, file);

  /** A snippet, with the workspace and the server of this test in place of the reader's. */
  const snippet = (name: string): string => {
    const [, indent = '', code] =
      new RegExp(`<!-- ${name} -->\\n( *)\`\`\`\\w+\\n([\\s\\S]*?)\\n *\`\`\``).exec(text) ?? [];
    assert.ok(code, `${file} has no snippet ${name}`);
    return code
      .replace(new RegExp(`^${indent}`, 'gm'), '')
      .replaceAll('~/my-project', `'${workspace}'`)
      .replaceAll('http://127.0.0.1:1234/v1', server.baseURL);
  };
  const shell = (script: string) => run('bash', ['-euc', script], { cwd: root });

  test(`${file}: the four steps lead to an answer`, async () => {
    await shell(snippet('agent:copy'));
    const chat = join(workspace, '.ai_helper/agent/chat');
    await writeFile(join(chat, 'agents.json'), snippet('agent:agents.json'));
    const { agents } = JSON.parse(await readFile(join(chat, 'agents.json'), 'utf8'));
    const [{ path, metadata }] = agents;
    const Agent = createRequire(import.meta.url)(join(chat, path));
    const host = createHost(Agent, { storagePath: join(chat, 'threads'), metadata });
    await host.send('Hi');
    assert.deepEqual(
      host.saved().messages.map(({ text }) => text),
      ['Hi', 'Hello.'],
    );
  });

  const hasPowerShell = spawnSync('pwsh', ['-NoProfile', '-Command', 'exit 0']).status === 0;
  const skip = hasPowerShell ? false : 'there is no PowerShell';
  test(`${file}: the file is copied by PowerShell, too`, { skip }, async () => {
    const script = snippet('agent:copy-powershell').replace('$HOME\\my-project', `${workspace}-ps`);
    await run('pwsh', ['-NoProfile', '-Command', script], { cwd: root });
    const copied = join(`${workspace}-ps`, '.ai_helper/agent/chat/llm_chat_agent');
    assert.deepEqual(await readdir(copied), ['LocalLLMStreamAgent.js']);
  });

  test(`${file}: PowerShell is told the same place as sh`, () => {
    const place = '.ai_helper/agent/chat/llm_chat_agent';
    assert.ok(snippet('agent:copy').includes(place));
    assert.ok(snippet('agent:copy-powershell').replaceAll('\\', '/').includes(place));
  });

  test(`${file}: the command for them does the same`, async () => {
    await mkdir(workspace, { recursive: true });
    const { stdout } = await shell(`${snippet('agent:install')} --base-url ${server.baseURL}`);
    assert.match(
      stdout,
      /Unchanged: .*LocalLLMStreamAgent\.js[\s\S]*Unchanged: .*agents\.json, agent 'LocalLLMStreamAgent'/,
    );
    const { stdout: found } = await shell(
      `${snippet('agent:doctor')} --base-url ${server.baseURL}`,
    );
    assert.match(found, /✓ Streaming works/);
  });

  test(`${file}: the entry for 'Generate Text at Cursor' leads to the agent`, async () => {
    const folder = join(workspace, '.ai_helper/agent/internal_chat');
    const { agents } = JSON.parse(snippet('agent:text-gen'));
    const [{ name, path, metadata }] = agents;
    assert.equal(name, 'TextGenAgent');
    const Agent = createRequire(import.meta.url)(join(folder, path));
    const host = createHost(Agent, { storagePath: join(folder, 'threads'), metadata });
    await host.send('Hi');
    assert.equal(host.saved().messages[1]?.text, 'Hello.');
  });

  test(`${file}: the buttons and phrases that it names are those of the agent`, async () => {
    const phrases = phrasesIn(file.includes('zh') ? 'zh' : 'en');
    for (const label of [
      phrases.continue,
      phrases.answerShorter,
      phrases.resetContext,
      phrases.sendFile,
    ]) {
      assert.ok(text.includes(label), label);
    }
    for (const [, image = ''] of text.matchAll(/!\[.*?\]\((.*?)\)/g)) {
      assert.ok((await stat(join(root, 'src/agent', image))).size > 1000, image);
    }
  });

  test(`${file}: every setting is in the table, and nothing else`, async () => {
    const source = await readFile(join(root, 'src/agent/settings/settings.ts'), 'utf8');
    const [, body = ''] = /llmTypes = \{([\s\S]*?)\n\}/.exec(source) ?? [];
    const fields = [...body.matchAll(/^ {2}(\w+):/gm)].map(([, field]) => field);
    const [table = ''] = /\| `baseURL` \| `http:[^\n]*`\/v1`[^\n]*\n(?:\|.*\n)+/.exec(text) ?? [];
    const told = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field);
    assert.deepEqual(told.sort(), fields.sort());
  });
}
