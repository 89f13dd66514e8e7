import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { install } from '../../../src/cli/setup/install.ts';
import { runCli, runCommand } from '../commands.ts';

const root = mkdtempSync(join(tmpdir(), 'agent-install-'));
const dead = 'http://127.0.0.1:9/v1';
after(() => rmSync(root, { recursive: true }));

let workspaces = 0;

function makeWorkspace(files: { [path: string]: string } = {}): string {
  const workspace = join(root, `workspace ${++workspaces}`);
  mkdirSync(join(workspace, '.ai_helper/agent/chat/llm_chat_agent'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(workspace, path), text);
  return workspace;
}

const LIST = '.ai_helper/agent/chat/agents.json';
const FILE = '.ai_helper/agent/chat/llm_chat_agent/LocalLLMStreamAgent.js';
const readList = (workspace: string) => JSON.parse(readFileSync(join(workspace, LIST), 'utf8'));

test('the agent is installed where the extension looks, loads there, and installing again changes nothing', async () => {
  const workspace = makeWorkspace();
  rmSync(join(workspace, '.ai_helper'), { recursive: true });
  const first = await runCommand(install, [workspace, '--base-url', dead]);
  assert.equal(first.status, 0);
  assert.match(first.printed, /agents\.json, agent 'LocalLLMStreamAgent'\n\n[^\n]*press Refresh/);
  const Agent = createRequire(import.meta.url)(join(workspace, FILE));
  assert.equal(Agent.name, 'LocalLLMStreamAgent');
  assert.ok(new Agent({}, {}));
  assert.deepEqual(readList(workspace).agents, [
    {
      name: 'LocalLLMStreamAgent',
      path: './llm_chat_agent/LocalLLMStreamAgent.js',
      metadata: { llm: { baseURL: dead } },
    },
  ]);
  const before = readFileSync(join(workspace, LIST), 'utf8');
  const second = await runCommand(install, [workspace]);
  assert.match(second.printed, /Unchanged: .*agents\.json[\s\S]*Reload Window/);
  assert.equal(readFileSync(join(workspace, LIST), 'utf8'), before);
  assert.deepEqual(readdirSync(join(workspace, '.ai_helper/agent/chat')).sort(), [
    'agents.json',
    'llm_chat_agent',
  ]);
});

test('without --model none is saved, since the loaded one is the default; one that was chosen stays', async () => {
  const workspace = makeWorkspace();
  await runCommand(install, [workspace, '--base-url', dead]);
  assert.deepEqual(readList(workspace).agents[0].metadata.llm, { baseURL: dead });
  await runCommand(install, [workspace, '--model', 'big']);
  await runCommand(install, [workspace]);
  assert.deepEqual(readList(workspace).agents[0].metadata.llm, { baseURL: dead, model: 'big' });
});

test('an address without /v1 is saved as given, and that is said with the other one', async () => {
  const workspace = makeWorkspace();
  const given = 'http://127.0.0.1:9';
  const { printed } = await runCommand(install, [workspace, '--base-url', given]);
  assert.match(
    printed,
    /\nhttp:\/\/127\.0\.0\.1:9 does not end with \/v1[^\n]*--base-url http:\/\/127\.0\.0\.1:9\/v1\n/,
  );
  assert.equal(readList(workspace).agents[0].metadata.llm.baseURL, given);
});

test('a list that is not valid JSON is left alone, and nothing else is written', async () => {
  const workspace = makeWorkspace({ [LIST]: '{\n  "agents": [,]\n}' });
  await assert.rejects(
    runCommand(install, [workspace, '--base-url', dead]),
    /agents\.json, line 2, column 14: this is not valid JSON, in which comments .* Nothing was changed\.$/,
  );
  assert.equal(readFileSync(join(workspace, LIST), 'utf8'), '{\n  "agents": [,]\n}');
  assert.deepEqual(readdirSync(join(workspace, '.ai_helper/agent/chat/llm_chat_agent')), []);
});

test('a byte order mark, which My Assistant cannot read, is taken out; line ends stay', async () => {
  const workspace = makeWorkspace({ [LIST]: '\ufeff{\r\n  "agents": []\r\n}\r\n' });
  await runCommand(install, [workspace, '--base-url', dead]);
  const text = readFileSync(join(workspace, LIST), 'utf8');
  assert.ok(text.startsWith('{\r\n'));
  assert.ok(!/[^\r]\n/.test(text));
});

test('ten at once keep ten entries, even if a killed process has left its lock, and leave nothing behind', async (t) => {
  const workspace = makeWorkspace({ [LIST]: '{ "agents": [] }\n' });
  const lock = join(workspace, `${LIST}.lock`);
  mkdirSync(lock);
  // All of them soon wait for it, and it is old enough to be removed a moment later.
  const earlier = new Date(Date.now() - 8000);
  utimesSync(lock, earlier, earlier);
  const names = Array.from({ length: 10 }, (_, nth) => `Agent ${nth}`);
  const inProcess = names
    .slice(0, 8)
    .map((name) => runCommand(install, [workspace, '--name', name, '--base-url', dead]));
  const inOthers = names
    .slice(8)
    .map((name) => runCli(t, ['install', workspace, '--name', name, '--base-url', dead]));
  for (const { status } of await Promise.all([...inProcess, ...inOthers])) assert.equal(status, 0);
  const written = readList(workspace).agents.map(({ name }: { name: string }) => name);
  assert.deepEqual(written.sort(), names);
  assert.deepEqual(readdirSync(join(workspace, '.ai_helper/agent/chat')).sort(), [
    'agents.json',
    'llm_chat_agent',
  ]);
});

test("--text-gen enters the agent for 'Generate Text at Cursor', with a path that leads to the same file", async () => {
  const workspace = makeWorkspace();
  const { printed } = await runCommand(install, [workspace, '--base-url', dead, '--text-gen']);
  assert.match(
    printed,
    /internal_chat.agents\.json, agent 'TextGenAgent'[\s\S]*'Generate Text at Cursor' now uses this agent/,
  );
  const list = join(workspace, '.ai_helper/agent/internal_chat/agents.json');
  const { agents } = JSON.parse(readFileSync(list, 'utf8'));
  assert.deepEqual(agents, [
    {
      name: 'TextGenAgent',
      path: '../chat/llm_chat_agent/LocalLLMStreamAgent.js',
      metadata: { llm: { baseURL: dead } },
    },
  ]);
  assert.equal(join(dirname(list), agents.at(0)?.path ?? ''), join(workspace, FILE));
});

test('without a folder it says which one it takes', async (t) => {
  const { stdout, status } = await runCli(t, ['install', '--base-url', dead], {
    cwd: makeWorkspace(),
  });
  assert.equal(status, 0);
  assert.match(stdout, /^The workspace is .*workspace \d+, the current folder\.\n/);
});

test('in Chinese, by --lang or by LANG', async () => {
  const workspace = makeWorkspace();
  const asked = await runCommand(install, [workspace, '--base-url', dead, '--lang', 'zh']);
  assert.match(
    asked.printed,
    /已写入：[^\n]*，智能体“LocalLLMStreamAgent”\n\n[^\n]*选择“LocalLLMStreamAgent”/,
  );
  const byLang = await runCommand(install, [workspace], { LANG: 'zh_CN.UTF-8' });
  assert.match(byLang.printed, /没有变化：/);
});

test('agents.json keeps its permissions', { skip: process.platform === 'win32' }, async () => {
  const workspace = makeWorkspace({ [LIST]: '{ "agents": [] }\n' });
  const list = join(workspace, LIST);
  chmodSync(list, 0o600);
  assert.equal((await runCommand(install, [workspace, '--base-url', dead])).status, 0);
  assert.match(readFileSync(list, 'utf8'), /LocalLLMStreamAgent/);
  assert.equal(statSync(list).mode & 0o777, 0o600);
});

test('an agent of another maker is kept, and a second one beside it', async () => {
  const workspace = makeWorkspace();
  for (const text of ['// the first', '// the second']) {
    writeFileSync(join(workspace, FILE), text);
    assert.equal((await runCommand(install, [workspace, '--base-url', dead])).status, 0);
  }
  const kept = (name: string) => readFileSync(join(workspace, FILE.replace('.js', name)), 'utf8');
  assert.equal(kept('.previous.js'), '// the first');
  assert.equal(kept('.previous-2.js'), '// the second');
});

test("an agent of the user's own under the same name is kept, byte for byte, with its permissions", async () => {
  const workspace = makeWorkspace();
  const own = Buffer.from('// café, improved', 'latin1');
  writeFileSync(join(workspace, FILE), own, { mode: 0o600 });
  const { printed } = await runCommand(install, [workspace, '--base-url', dead]);
  assert.match(printed, /kept as .*LocalLLMStreamAgent\.previous\.js[\s\S]*Reload Window/);
  const kept = join(workspace, FILE.replace('.js', '.previous.js'));
  assert.deepEqual(readFileSync(kept), own);
  if (process.platform !== 'win32') assert.equal(statSync(kept).mode & 0o777, 0o600);
});

test('in a project of ES modules the file still loads', async () => {
  const workspace = makeWorkspace({ 'package.json': '{ "type": "module" }' });
  const { printed } = await runCommand(install, [workspace, '--base-url', dead]);
  assert.match(printed, /"type": "module"/);
  assert.equal(createRequire(import.meta.url)(join(workspace, FILE)).name, 'LocalLLMStreamAgent');
});

test("a package.json in the agent's own folder is left alone, and refused if the agent cannot be loaded under it", async () => {
  const file = '.ai_helper/agent/chat/llm_chat_agent/package.json';
  const mine = '{ "type": "commonjs", "mine": 1 }';
  const right = makeWorkspace({ 'package.json': '{ "type": "module" }', [file]: mine });
  assert.equal((await runCommand(install, [right, '--base-url', dead])).status, 0);
  assert.equal(readFileSync(join(right, file), 'utf8'), mine);
  const wrong = makeWorkspace({ [file]: '{ "type": "module" }' });
  await assert.rejects(runCommand(install, [wrong, '--base-url', dead]), {
    message: `${join(wrong, file)} says "type": "module", so the agent cannot be loaded. Remove that line, then try again.`,
  });
  assert.equal(existsSync(join(wrong, FILE)), false);
  await assert.rejects(runCommand(install, [wrong, '--lang', 'zh']), /这样智能体加载不了/);
});

test('words that make no sense are refused', async () => {
  await assert.rejects(runCommand(install, ['nowhere']), {
    message: `There is no folder '${join(process.cwd(), 'nowhere')}'.`,
  });
  await assert.rejects(runCommand(install, [join(root, 'nowhere')]), {
    message: `There is no folder '${join(root, 'nowhere')}'.`,
  });
  for (const args of [
    [root, root],
    [root, '--base-url', 'localhost:1234'],
    [root, '--name', ' '],
    [root, '--model', ''],
    [root, '--lang', 'fr'],
  ]) {
    await assert.rejects(runCommand(install, args), { name: 'UsageError' }, args.join(' '));
  }
});
