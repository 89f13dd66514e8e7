import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../../src/agent/host.ts';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { chatsWith, lastMeta, textsOf } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import type { Host } from '../doubles/host.ts';
import { startLlama } from '../doubles/llama-server.ts';

/** An answer that has lost its window, and goes on on the server. */

const llama = await startLlama();
const chats = chatsWith(llama);
const note = '> ℹ️ **local-llm** · The answer goes on above.';

/** Asks, and waits until these first words of the answer are shown. */
async function ask(host: Host, ...deltas: (string | object)[]): Promise<{ turn: Promise<void> }> {
  const before = llama.asked.length;
  const turn = host.send('Tell');
  await clock.passUntil(() => llama.asked.length > before && llama.readers() > 0);
  llama.emit(...deltas);
  const last = String(deltas.at(-1));
  await clock.passUntil(
    () =>
      host.saved().messages.length > 1 &&
      [...host.shown.values()].some((text) => text.endsWith(last)),
  );
  return { turn };
}

/** Another VS Code with the same thread. */
const reopen = (host: Host) => chats.open({ threadId: host.threadId, isReopened: true });

/** A thread as a process leaves it that was killed in mid-answer; the server has these words of it. */
async function killed(part: string, ...deltas: (string | object)[]): Promise<Host> {
  const host = chats.open();
  const { turn } = await ask(host, ...deltas);
  // It saves every five seconds.
  await clock.pass(6000);
  const thread = host.saved();
  const [, reply] = thread.messages;
  host.close();
  await turn;
  Object.assign(reply as Message, { text: part });
  host.disk.save(thread);
  llama.asked.length = 0;
  return reopen(host);
}

test('what a killed process leaves of an answer on disk, before its first word: how to read it on', async () => {
  const host = chats.open();
  const turn = host.send('Tell');
  await clock.passUntil(() => llama.readers() > 0);
  const { id } = llama.asked.at(-1) ?? {};
  assert.equal(llama.asked.at(-1)?.body.return_progress, true);
  const { resumable } = lastMeta(host);
  assert.deepEqual(resumable, { id, baseURL: llama.baseURL });
  llama.emit('Once.');
  llama.end();
  await turn;
  assert.equal(textsOf(host)[1], 'Once.');
  assert.equal('resumable' in lastMeta(host), false, 'it is whole');
});

test('a chat that is opened gets the whole of an answer that is over by now, in its bubble', async () => {
  const host = await killed('Once upon', 'Once upon', ' a time');
  llama.emit(' there was');
  llama.end();
  await host.openPanel();
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time there was']);
  const [, reply] = host.saved().messages;
  const { verdict, resumable, timing, usage } = reply?.meta ?? {};
  assert.deepEqual([verdict, resumable, timing], ['complete', undefined, undefined]);
  assert.deepEqual(usage, { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 });
  assert.deepEqual([...host.shown.values()], ['Once upon a time there was']);
  assert.deepEqual([reply?.availableTasks, host.rows.size], [undefined, 0], 'nothing to continue');
});

test('an answer that is not over goes on in its bubble; the new one says so, and has the Stop button', async () => {
  const host = await killed('Once', 'Once upon', ' a time');
  const opening = host.openPanel();
  await clock.passUntil(() => [...host.shown.values()][0] === 'Once upon a time');
  assert.deepEqual([...host.shown.values()], ['Once upon a time', note]);
  assert.equal(host.hasStop, true);
  assert.deepEqual(llama.paths(), ['POST /v1/streams/lookup', 'GET /v1/stream&from=0']);
  llama.emit(' there was', ' a fox');
  await clock.passUntil(() => [...host.shown.values()][0] === 'Once upon a time there was a fox');
  llama.emit('.');
  llama.end('length');
  await opening;
  const [, reply, press] = host.saved().messages;
  const cut = 'Once upon a time there was a fox.\n\n> ℹ️ **local-llm** · The answer was cut off';
  assert.ok(reply?.text?.startsWith(cut), reply?.text);
  assert.deepEqual(
    [reply?.meta?.verdict, reply?.availableTasks?.map(({ name }) => name), press?.text],
    ['length', ['Continue'], note],
  );
  assert.equal([...host.shown.values()][0], reply?.text);
  assert.ok(
    host.posted.some((one) => one.type === 'addAvailableTasks' && one.messageId === reply?.id),
  );
  const next = host.send('Next');
  await clock.passUntil(() => llama.readers() > 0);
  llama.end();
  await next;
  assert.deepEqual(llama.messages(), [
    { role: 'user', content: 'Tell' },
    { role: 'assistant', content: 'Once upon a time there was a fox.' },
    { role: 'user', content: 'Next' },
  ]);
});

