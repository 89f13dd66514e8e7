import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chatsWith, lastMeta, lastRequest, textsOf, thenSilent } from '../doubles/chats.ts';
import { ending, frame, raw, refuse, say, startServer } from '../doubles/scripted-server.ts';

const key = 'sk-lm-1234567890:abcdefghij';
const server = await startServer([
  { id: `model-${key}`, object: 'model', type: 'llm', state: 'loaded' },
]);
const chats = chatsWith(server);
const root = fileURLToPath(new URL('../../..', import.meta.url));

for (const [name, signal] of [
  ['is left, as when a window is reloaded', 'exit'],
  ['is killed: what was there some seconds before', 'SIGKILL'],
] as const) {
  test(`an answer is kept when VS Code ${name}`, async () => {
    server.script(thenSilent('Once ', 'upon a time'));
    const threadId = `thread_${signal}`;
    const file = join(chats.storagePath, `${signal}.mts`);
    writeFileSync(
      file,
      `import Agent from ${JSON.stringify(join(root, 'src/agent/index.ts'))};
import { createHost } from ${JSON.stringify(join(root, 'test/agent/doubles/host.ts'))};
const host = createHost(Agent, {
  storagePath: ${JSON.stringify(chats.storagePath)},
  metadata: { llm: { baseURL: '${server.baseURL}', model: 'tiny' } },
  threadId: '${threadId}',
});
host.send('Tell');
process.on('message', () => process.exit());
host.chunk((text) => text.includes('upon')).then(() => process.send('shown'));`,
    );
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    const path = join(chats.storagePath, threadId, 'thread.json');
    const saved = () => JSON.parse(readFileSync(path, 'utf8')).messages[1];
    if (signal === 'exit') {
      assert.equal(saved().text, '');
      child.send('leave');
    } else {
      while (saved().text === '') await new Promise((resolve) => setTimeout(resolve, 50));
      child.kill('SIGKILL');
    }
    await once(child, 'exit');
    const { text, meta, availableTasks } = saved();
    assert.deepEqual([text, meta.verdict], ['Once upon a time', 'stopped']);
    assert.equal(availableTasks[0].name, 'Continue');
  });
}

test('a panel that is closed ends the stream quietly: the part is saved, no error in it or behind it', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  host.close();
  await turn;
  await lastRequest(server).left;
  assert.deepEqual(textsOf(host), ['One', 'part']);
  assert.equal(host.buttons()[0]?.name, 'Continue', 'for whoever opens the chat again');
});

test('what the panel has not shown when it is closed is saved, too', async () => {
  let more = () => {};
  server.script((response) => {
    thenSilent('first')(response, lastRequest(server));
    more = () => response.write(frame({ content: ' second' }));
  });
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'first');
  host.close();
  more();
  await turn;
  assert.match(textsOf(host)[1] ?? '', /^first( second)?$/);
  assert.doesNotMatch(JSON.stringify(host.saved()), /error/i);
});

test('a turn right after Stop begins when the panel has heard of the end; an ordinary one at once', async () => {
  const host = chats.open();
  server.script(thenSilent('part'));
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.stop();
  await first;
  server.script(say('Two.'));
  const stoppedAt = performance.now();
  await host.send('Two');
  const begun = host.chunks.at(-1)?.at ?? 0;
  assert.ok(begun - stoppedAt > 500, `${begun - stoppedAt} ms`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  let asked = 0;
  server.script((response, seen) => {
    asked = performance.now();
    return say('Three.')(response, seen);
  });
  const sentAt = performance.now();
  await host.send('Three');
  assert.ok(asked - sentAt < 500, `${asked - sentAt} ms`);
});

test('of what a server sends only known numbers and short names are kept', async () => {
  const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const model = 'm'.repeat(100_000);
  server.script(
    raw(
      `data: {"model":"${model}","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"${'r'.repeat(5000)}"}]}\n\n` +
        `data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":"many","total_tokens":7,"more":${nested}}}\n\ndata: [DONE]\n\n`,
    ),
  );
  const host = chats.open();
  await host.send('Hi');
  assert.ok(
    JSON.stringify(host.saved()).length < 3000,
    JSON.stringify(host.saved()).slice(0, 3000),
  );
  const { usage } = lastMeta(host);
  if (usage !== undefined) assert.deepEqual(usage, { prompt_tokens: 5, total_tokens: 7 });
});

test('the key is nowhere, also where a server puts it into its names, its words and its answer', async () => {
  const settings = { apiKey: { mine: key } };
  const scripts = [
    raw(
      frame({ content: `The key is ${key.slice(0, 9)}` }, { model: `tiny-${key}` }) +
        frame({ content: `${key.slice(9)}.` }) +
        ending(),
    ),
    raw(frame({ reasoning_content: `Hm, ${key}` }) + frame({ content: 'x' }) + ending(key)),
    refuse(400, { error: { message: `No models loaded for ${key}` } }),
    refuse(401, { error: { message: `Malformed token ${key.slice(0, 12)}...` } }),
  ];
  for (const script of scripts) {
    server.script(script);
    const host = chats.open({ llm: { apiKey: 'mine', model: 'other' }, settings });
    await host.openPanel();
    await host.send('Hi');
    const all = JSON.stringify([
      host.saved(),
      host.posted,
      [...host.shown],
      await host.openPanel(),
    ]);
    assert.ok(!all.includes('1234567890') && !all.includes('abcdefghij'), all);
  }
});
