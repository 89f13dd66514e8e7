import assert from 'node:assert/strict';
import { test } from 'node:test';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { chatsWith, lastRequest, stoppedEarly, textsOf, thenSilent } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import { say, startServer } from '../doubles/scripted-server.ts';

/** What is pressed while an answer comes, or right after it: nothing of either turn is lost. */

const server = await startServer();
const chats = chatsWith(server);

test('a question right after Stop: both questions and the part of the answer are kept', async () => {
  server.script(thenSilent('Once ', 'upon'));
  const host = chats.open();
  const first = host.send('Tell');
  await host.chunk((text) => text.includes('upon'));
  const older = lastRequest(server);
  server.script(say('Sure.'));
  host.stop();
  const second = host.send('Shorter');
  await Promise.all([first, second, older.left]);
  assert.deepEqual(textsOf(host), ['Tell', 'Once upon', 'Shorter', 'Sure.']);
  assert.deepEqual(
    lastRequest(server).body.messages.map(({ content }) => content),
    ['Tell', 'Once upon', 'Shorter'],
  );
  assert.equal(host.saved().messages[1]?.meta?.verdict, 'stopped');
});

test('a question while the older one still waits for its first token', async () => {
  server.script(thenSilent());
  const host = chats.open();
  const first = host.send('One');
  await host.chunk(() => true);
  server.script(say('Two.'));
  await Promise.all([host.send('Two'), first]);
  assert.deepEqual(textsOf(host), ['One', stoppedEarly, 'Two', 'Two.']);
});

test('what is known of a reply that was stopped in silence is kept when the next question follows at once', async () => {
  server.script(thenSilent());
  const host = chats.open();
  const first = host.send('One');
  await host.chunk(() => true);
  host.stop();
  server.script(say('Two.'));
  await Promise.all([host.send('Two'), first]);
  const { requestedModel, verdict } = host.saved().messages[1]?.meta ?? {};
  assert.deepEqual([requestedModel, verdict], ['tiny', 'stopped']);
});

test('three questions at once: none is lost, and the last is answered', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  server.script(say('Done.'));
  await Promise.all([first, host.send('Two'), host.send('Three')]);
  const saved = textsOf(host);
  assert.deepEqual(saved.filter(Boolean), ['One', 'part', 'Two', 'Three', 'Done.']);
});

test('an answer that ended just before the next question was read is kept', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.stop();
  const stale = host.saved();
  await first;
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
  agent.clock = clock;
  await agent.generateReply(stale, { threadRepository: host.disk });
  assert.deepEqual(
    stale.messages.map(({ text }) => text),
    ['One', 'part'],
  );
});

test('a choice in a drop-down while the answer comes is not undone by its end', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  host.choose('model', 'other');
  host.stop();
  await turn;
  assert.deepEqual(host.saved().settings, { model: 'other' });
  assert.deepEqual(textsOf(host), ['One', 'part']);
});

test('a choice in the moment in which a question is sent, or asked again, is kept', async () => {
  const host = chats.open();
  server.script(say('One.'));
  const first = host.send('One');
  host.choose('model', 'a');
  await first;
  assert.deepEqual(host.saved().settings, { model: 'a' });
  server.script(thenSilent('part'));
  const older = host.retry();
  await host.chunk((text) => text === 'part');
  server.script(say('Two.'));
  const newer = host.retry();
  host.choose('model', 'b');
  await Promise.all([older, newer]);
  assert.deepEqual(host.saved().settings, { model: 'b' });
  assert.match(textsOf(host).join('|'), /^One\|Two\./);
  const pressed = host.press({ name: 'ResetContext', skipBotMessage: true, meta: {} });
  host.choose('model', 'c');
  await pressed;
  assert.deepEqual(host.saved().settings, { model: 'c' });
});

test('a rename and an attachment while the answer comes are not undone by its end', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  const renamed = { ...host.saved(), name: 'mine', attachment: { id: 1 } };
  host.disk.save(renamed);
  host.stop();
  await turn;
  const { messages, ...others } = host.saved();
  assert.deepEqual(others, { id: host.threadId, name: 'mine', attachment: { id: 1 } });
  assert.deepEqual(textsOf(host), ['One', 'part']);
});

test('messages that are deleted while the answer comes stay deleted, the answer among them', async () => {
  server.script(say('Old.'));
  const host = chats.open();
  await host.send('Old');
  server.script(thenSilent('part'));
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  const thread = host.saved();
  host.disk.save({ ...thread, messages: thread.messages.slice(0, 1) });
  host.stop();
  await turn;
  server.script(say('Two.'));
  await host.send('Two');
  assert.deepEqual(textsOf(host).slice(0, 2), ['Old', 'Two']);
});

