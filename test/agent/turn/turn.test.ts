import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ThreadRepository } from '../../../src/agent/host.ts';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { sleep, type TurnClock } from '../../../src/agent/turn/clock.ts';
import { whenPageLoads } from '../../../src/agent/turn/opening.ts';
import {
  chatsWith,
  lastMeta,
  lastRequest,
  stoppedEarly,
  textsOf,
  thenSilent,
} from '../doubles/chats.ts';
import { clock as chatClock } from '../doubles/clock.ts';
import { begin, ending, frame, say, startServer } from '../doubles/scripted-server.ts';

/** One turn, from the question to what is saved. */

const server = await startServer();
const chats = chatsWith(server);

test('a turn: the question is sent, the answer streamed, shown and saved with its details', async () => {
  server.script(say({ role: 'assistant', content: '' }, 'Hel', 'lo.'));
  const host = chats.open();
  await host.send('Hi');
  assert.deepEqual(textsOf(host), ['Hi', 'Hello.']);
  const { path, body, headers } = lastRequest(server);
  assert.equal(path, '/v1/chat/completions');
  assert.deepEqual(body.messages, [{ role: 'user', content: 'Hi' }]);
  assert.equal(body.model, 'tiny');
  assert.equal(headers.authorization, undefined);
  const { verdict, finishReason, usage, model, timing } = lastMeta(host);
  assert.deepEqual([verdict, finishReason, model], ['complete', 'stop', 'tiny']);
  assert.equal((usage as { total_tokens: number }).total_tokens, 7);
  assert.ok(typeof timing === 'object');
  await host.send('Again');
  assert.deepEqual(
    lastRequest(server).body.messages.map(({ content }) => content),
    ['Hi', 'Hello.', 'Again'],
  );
});

test('the reply is there before the server has answered, and nothing is sent until it is read', async () => {
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  const before = server.seen.length;
  const response = await agent.generateReply({
    id: 'lazy',
    messages: [{ id: 'msg_1', sender: 'user', text: 'Hi' }],
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(server.seen.length, before);
  assert.deepEqual(
    [response.isStream(), response.getFullMessage(), response.isPlanResponse(), response.isHtml()],
    [true, '', false, false],
  );
});

test('Stop in a silent prefill ends the request; the reply says so, and the model never reads it', async () => {
  server.script(thenSilent());
  const host = chats.open();
  const turn = host.send('Hi');
  await host.chunk((text) => text === '');
  host.stop();
  await turn;
  await lastRequest(server).left;
  assert.deepEqual(textsOf(host), ['Hi', stoppedEarly]);
  assert.equal(host.shown.get(String(host.saved().messages[1]?.id)), stoppedEarly);
  assert.equal(lastMeta(host).verdict, 'stopped');
  server.script(say('Yes.'));
  await host.send('Are you there?');
  assert.deepEqual(lastRequest(server).body.messages, [
    { role: 'user', content: 'Hi\n\nAre you there?' },
  ]);
});

test('Stop in mid-answer keeps what was shown and closes the connection', async () => {
  server.script(thenSilent('Once ', 'upon'));
  const host = chats.open();
  const turn = host.send('Tell');
  await host.chunk((text) => text.includes('upon'));
  host.stop();
  await turn;
  await lastRequest(server).left;
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon']);
  assert.equal(host.shown.get(String(host.saved().messages.at(-1)?.id)), 'Once upon');
});

test('the details go into the very meta object that was read before the stream', async () => {
  server.script(say('x'));
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  const response = await agent.generateReply({
    id: 'meta',
    messages: [{ id: 'msg_1', sender: 'user', text: 'Hi' }],
  });
  const meta = response.getMeta();
  for await (const _ of response.getStream() ?? []);
  assert.equal(meta.verdict, 'complete');
  assert.equal(response.getMeta(), meta);
});

test("a reply's id is never that of the question", async () => {
  const agent = new LocalLLMStreamAgent({}, {});
  for (let i = 0; i < 50; i++) {
    const asked = Date.now();
    await agent.generateReply({
      id: `clock_${i}`,
      messages: [{ id: `msg_${asked}`, sender: 'user', text: 'Hi' }],
    });
    assert.ok(Date.now() > asked);
  }
});

test('an id from another clock is not waited for', async () => {
  const agent = new LocalLLMStreamAgent({}, {});
  await agent.generateReply({
    id: 'future',
    messages: [{ id: 'msg_99999999999999', sender: 'user', text: 'Hi' }],
  });
});

test('a long wait is shown, gone with the first token, and never saved', async () => {
  let go = () => {};
  server.script(async (response) => {
    begin(response);
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    response.end(frame({ content: 'At last.' }) + ending());
  });
  const host = chats.open();
  const turn = host.send('Hi');
  await host.post(({ text }) => /Waiting for the first token/.test(String(text)));
  const id = String(host.saved().messages.at(-1)?.id);
  assert.match(host.shown.get(id) ?? '', /⏳ Waiting for the first token: \d+ s/);
  go();
  await turn;
  assert.equal(host.shown.get(id), 'At last.');
  assert.deepEqual(textsOf(host), ['Hi', 'At last.']);
});

test('a thread whose last turn is over is not held in memory', async () => {
  server.script(say('Yes.'));
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  agent.clock = chatClock;
  const ask = async () => {
    // Without an id, the thread itself is what a turn is found by.
    const thread = { messages: [{ id: 'msg_1', sender: 'user', text: 'Hi' }] };
    const response = await agent.generateReply(thread);
    for await (const _ of response.getStream() ?? []);
    return new WeakRef(thread);
  };
  const older = await chatClock.passWhile(ask());
  await chatClock.pass(600);
  await chatClock.passWhile(ask());
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let i = 0; i < 100 && older.deref(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  assert.equal(older.deref(), undefined);
});

test('what waits for the page of a thread is not kept where nothing can tell when it loads', async () => {
  const run: string[] = [];
  const repository: ThreadRepository = { getThread: () => null };
  whenPageLoads({ id: 'alone', messages: [] }, undefined, () => run.push('alone'));
  whenPageLoads({ id: 'shown', messages: [] }, repository, () => run.push('shown'));
  for (const id of ['alone', 'shown']) repository.getThread?.(id);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(run, ['shown']);
});

test('a sleep leaves no listener on its signal, whether it ends by time or by an abort', async () => {
  const due: (() => void)[] = [];
  const clock: TurnClock = {
    now: () => 0,
    after(_, run) {
      due.push(run);
      return () => void due.pop();
    },
  };
  const leaving = new AbortController();
  const slept = sleep(5, clock, leaving.signal);
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 1);
  due.pop()?.();
  await slept;
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
  const cut = sleep(5, clock, leaving.signal);
  leaving.abort();
  await cut;
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
  assert.equal(due.length, 0);
});