test('Stop stops the server, and what had come is kept', async () => {
  const host = await killed('', 'Once upon');
  const opening = host.openPanel();
  await clock.passUntil(() => [...host.shown.values()][1] === note);
  host.stop();
  await opening;
  await clock.passUntil(() => llama.paths().at(-1) === 'DELETE /v1/stream');
  const [, reply, press, ...more] = host.saved().messages;
  assert.deepEqual(
    [reply?.text, reply?.meta?.verdict, reply?.meta?.resumable, more],
    ['Once upon', 'stopped', undefined, []],
  );
  assert.deepEqual(
    reply?.availableTasks?.map(({ name }) => name),
    ['Continue'],
  );
  assert.deepEqual([press?.text, press?.availableTasks], [note, undefined]);
});

for (const isDone of [true, false]) {
  test(`a new question puts what is there into its bubble ${isDone ? '' : 'and stops the server '}first`, async () => {
    const host = await killed('Once', 'Once upon', ' a time');
    if (isDone) llama.end();
    const turn = host.send('Next');
    await clock.passUntil(() => llama.asked.at(-1)?.method === 'POST' && llama.readers() > 0);
    assert.deepEqual(llama.messages(), [
      { role: 'user', content: 'Tell' },
      { role: 'assistant', content: 'Once upon a time' },
      { role: 'user', content: 'Next' },
    ]);
    llama.emit('Yes.');
    llama.end();
    await turn;
    assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time', 'Next', 'Yes.']);
    assert.deepEqual(
      host.saved().messages.map(({ availableTasks }) => availableTasks),
      [undefined, undefined, undefined, undefined],
    );
    assert.equal(host.saved().messages[1]?.meta?.verdict, isDone ? 'complete' : 'stopped');
    const asked = ['POST /v1/streams/lookup', 'GET /v1/stream&from=0'];
    const stopped = isDone ? [] : ['DELETE /v1/stream'];
    assert.deepEqual(llama.paths(), [...asked, ...stopped, 'POST /v1/chat/completions']);
  });
}

test('Continue goes on with what the server is writing, and asks for nothing else', async () => {
  const host = await killed('Once', 'Once upon');
  const pressing = host.click('Continue');
  await clock.passUntil(() => host.saved().messages.at(-1)?.text === note);
  llama.emit(' a time');
  llama.end();
  await pressing;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time', note]);
  assert.deepEqual(llama.paths(), ['POST /v1/streams/lookup', 'GET /v1/stream&from=0']);
});

test('a server that does not know the answer: it stays as it was left, with its button', async () => {
  const host = await killed('Once', 'Once upon');
  llama.forget();
  const before = host.saved();
  await host.openPanel();
  assert.deepEqual(host.saved(), before);
  assert.deepEqual(llama.paths(), ['POST /v1/streams/lookup']);
  const pressing = host.click('Continue');
  await clock.passUntil(() => llama.readers() > 0);
  llama.emit(' upon a time');
  llama.end();
  await pressing;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time', note]);
  assert.deepEqual(llama.messages().length, 2);
});