test('a choice while the answer comes makes a new agent, which still ends the older turn', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.choose('model', '7');
  server.script(say('Two.'));
  await Promise.all([first, host.send('Two')]);
  assert.deepEqual(textsOf(host).slice(0, 3), ['One', 'part', 'Two']);
  assert.equal(lastRequest(server).body.model, '7', 'JSON.parse made a number of it');
});

test('Reset context while the older stream has not noticed Stop: the marker and the part are kept', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  host.stop();
  const [, , button] = (await host.openPanel()) as { task: { name: string; meta: object } }[];
  assert.ok(button);
  await Promise.all([host.press(button.task), turn]);
  const { messages } = host.saved();
  assert.deepEqual(
    messages.map(({ text, type }) => text ?? type),
    ['One', 'part', 'marker'],
  );
  assert.equal(host.posted.at(-1)?.type, 'markerAdded');
  assert.equal(host.posted.at(-1)?.markerId, messages.at(-1)?.id);
  server.script(say('Two.'));
  await host.send('Two');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'Two' }]);
});

test('retry right after Stop: the older part is gone, as was asked, and the new answer saved', async () => {
  server.script(thenSilent('old'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text === 'old');
  host.stop();
  server.script(say('new'));
  await Promise.all([first, host.retry()]);
  assert.deepEqual(textsOf(host), ['One', 'new']);
});

test('what the joining buffer holds when a newer turn comes is written out', async () => {
  server.script(thenSilent('a', 'b', 'c', 'd'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text !== '');
  server.script(say('Two.'));
  await Promise.all([first, host.send('Two')]);
  assert.equal('abcd'.startsWith(textsOf(host)[1] ?? '?'), true);
  assert.notEqual(textsOf(host)[1], '');
});

test('a newer turn before the host has asked for the older one: nothing is asked for it, and its stream is over', async () => {
  server.script(say('Two.'));
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  const thread = { id: 'unread', messages: [{ id: 'msg_1', sender: 'user', text: 'One' }] };
  const older = await agent.generateReply(thread);
  const before = server.seen.length;
  await agent.generateReply(thread);
  const chunks: string[] = [];
  for await (const chunk of older.getStream() ?? []) chunks.push(chunk);
  assert.deepEqual([chunks, server.seen.length], [[], before]);
});

test('three questions right after an end: only the last one waits until the panel has heard of an end', async () => {
  server.script(say('Yes.'));
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  agent.clock = clock;
  const thread = { id: 'hasty', messages: [{ id: 'msg_1', sender: 'user', text: 'One' }] };
  const waits: number[] = [];
  const ask = async () => {
    const asked = clock.now();
    const response = await agent.generateReply(thread);
    waits.push(clock.now() - asked);
    for await (const _ of response.getStream() ?? []);
  };
  await clock.passWhile(ask());
  // The end of a turn in another chat changes nothing.
  await agent.executeTask({ name: 'ResetContext' }, { id: 'other', messages: [] });
  const turns = [ask()];
  for (const begun of [2, 3]) {
    await clock.pass(120);
    turns.push(ask());
    await clock.passUntil(() => waits.length === begun);
  }
  await clock.passWhile(Promise.all(turns));
  const [first, second, third, last = 0] = waits;
  assert.equal(first, 0);
  for (const wait of [second, third]) {
    assert.ok(wait !== undefined && wait >= 120 && wait < 300, `${waits} ms`);
  }
  assert.ok(last >= 600 && last < 800, `${waits} ms`);
});

test('a button whose reply the host has never read can be pressed again', async () => {
  const host = chats.open();
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  agent.clock = clock;
  const press = () => agent.executeTask({ name: 'AnswerWithoutTools', meta: {} }, host.saved());
  await press();
  await clock.pass(600);
  let isHeard = false;
  void press().then(() => {
    isHeard = true;
  });
  await clock.passUntil(() => isHeard);
});

test('a reply that made way for a newer turn has no buttons, neither on the page nor on disk', async () => {
  server.script(thenSilent('part'));
  const host = chats.open();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  server.script(say('Yes.'));
  await Promise.all([first, host.send('Two')]);
  assert.deepEqual(textsOf(host), ['One', 'part', 'Two', 'Yes.']);
  assert.equal(host.saved().messages[1]?.availableTasks, undefined);
  assert.equal(host.rows.size, 0);
});
