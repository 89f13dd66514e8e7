import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  chatsWith,
  lastMeta,
  lastRequest,
  stoppedEarly,
  textsOf,
  thenSilent,
} from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import {
  begin,
  ending,
  frame,
  raw,
  refuse,
  type Script,
  say,
  startServer,
} from '../doubles/scripted-server.ts';

const key = 'sk-lm-1234567890:abcdefghij';
const server = await startServer([
  { id: `model-${key}`, object: 'model', type: 'llm', state: 'loaded' },
]);
const chats = chatsWith(server);

/** A VS Code of its own, which has asked something; ended with the test. */
function startChat(t: TestContext, threadId: string) {
  const program = fileURLToPath(new URL('chat-process.ts', import.meta.url));
  const child = fork(program, [chats.storagePath, server.baseURL, threadId], {
    execArgv: ['--import', 'tsx'],
  });
  const path = join(chats.storagePath, threadId, 'thread.json');
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  return {
    child,
    ended,
    reply: () => JSON.parse(readFileSync(path, 'utf8')).messages[1],
    /** Resolves when it says so. */
    async says(words: string): Promise<void> {
      for (let said = ''; said !== words; ) {
        const heard = once(child, 'message');
        [said] = await Promise.race([heard, ended.then(() => ['nothing, and ended'])]);
        assert.notEqual(said, 'nothing, and ended');
      }
    },
  };
}

function assertKept({
  text,
  meta,
  availableTasks,
}: ReturnType<ReturnType<typeof startChat>['reply']>): void {
  assert.deepEqual([text, meta.verdict], ['Once upon a time', 'stopped']);
  assert.equal(availableTasks[0].name, 'Continue');
}

test('what is saved when VS Code is left is forgotten when the reply has ended', async () => {
  const before = process.listenerCount('exit');
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  assert.equal(process.listenerCount('exit'), before + 1);
  host.stop();
  await turn;
  assert.equal(process.listenerCount('exit'), before);
});

test('many answers at once are saved at the end of the process by one listener: Node warns of eleven', async () => {
  const before = process.listenerCount('exit');
  server.script(thenSilent('part'));
  const hosts = [chats.open(), chats.open(), chats.open()];
  const turns = hosts.map((host) => host.send('One'));
  for (const host of hosts) await host.chunk((text) => text === 'part');
  process.listeners('exit').at(-1)?.(0);
  for (const host of hosts) assert.deepEqual(textsOf(host), ['One', 'part']);
  const counts: number[] = [];
  for (const [i, host] of hosts.entries()) {
    counts.push(process.listenerCount('exit') - before);
    host.stop();
    await turns[i];
  }
  counts.push(process.listenerCount('exit') - before);
  assert.deepEqual(counts, [1, 1, 1, 0]);
});

test('an answer is kept when VS Code is left, as when a window is reloaded', async (t) => {
  server.script(thenSilent('Once ', 'upon a time'));
  const chat = startChat(t, 'thread_left');
  await chat.says('shown');
  chat.child.send('leave');
  await chat.ended;
  assertKept(chat.reply());
});

test('what was there some seconds before is kept when VS Code is killed', async (t) => {
  server.script(thenSilent('Once ', 'upon a time'));
  const chat = startChat(t, 'thread_killed');
  await chat.says('shown');
  await chat.says('saved');
  chat.child.kill('SIGKILL');
  await chat.ended;
  assertKept(chat.reply());
});

/** Sends some reasoning, and is silent then. */
const thenThinking: Script = (response) => {
  begin(response);
  response.write(frame({ reasoning_content: 'Hm' }));
};