test('a panel that is closed does not stop the server; in the one that is opened next the answer goes on', async () => {
  const host = chats.open();
  const { turn } = await ask(host, 'Once upon');
  llama.asked.length = 0;
  host.close();
  await turn;
  assert.equal(lastMeta(host).verdict, 'stopped');
  await clock.passUntil(() => llama.readers() === 0);
  assert.deepEqual(llama.paths(), []);
  llama.emit(' a time');
  const opening = host.openPanel();
  await clock.passUntil(() => [...host.shown.values()][0] === 'Once upon a time');
  llama.emit('.');
  llama.end();
  await opening;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time.', note]);
});

test('a panel that is opened before the closed one was noticed takes the answer over from it', async () => {
  const host = chats.open();
  const { turn } = await ask(host, 'Once upon');
  const opening = host.openPanel();
  await clock.passUntil(() => textsOf(host).at(-1) === note);
  llama.emit(' a time');
  llama.end();
  await Promise.all([turn, opening]);
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time', note]);
  assert.ok(!llama.paths().includes('DELETE /v1/stream'));
});

test("reasoning is there again, for as long as the model has thought by the server's clock", async () => {
  const host = await killed(
    '',
    ...'abcdefgh'.split('').map((reasoning_content) => ({ reasoning_content })),
    'So',
  );
  llama.end();
  await host.openPanel();
  assert.deepEqual(textsOf(host), ['Tell', '> 💭 **Thought for 8 s**\n>\n> abcdefgh\n\nSo']);
});

test('an answer that was edited or deleted meanwhile stays so', async () => {
  for (const change of [
    (messages: Message[]) => Object.assign(messages[1] ?? {}, { text: 'Mine' }),
    (messages: Message[]) => messages.splice(1, 1),
  ]) {
    const host = await killed('Once', 'Once upon');
    const opening = host.openPanel();
    await clock.passUntil(() => textsOf(host).at(-1) === note);
    llama.emit(' a time');
    const thread = host.saved();
    change(thread.messages);
    host.disk.save(thread);
    const before = textsOf(host);
    llama.end();
    await opening;
    assert.deepEqual(textsOf(host), before);
  }
});

test('another server is not asked for it, nor sent anything of it', async () => {
  const host = await killed('Once', 'Once upon');
  const other = await startLlama();
  const elsewhere = chatsWith(other);
  const there = elsewhere.open({ threadId: host.threadId });
  there.disk.save(host.saved());
  await there.openPanel();
  assert.deepEqual(other.paths(), []);
  assert.deepEqual(textsOf(there), ['Tell', 'Once']);
});

test('a question that is asked while the chat opens is answered; the opening does not come between', async () => {
  const host = await killed('Once', 'Once upon');
  void host.openPanel();
  const turn = host.send('Next');
  await clock.passUntil(() => llama.asked.at(-1)?.body.messages !== undefined);
  llama.emit('Yes.');
  await clock.pass(3000);
  llama.end();
  await turn;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon', 'Next', 'Yes.']);
});

test('a question that is asked while the answer goes on ends it, and has what had come', async () => {
  const host = await killed('Once', 'Once upon');
  const opening = host.openPanel();
  await clock.passUntil(() => textsOf(host).at(-1) === note);
  llama.emit(' a time');
  await clock.passUntil(() => [...host.shown.values()][0] === 'Once upon a time');
  const turn = host.send('Next');
  await clock.passUntil(() => llama.asked.at(-1)?.body.messages !== undefined);
  assert.deepEqual(llama.messages()[1], { role: 'assistant', content: 'Once upon a time' });
  llama.emit('Yes.');
  llama.end();
  await Promise.all([opening, turn]);
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time', note, 'Next', 'Yes.']);
  assert.ok(llama.paths().includes('DELETE /v1/stream'));
});

