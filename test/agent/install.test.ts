import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { install } from '../../src/cli/install.ts';
import { runCommand } from './commands.ts';
import { deadURL, startServer } from './scripted-server.ts';

const root = mkdtempSync(join(tmpdir(), 'agent-install-'));
const dead = await deadURL();
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
  assert.match(first.printed, /No list of models[\s\S]*press Refresh/);
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

test('without --model the loaded model is taken; a model that was chosen stays', async () => {
  const server = await startServer([
    { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
    { id: 'tiny', object: 'model', type: 'llm', state: 'loaded' },
  ]);
  const workspace = makeWorkspace();
  await runCommand(install, [workspace, '--base-url', server.baseURL]);
  assert.equal(readList(workspace).agents[0].metadata.llm.model, 'tiny');
  await runCommand(install, [workspace, '--model', 'big']);
  await runCommand(install, [workspace, '--base-url', server.baseURL, '--name', 'Second']);
  await runCommand(install, [workspace]);
  assert.deepEqual(
    readList(workspace).agents.map(
      ({ name, metadata }: { name: string; metadata: { llm: object } }) => [name, metadata.llm],
    ),
    [
      ['LocalLLMStreamAgent', { model: 'big', baseURL: server.baseURL }],
      ['Second', { model: 'tiny', baseURL: server.baseURL }],
    ],
  );
  await server.close();
});

test('a list that is not valid JSON is left alone, and nothing else is written', async () => {
  const workspace = makeWorkspace({ [LIST]: '{\n  "agents": [,]\n}' });
  await assert.rejects(
    runCommand(install, [workspace, '--base-url', dead]),
    /agents\.json was left alone.*line 2, column 14: ","/,
  );
  assert.equal(readFileSync(join(workspace, LIST), 'utf8'), '{\n  "agents": [,]\n}');
  assert.deepEqual(readdirSync(join(workspace, '.ai_helper/agent/chat/llm_chat_agent')), []);
});

test("an agent of the user's own under the same name is kept", async () => {
  const workspace = makeWorkspace({ [FILE]: '// the tutorial, improved' });
  const { printed } = await runCommand(install, [workspace, '--base-url', dead]);
  assert.match(printed, /kept as .*LocalLLMStreamAgent\.previous\.js[\s\S]*Reload Window/);
  assert.equal(
    readFileSync(join(workspace, FILE.replace('.js', '.previous.js')), 'utf8'),
    '// the tutorial, improved',
  );
});

test('in a project of ES modules the file still loads', async () => {
  const workspace = makeWorkspace({ 'package.json': '{ "type": "module" }' });
  const { printed } = await runCommand(install, [workspace, '--base-url', dead]);
  assert.match(printed, /"type": "module"/);
  assert.equal(createRequire(import.meta.url)(join(workspace, FILE)).name, 'LocalLLMStreamAgent');
});

test('words that make no sense are refused', async () => {
  await assert.rejects(runCommand(install, [join(root, 'nowhere')]), /is not a folder/);
  await assert.rejects(runCommand(install, [root, root]), { name: 'UsageError' });
  await assert.rejects(runCommand(install, [root, '--base-url', 'localhost:1234']), {
    name: 'UsageError',
  });
});