for (const [name, script, part] of [
  ['in mid-answer', thenSilent('part'), 'part'],
  ['in silence', thenSilent(), stoppedEarly],
  ['in mid-reasoning', thenThinking, /^> 💭 \*\*Thought for \d+ s\*\*\n>\n> Hm$/],
] as const) {
  test(`a panel that is closed ${name} ends the stream quietly: no error in it, no bubble behind it`, async () => {
    server.script(script);
    const host = chats.open();
    const turn = host.send('One');
    if (name === 'in mid-reasoning') {
      await clock.passUntil(() => host.posted.some(({ text }) => /💭/.test(String(text))));
    } else await host.chunk((text) => (part === stoppedEarly ? true : text !== ''));
    host.close();
    await turn;
    await lastRequest(server).left;
    const [question, reply = '', ...more] = textsOf(host);
    assert.deepEqual([question, more], ['One', []]);
    if (typeof part === 'string') assert.equal(reply, part);
    else assert.match(reply, part);
  });
}

test('a panel that is closed between two chunks: the words that wait for the next one are saved', async () => {
  server.script(thenSilent('Once ', 'upon'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'Once ');
  host.close();
  await turn;
  assert.deepEqual(textsOf(host), ['One', 'Once upon']);
});

test('a panel that is closed at the end, or before an error: both are saved, and nothing else', async () => {
  for (const [last, saved] of [
    [ending(), /^part$/],
    ['event: error\ndata: {"error":{"message":"Broken."}}\n\n', /^part\n\n> [\s\S]*"Broken\."/],
  ] as const) {
    let end = () => {};
    server.script((response) => {
      begin(response);
      response.write(frame({ content: 'part' }));
      end = () => response.end(last);
    });
    const host = chats.open();
    const turn = host.send('One');
    await host.chunk((text) => text === 'part');
    end();
    await new Promise((resolve) => setImmediate(resolve));
    host.close();
    await turn;
    const [question, reply = '', ...more] = textsOf(host);
    assert.deepEqual([question, more], ['One', []]);
    assert.match(reply, saved);
  }
});

test('an answer whose panel was closed can be continued by whoever opens the chat again', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  host.close();
  await turn;
  assert.equal(host.buttons()[0]?.name, 'Continue');
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
  const host = chats.open({ isHasty: true });
  server.script(thenSilent('part'));
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.stop();
  await first;
  const stoppedAt = clock.now();
  const stops: boolean[] = [];
  server.script(async (response, seen) => {
    stops.push(clock.now() - stoppedAt > 500);
    // The panel has heard of the first turn's end by now: the second keeps its Stop button.
    await clock.pass(1000);
    stops.push(host.hasStop);
    return say('Two.')(response, seen);
  });
  await host.send('Two');
  assert.deepEqual(stops, [true, true]);
  await clock.pass(1000);
  server.script(say('Three.'));
  const sentAt = clock.now();
  await host.send('Three');
  assert.equal(clock.now(), sentAt, 'it has waited for no time at all');
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
    raw(frame({ content: `Hm, ${key} sk-` }) + frame({ content: '</think>x' }) + ending()),
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

test('a full disk while an answer is written leaves the old thread whole; that is said once', async () => {
  let end = () => {};
  server.script((response) => {
    thenSilent('part')(response, lastRequest(server));
    end = () => response.end(ending());
  });
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  const file = join(chats.storagePath, host.threadId, 'thread.json');
  const before = readFileSync(file, 'utf8');
  const temporary = `${file}.${process.pid}.tmp`;
  symlinkSync('/dev/full', temporary);
  await clock.pass(60_000);
  assert.equal(readFileSync(file, 'utf8'), before);
  rmSync(temporary, { force: true });
  await clock.pass(60_000);
  assert.equal(readFileSync(file, 'utf8'), before, 'it has stopped saving');
  end();
  await turn;
  assert.equal(
    textsOf(host)[1],
    'part\n\n> ℹ️ **local-llm** · This answer could not be saved while it came: ENOSPC: no space left on device, write.\n>\n> Make room on the disk, and copy the answer before you close the chat. What was saved before is untouched.',
  );
});

test('a save never writes a shorter text over a longer one', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  const thread = host.saved();
  Object.assign(thread.messages[1] ?? {}, { text: 'a longer text' });
  host.disk.save(thread);
  await clock.pass(6000);
  assert.equal(textsOf(host)[1], 'a longer text');
  host.stop();
  await turn;
});