test('a connection that breaks, as in a sleep, breaks no answer', async () => {
  const host = chats.open();
  const { turn } = await ask(host, 'Once upon');
  llama.cut();
  await clock.passUntil(() => llama.readers() === 0);
  llama.emit(' a time');
  llama.end();
  await turn;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon a time']);
});

test('a page that listens late: drop-downs, bubbles and the Stop button are drawn once it does', async () => {
  const host = await killed('Once', 'Once upon');
  const opening = host.openPanel(true);
  await clock.passUntil(() => textsOf(host).at(-1) === note);
  assert.deepEqual([host.hasStop, host.box('model')], [false, undefined]);
  host.listen();
  await clock.passUntil(() => host.hasStop);
  assert.deepEqual([...host.shown.values()], ['Once upon', note]);
  assert.equal(host.box('model'), 'tiny');
  llama.end();
  await opening;
});

test('the opening of any chat leaves no trace in it, and draws the drop-downs when the page listens', async () => {
  for (const messages of [[], [{ id: 'msg_1', sender: 'user', text: 'Hi' }]]) {
    const host = chats.open();
    host.disk.save({ id: host.threadId, messages });
    const thread = host.saved();
    await host.openPanel(true);
    assert.equal(host.box('model'), undefined);
    host.listen();
    await clock.passUntil(() => host.box('model') !== undefined);
    assert.deepEqual(host.saved(), thread);
    assert.equal(host.posted.filter(({ type }) => type === 'addBotMessage').length, 0);
    const { getThread } = host.disk;
    await host.openPanel();
    assert.equal(host.disk.getThread, getThread, 'the host reads it through one watcher');
  }
});

test('a host that runs no InitTask after it has asked for the drop-downs finds its thread as it was', async () => {
  const host = chats.open();
  const thread = { id: host.threadId, messages: [{ id: 'msg_1', sender: 'user', text: 'Hi' }] };
  const before = JSON.stringify(thread);
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: llama.baseURL } });
  await agent.loadOperations(thread);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(JSON.stringify(thread), before);
  await agent.loadOperations(thread);
  await agent.generateReply(thread);
  assert.equal(JSON.stringify(thread), before);
});

test('text at the cursor, a Continue and a summary do not outlive their window', async () => {
  const host = chats.open();
  const { turn } = await ask(host, 'Once upon');
  host.stop();
  await turn;
  const pressing = host.click('Continue');
  await clock.passUntil(() => llama.readers() > 0);
  assert.equal(llama.asked.at(-1)?.id, 'undefined');
  llama.end();
  await pressing;
});

/** A VS Code of its own; killed as soon as it says this, or at the end of the test. */
async function killedWhen(
  t: TestContext,
  words: string,
  threadId: string,
  task: 'ask' | 'open',
): Promise<void> {
  const program = fileURLToPath(new URL('chat-process.ts', import.meta.url));
  const args = [chats.storagePath, llama.baseURL, threadId, task];
  const child = fork(program, args, { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (said) => said === words && resolve());
    ended.then(() => reject(new Error(`it ended before it was ${words}`)));
    ended.catch(() => {});
    if (words === 'asked') void llama.read().then(() => resolve());
  });
  child.kill('SIGKILL');
  await ended;
}

test('processes that are killed one after the other, at each moment: the answer is whole, and there once', async (t) => {
  const threadId = 'thread_killed_often';
  llama.asked.length = 0;
  await killedWhen(t, 'asked', threadId, 'ask');
  llama.emit('Once upon');
  for (const moment of ['shown', 'saved']) {
    await killedWhen(t, moment, threadId, 'open');
    llama.emit(` ${moment}`);
  }
  llama.end();
  const host = chats.open({ threadId, isReopened: true });
  await host.openPanel();
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon shown saved']);
  assert.deepEqual([...host.shown.values()], ['Once upon shown saved']);
  assert.equal(llama.paths().filter((path) => path === 'POST /v1/chat/completions').length, 1);
});
