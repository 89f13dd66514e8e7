import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import LocalLLMStreamAgent from '../../src/agent/index.ts';
import { type AgentClass, createHost, type Host } from './doubles/host.ts';
import {
  begin,
  deadURL,
  ending,
  frame,
  raw,
  refuse,
  type Script,
  type ScriptedServer,
  say,
  startServer,
} from './doubles/scripted-server.ts';

const server = await startServer();
const lmStudio = await startServer([
  { id: 'text-embedding-nomic', object: 'model', type: 'embeddings', state: 'loaded' },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 4096 },
]);
const storagePath = mkdtempSync(join(tmpdir(), 'agent-threads-'));
after(async () => {
  await Promise.all([server.close(), lmStudio.close()]);
  rmSync(storagePath, { recursive: true });
});

let threads = 0;

/** A chat with the agent, talking to the scripted server. */
function openChat({
  llm = {},
  at = server,
  Agent = LocalLLMStreamAgent,
  ...more
}: {
  llm?: object;
  at?: ScriptedServer;
  Agent?: AgentClass;
  settings?: object;
} = {}): Host {
  const metadata = { llm: { baseURL: at.baseURL, model: 'tiny', ...llm } };
  return createHost(Agent, { storagePath, metadata, threadId: `thread_${++threads}`, ...more });
}

/** A thread's texts, as they are saved. */
const texts = (host: Host) => host.saved().messages.map(({ text }) => text);

/** The last message's meta, as it is saved. */
const lastMeta = (host: Host) => host.saved().messages.at(-1)?.meta ?? {};

/** What the last request asked. */
const lastRequest = ({ seen }: ScriptedServer) => {
  const last = seen.at(-1);
  assert.ok(last);
  return last;
};

/** Sends its head and some deltas, and is silent then. */
const thenSilent =
  (...deltas: string[]) =>
  (response: Parameters<typeof begin>[0]) => {
    begin(response);
    for (const delta of deltas) response.write(frame({ content: delta }));
  };

test('a turn: the question is sent, the answer streamed, shown and saved with its details', async () => {
  server.script(say({ role: 'assistant', content: '' }, 'Hel', 'lo.'));
  const host = openChat();
  await host.send('Hi');
  assert.deepEqual(texts(host), ['Hi', 'Hello.']);
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

test("the tutorial's agents.json works as it stands there, whatever the server calls its model", async () => {
  const { port } = new URL(server.baseURL);
  server.script(say('Hello.'));
  const host = openChat({
    llm: { baseURL: `http://localhost:${port}/v1`, model: 'local-model-name' },
  });
  await host.send('Hi');
  assert.deepEqual(texts(host), ['Hi', 'Hello.']);
  assert.equal(lastRequest(server).body.model, undefined);
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

const stoppedEarly = `> \u{E0001}\u{E003C}ℹ️ **local-llm** · Stopped before the first word.
>
> Press 重试 (Retry) to ask again, or go on writing: your next question is sent together with this one.\u{E0001}\u{E0029}`;

test('Stop in a silent prefill ends the request; the reply says so, and the model never reads it', async () => {
  server.script(thenSilent());
  const host = openChat();
  const turn = host.send('Hi');
  await host.chunk((text) => text === '');
  host.stop();
  await turn;
  await lastRequest(server).left;
  assert.deepEqual(texts(host), ['Hi', stoppedEarly]);
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
  const host = openChat();
  const turn = host.send('Tell');
  await host.chunk((text) => text.includes('upon'));
  host.stop();
  await turn;
  await lastRequest(server).left;
  assert.deepEqual(texts(host), ['Tell', 'Once upon']);
  assert.equal(host.shown.get(String(host.saved().messages.at(-1)?.id)), 'Once upon');
});

test("a dead server is told in the reply, in words and at once; never in the host's own error", async () => {
  const host = openChat({ llm: { baseURL: await deadURL() } });
  await host.send('Hi');
  const [, text] = texts(host);
  assert.match(
    text ?? '',
    /No server is running at http:\/\/127\.0\.0\.1:\d+\/v1\.\n>\n> Start it/,
  );
  assert.doesNotMatch(text ?? '', /fetch failed|ECONNREFUSED|terminated/);
  assert.deepEqual(lastMeta(host).error, { kind: 'connection', reason: 'refused' });
  const chinese = openChat({ llm: { baseURL: await deadURL() } });
  await chinese.send('你好，请介绍一下自己');
  assert.match(texts(chinese)[1] ?? '', /没有服务在运行。\n>\n> 请启动服务/);
});

test('what went wrong is not sent to the model on the next turn', async () => {
  server.script(refuse(500, { error: 'boom' }));
  const host = openChat();
  await host.send('a');
  assert.match(
    texts(host)[1] ?? '',
    /refused the question \(status 500\)[\s\S]*The server says: "boom"/,
  );
  server.script(say('Fine.'));
  await host.send('b');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'b' }]);
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

test('a question right after Stop: both questions and the part of the answer are kept', async () => {
  server.script(thenSilent('Once ', 'upon'));
  const host = openChat();
  const first = host.send('Tell');
  await host.chunk((text) => text.includes('upon'));
  const older = lastRequest(server);
  server.script(say('Sure.'));
  host.stop();
  const second = host.send('Shorter');
  await Promise.all([first, second, older.left]);
  assert.deepEqual(texts(host), ['Tell', 'Once upon', 'Shorter', 'Sure.']);
  assert.deepEqual(
    lastRequest(server).body.messages.map(({ content }) => content),
    ['Tell', 'Once upon', 'Shorter'],
  );
  assert.equal(host.saved().messages[1]?.meta?.verdict, 'stopped');
});

test('a question while the older one still waits for its first token', async () => {
  server.script(thenSilent());
  const host = openChat();
  const first = host.send('One');
  await host.chunk(() => true);
  server.script(say('Two.'));
  await Promise.all([host.send('Two'), first]);
  assert.deepEqual(texts(host), ['One', stoppedEarly, 'Two', 'Two.']);
});

test('what is known of a reply that was stopped in silence is kept when the next question follows at once', async () => {
  server.script(thenSilent());
  const host = openChat();
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
  const host = openChat();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  server.script(say('Done.'));
  await Promise.all([first, host.send('Two'), host.send('Three')]);
  const saved = texts(host);
  assert.deepEqual(saved.filter(Boolean), ['One', 'part', 'Two', 'Three', 'Done.']);
});

test('an answer that ended just before the next question was read is kept', async () => {
  server.script(thenSilent('part'));
  const host = openChat();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.stop();
  const stale = host.saved();
  await first;
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
  await agent.generateReply(stale, { threadRepository: host.disk });
  assert.deepEqual(
    stale.messages.map(({ text }) => text),
    ['One', 'part'],
  );
});

test('a choice in a drop-down while the answer comes is not undone by its end', async () => {
  server.script(thenSilent('part'));
  const host = openChat();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  host.choose('model', 'other');
  host.stop();
  await turn;
  assert.deepEqual(host.saved().settings, { model: 'other' });
  assert.deepEqual(texts(host), ['One', 'part']);
});

test('a choice in the moment in which a question is sent, or asked again, is kept', async () => {
  const host = openChat();
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
  assert.match(texts(host).join('|'), /^One\|Two\./);
  const pressed = host.press({ name: 'ResetContext', skipBotMessage: true, meta: {} });
  host.choose('model', 'c');
  await pressed;
  assert.deepEqual(host.saved().settings, { model: 'c' });
});

test('a rename and an attachment while the answer comes are not undone by its end', async () => {
  server.script(thenSilent('part'));
  const host = openChat();
  const turn = host.send('One');
  await host.chunk((text) => text === 'part');
  const renamed = { ...host.saved(), name: 'mine', attachment: { id: 1 } };
  host.disk.save(renamed);
  host.stop();
  await turn;
  const { messages, ...others } = host.saved();
  assert.deepEqual(others, { id: host.threadId, name: 'mine', attachment: { id: 1 } });
  assert.deepEqual(texts(host), ['One', 'part']);
});

test('messages that are deleted while the answer comes stay deleted, the answer among them', async () => {
  server.script(say('Old.'));
  const host = openChat();
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
  assert.deepEqual(texts(host).slice(0, 2), ['Old', 'Two']);
});

test('a choice while the answer comes makes a new agent, which still ends the older turn', async () => {
  server.script(thenSilent('part'));
  const host = openChat();
  const first = host.send('One');
  await host.chunk((text) => text === 'part');
  host.choose('model', '7');
  server.script(say('Two.'));
  await Promise.all([first, host.send('Two')]);
  assert.deepEqual(texts(host).slice(0, 3), ['One', 'part', 'Two']);
  assert.equal(lastRequest(server).body.model, '7', 'JSON.parse made a number of it');
});

test('Reset context while the older stream has not noticed Stop: the marker and the part are kept', async () => {
  server.script(thenSilent('part'));
  const host = openChat();
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
  const host = openChat();
  const first = host.send('One');
  await host.chunk((text) => text === 'old');
  host.stop();
  server.script(say('new'));
  await Promise.all([first, host.retry()]);
  assert.deepEqual(texts(host), ['One', 'new']);
});

test('what the joining buffer holds when a newer turn comes is written out', async () => {
  server.script(thenSilent('a', 'b', 'c', 'd'));
  const host = openChat();
  const first = host.send('One');
  await host.chunk((text) => text !== '');
  server.script(say('Two.'));
  await Promise.all([first, host.send('Two')]);
  assert.equal('abcd'.startsWith(texts(host)[1] ?? '?'), true);
  assert.notEqual(texts(host)[1], '');
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
  const host = openChat();
  const turn = host.send('Hi');
  while (!host.posted.some(({ text }) => /Waiting for the first word/.test(String(text)))) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const id = String(host.saved().messages.at(-1)?.id);
  assert.match(host.shown.get(id) ?? '', /⏳ Waiting for the first word: \d+ s/);
  go();
  await turn;
  assert.equal(host.shown.get(id), 'At last.');
  assert.deepEqual(texts(host), ['Hi', 'At last.']);
});

test('a note is not shown as code when the answer broke off inside a code fence', async () => {
  server.script((response) => {
    begin(response);
    response.write(frame({ content: '```js\nlet a' }), () => response.destroy());
  });
  const host = openChat();
  await host.send('Code');
  assert.match(
    texts(host)[1] ?? '',
    /^```js\nlet a\n```\n\n> \S*⚠️ \*\*local-llm\*\* · The server at \S+ closed the connection before/,
  );
  assert.equal((lastMeta(host).error as { kind: string }).kind, 'interrupted');
});

test('a boot message comes first and again after a marker; the model is asked as if it were not there', async () => {
  server.script(say('Hello.'));
  const host = openChat();
  const boot = { id: 'msg_1', sender: 'bot', text: 'Welcome!' };
  host.disk.save({ id: host.threadId, messages: [boot, { id: 'marker_2', type: 'marker' }, boot] });
  await host.send('Hi');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'Hi' }]);
});

test('InitTask answers a message that was marked for it', async () => {
  server.script(say('Done.'));
  const host = openChat();
  const question = { id: 'msg_1', sender: 'user', text: 'Do it', meta: { autoProcess: true } };
  host.disk.save({ id: host.threadId, messages: [question] });
  await host.press({ name: 'InitTask', meta: {} });
  assert.deepEqual(texts(host), ['Do it', 'Done.']);
});

test('InitTask with a thread that was read before a question keeps the question and its answer', async () => {
  server.script(say('Done.'));
  const host = openChat();
  const stale = host.saved();
  await host.send('Do it');
  const asked = server.seen.length;
  await host.press({ name: 'InitTask', meta: {} }, stale);
  assert.deepEqual(texts(host).slice(0, 2), ['Do it', 'Done.']);
  assert.equal(server.seen.length, asked, 'and it is not answered again');
});

test('InitTask answers a question that came meanwhile and has no answer yet', async () => {
  server.script(thenSilent());
  const host = openChat();
  const stale = host.saved();
  const first = host.send('Do it');
  await host.chunk(() => true);
  server.script(say('Done.'));
  await Promise.all([first, host.press({ name: 'InitTask', meta: {} }, stale)]);
  assert.deepEqual(texts(host), ['Do it', stoppedEarly, 'Done.']);
});

test('InitTask says of a server that does not list its models that it is busy', async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const host = openChat({ llm: { baseURL: `http://127.0.0.1:${port}/v1` } });
  await host.press({ name: 'InitTask', meta: {} });
  mute.close();
  assert.match(texts(host)[0] ?? '', /did not answer in time\./);
  assert.equal((lastMeta(host).error as { kind: string }).kind, 'timeout');
});

test('InitTask in an empty chat says whether the server is ready; the model never reads it', async () => {
  const host = openChat({ at: lmStudio, llm: { model: 'local-model-name' } });
  await host.press({ name: 'InitTask', meta: {} });
  assert.match(texts(host)[0] ?? '', /✅ .*Ready: 127\.0\.0\.1:\d+, `tiny`\./);
  lmStudio.script(say('Hello.'));
  await host.send('Hi');
  assert.deepEqual(lastRequest(lmStudio).body.messages, [{ role: 'user', content: 'Hi' }]);
  const dead = openChat({ llm: { baseURL: await deadURL() } });
  await dead.press({ name: 'InitTask', meta: {} });
  assert.match(texts(dead)[0] ?? '', /No server is running at/);
});

test('what is secret in the base URL is shown nowhere', async () => {
  const withUser = (url: string) => url.replace('://', '://me:pass-word@');
  const ready = openChat({ llm: { baseURL: withUser(lmStudio.baseURL) } });
  await ready.press({ name: 'InitTask', meta: {} });
  const baseURL = `${withUser(await deadURL())}?token=secret-token`;
  const dead = openChat({ llm: { baseURL } });
  await dead.send('Hi');
  const saved = JSON.stringify([ready.saved(), dead.saved()]);
  assert.match(saved, /✅[\s\S]*No server is running/);
  assert.doesNotMatch(saved, /pass-word|secret-token/);
});

test('an unknown task is answered in words', async () => {
  const host = openChat();
  await host.press({ name: 'Dance', meta: {} });
  assert.match(texts(host)[0] ?? '', /`Dance`/);
});

test('the drop-down: embeddings hidden, the loaded model first and marked, the configured one always there', async () => {
  const host = openChat({ at: lmStudio, llm: { model: 'mine', language: 'en' } });
  const [model, reasoning, button] = (await host.openPanel()) as {
    options: { label: string; value: string }[];
    default: string;
    task: object;
  }[];
  assert.deepEqual(
    model?.options.map(({ value }) => value),
    ['tiny', 'big', 'mine'],
  );
  assert.match(model?.options[0]?.label ?? '', /✓ tiny/);
  assert.equal(model?.default, 'mine');
  assert.deepEqual(
    reasoning?.options.map(({ value, label }) => [value, label]),
    [
      ['show', 'show'],
      ['hide', 'hide'],
      ['off', 'off'],
    ],
  );
  assert.deepEqual(button?.task, {
    name: 'ResetContext',
    type: 'action',
    message: '',
    meta: {},
    skipUserMessage: true,
    skipBotMessage: true,
  });
});

test('the drop-down with a dead or a silent server offers what is configured', async () => {
  const host = openChat({ llm: { baseURL: await deadURL(), model: 'local-model-name' } });
  const [model] = (await host.openPanel()) as { options: { value: string }[]; default: string }[];
  assert.deepEqual(
    model?.options.map(({ value }) => value),
    ['(auto)'],
  );
  assert.equal(model?.default, '(auto)', 'empty options without a default break the web view');
});

test('the drop-downs are there before the list of a silent server is given up', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket.resume()));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const host = openChat({ llm: { baseURL: `http://127.0.0.1:${port}/v1`, model: 'mine' } });
  const [model] = (await host.openPanel()) as { options: { value: string }[] }[];
  assert.deepEqual(
    sockets.map(({ readyState }) => readyState),
    ['open'],
  );
  assert.deepEqual(
    model?.options.map(({ value }) => value),
    ['mine'],
  );
  for (const socket of sockets) socket.destroy();
  mute.close();
});

test('a model that was chosen in the panel does not hide the configured one', async () => {
  const host = openChat({ at: lmStudio, llm: { model: 'mine' } });
  host.choose('model', 'big');
  const [model] = (await host.openPanel()) as { options: { value: string }[]; default: string }[];
  assert.deepEqual(
    model?.options.map(({ value }) => value),
    ['tiny', 'big', 'mine'],
  );
  assert.equal(model?.default, 'mine');
});

test('without a model anywhere the loaded one is asked for, as it is at the time', async () => {
  lmStudio.script(say('Hello.'));
  const host = openChat({ at: lmStudio, llm: { model: 'local-model-name' } });
  await host.send('Hi');
  assert.equal(lastRequest(lmStudio).body.model, 'tiny');
});

test('the answer of another model is noted once a thread', async () => {
  server.script(say('Hello.'));
  const host = openChat({
    llm: { model: 'publisher/gemma-2-2b-it-GGUF/gemma-2-2b-it-Q4_K_M.gguf' },
  });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /`tiny` answered, but `publisher[\s\S]*drop-down "Model"/);
  await host.send('Hi');
  assert.equal(texts(host)[3], 'Hello.');
  assert.deepEqual(lastRequest(server).body.messages[1], { role: 'assistant', content: 'Hello.' });
});

const reasoned = say(
  { reasoning_content: 'Hm,\n' },
  { reasoning_content: 'yes.' },
  '\n\nThe ',
  'answer.',
);

test('reasoning is shown apart from the answer, and taken out again before it goes back', async () => {
  server.script(reasoned);
  const host = openChat();
  await host.send('Why?');
  assert.match(
    texts(host)[1] ?? '',
    /^> \S*💭 \*\*Reasoning\*\*\n>\n> Hm,\n> yes\.\S*\n\n(\n\n)?The answer\.$/,
  );
  const thread = host.saved();
  const [, reply] = thread.messages;
  assert.ok(reply);
  reply.text = `Edited.\n\n${reply.text?.replace('yes', 'no')}`;
  host.disk.save(thread);
  await host.send('And?');
  assert.deepEqual(lastRequest(server).body.messages[1], {
    role: 'assistant',
    content: 'Edited.\n\nThe answer.',
  });
});

test('<think> in the content is shown and taken out likewise', async () => {
  server.script(say('<thi', 'nk>Hm', '</think>', '\n\nYes.'));
  const host = openChat();
  await host.send('为什么？');
  assert.match(texts(host)[1] ?? '', /^> \S*💭 \*\*思考\*\*\n>\n> Hm\S*\n\n(\n\n)?Yes\.$/);
});

test('reasoning is hidden, or not asked for', async () => {
  server.script(reasoned);
  const hiding = openChat({ llm: { reasoning: 'hide' } });
  await hiding.send('Why?');
  assert.equal(texts(hiding)[1], 'The answer.');
  hiding.choose('reasoning', 'off');
  await hiding.send('Why?');
  assert.equal(lastRequest(server).body.reasoning_effort, 'none');
});

for (const [name, script, note] of [
  ['cut by length', raw(frame({ content: 'Half' }) + ending('length')), /^Half\n\n> .*was cut off/],
  ['empty', say(), /gave an empty answer/],
  ['hidden in the reasoning', say({ reasoning_content: 'All of it' }), /has only been thinking/],
  ['filtered', raw(ending('content_filter')), /held the rest of the answer back/],
  ['no end', raw(frame({ content: 'Half' })), /^Half\n\n> .*The connection was lost before/],
  [
    'a token is needed',
    refuse(401, {
      error: { message: 'An LM Studio API token is required', code: 'invalid_api_key' },
    }),
    /requires an API token \(401\)\.[\s\S]*"An LM Studio API token is required"[\s\S]*Store the token/,
  ],
  [
    'the context is too small',
    refuse(400, {
      error:
        'Engine protocol predict request returned 400: {"error":{"code":400,"message":"request (9025 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}',
    }),
    /longer than the model's context[\s\S]*9025 tokens[\s\S]*this question alone is too long/,
  ],
  [
    'an error inside the stream',
    raw(
      `${frame({ content: 'Half' })}event: error\ndata: {"error":{"message":"Compute error."}}\n\n`,
    ),
    /^Half\n\n> [\s\S]*Compute error\./,
  ],
  [
    'no event stream',
    raw('<h1>Welcome</h1>', 'text/html'),
    /Welcome[\s\S]*`baseURL` in agents\.json ends with `\/v1`/,
  ],
] satisfies [string, Script, RegExp][]) {
  test(`an honest end, in one block under what was written: ${name}`, async () => {
    server.script(script);
    const host = openChat();
    await host.send('Hi');
    assert.match(texts(host)[1] ?? '', note);
    assert.ok(!texts(host)[1]?.includes('An error occurred during processing'));
  });
}

test('no model is loaded: the reply names those that the server has', async () => {
  lmStudio.script(
    refuse(400, { error: { message: 'No models loaded. Please load a model.', param: 'model' } }),
  );
  const host = openChat({ at: lmStudio });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /No model is loaded\.[\s\S]*The server has `big`, `tiny`/);
});

test('a base URL without /v1 is named as the cause', async () => {
  server.script((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"error":"Unexpected endpoint or method. (POST /chat/completions)"}');
  });
  const host = openChat({ llm: { baseURL: new URL(server.baseURL).origin } });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /`baseURL` in agents\.json ends with `\/v1`/);
});

test('bad settings are refused in words, and nothing is sent', async () => {
  const before = server.seen.length;
  for (const [metadata, words] of [
    ['text', /agents\.json are not right: metadata must be an object\./],
    [{ llm: 5 }, /metadata\.llm must be an object/],
    [
      { llm: { baseURL: 'localhost:1234/v1', showStats: 'yes' } },
      /metadata\.llm\.showStats must be of type boolean/,
    ],
    [{ llm: { baseURL: 'localhost:1234/v1' } }, /baseURL must begin with http/],
    [{ llm: { baseURL: 'nonsense', model: 'tiny' } }, /baseURL must begin with http/],
  ] as const) {
    const host = createHost(LocalLLMStreamAgent, {
      storagePath,
      metadata,
      threadId: `thread_${++threads}`,
    });
    await host.send('Hi');
    assert.match(texts(host)[1] ?? '', words);
    assert.equal((lastMeta(host).error as { kind: string }).kind, 'settings');
    assert.ok((await host.openPanel()).length > 0);
  }
  assert.equal(server.seen.length, before);
});

test('an unknown field is named once, and the chat goes on', async () => {
  server.script(say('Hello.'));
  const host = openChat({ llm: { temprature: 1 } });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /^Hello\.\n\n> .*`temprature`/);
  await host.send('Hi');
  assert.equal(texts(host)[3], 'Hello.');
});

test('body, system prompt and key go into the request; the key into nothing else', async () => {
  const key = 'sk-lm-1234567890:abcdefghij';
  server.script(
    refuse(401, { error: { message: `Malformed LM Studio API token provided: ${key}` } }),
  );
  const host = openChat({
    llm: { apiKey: 'mine', systemPrompt: 'Be brief.', body: { temperature: 0.2, messages: 'x' } },
    settings: { apiKey: { mine: key } },
  });
  await host.send('Hi');
  const { body, headers } = lastRequest(server);
  assert.equal(headers.authorization, `Bearer ${key}`);
  assert.equal(body.temperature, 0.2);
  assert.deepEqual(body.messages[0], { role: 'system', content: 'Be brief.' });
  const saved = JSON.stringify(host.saved()) + JSON.stringify(host.posted);
  assert.ok(!saved.includes(key) && !saved.includes('1234567890'), saved);
});

test('a missing key is told without the name, which may be the key itself', async () => {
  server.script(refuse(401, { error: { message: 'Invalid API Key', code: 401 } }));
  const host = openChat({ llm: { apiKey: 'my-short-key' } });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /in My Assistant's setting `apiKey`/);
  assert.ok(!JSON.stringify(host.saved()).includes('my-short-key'));
});

test('showStats adds one line, which the model never reads', async () => {
  server.script(say('Hello.'));
  const host = openChat({ llm: { showStats: true } });
  await host.send('Hi');
  assert.match(texts(host)[1] ?? '', /^Hello\.\n\n> .*2 tokens, .* tokens\/s, /);
  await host.send('Hi');
  assert.deepEqual(lastRequest(server).body.messages[1], { role: 'assistant', content: 'Hello.' });
});

test('an image and a text file are sent; what cannot be is named in the reply', async () => {
  server.script(say('Nice.'));
  const host = openChat();
  const folder = join(storagePath, host.threadId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'a.png'),
    Buffer.from('89504e470d0a1a0a', 'hex').toString('latin1'),
    'latin1',
  );
  writeFileSync(join(folder, 'b.webp'), 'RIFF');
  await host.send('', { imagePath: 'a.png' });
  assert.deepEqual(lastRequest(server).body.messages, [
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }],
    },
  ]);
  await host.send('And this?', { imagePath: 'b.webp' });
  assert.match(
    texts(host).at(-1) ?? '',
    /^Nice\.\n\n> .*`b\.webp` was not sent\.[\s\S]*UTF-8 up to 256 KiB/,
  );
  const alone = openChat();
  const before = server.seen.length;
  await alone.send('', { imagePath: '../../secret.png' });
  assert.match(texts(alone)[1] ?? '', /`secret\.png` was not sent\.[\s\S]*this chat's own folder/);
  assert.equal(server.seen.length, before, 'there is nothing to ask');
});

test('a thread that cannot be changed is answered all the same, and the thread goes on', async () => {
  const host = openChat();
  server.script(say('Yes.'));
  await host.send('One');
  host.choose('model', 'tiny');
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
  const frozen = Object.freeze({ id: host.threadId, messages: host.saved().messages.slice(0, 1) });
  await agent.generateReply(frozen, { threadRepository: host.disk });
  await host.send('Two');
  assert.match(texts(host).at(-1) ?? '', /^Yes\./);
});

test('a subclass of the kind that the tutorial teaches keeps working', async () => {
  server.script(say('Hello', '.'));
  class Loud extends LocalLLMStreamAgent {
    override convertToOpenAIMessages(
      messages: Parameters<LocalLLMStreamAgent['convertToOpenAIMessages']>[0],
    ) {
      return [{ role: 'system', content: 'Loud.' }, ...super.convertToOpenAIMessages(messages)];
    }
    override async *createStream(stream: AsyncIterable<unknown>) {
      for await (const chunk of stream) {
        const { choices } = chunk as { choices: { delta?: { content?: string } }[] };
        const content = choices[0]?.delta?.content || '';
        if (content) yield content.toUpperCase();
      }
    }
  }
  const host = openChat({ Agent: Loud });
  await host.send('Hi');
  assert.equal(texts(host)[1], 'HELLO.');
  assert.equal(lastRequest(server).body.messages[0]?.content, 'Loud.');
});

test("createStream reads an OpenAI client's stream, as the tutorial's code hands it over", async () => {
  async function* chunks() {
    yield { choices: [{ delta: { role: 'assistant', content: '' } }] };
    yield { choices: [{ delta: { content: 'a' } }] };
    yield { choices: [] };
    yield { choices: [{ delta: { content: 'b' } }] };
  }
  const texts: string[] = [];
  for await (const text of new LocalLLMStreamAgent({}, {}).createStream(chunks())) texts.push(text);
  assert.deepEqual(texts, ['a', 'b']);
});

test('nothing that the host might hand over makes a method throw', async () => {
  const broken = JSON.parse('[{}, {"messages":5}, {"id":"x","messages":[null]}]');
  for (const thread of broken) {
    const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
    const stream = (await agent.generateReply(thread)).getStream();
    assert.ok(stream);
    let text = '';
    for await (const chunk of stream) text += chunk;
    assert.match(text, /\*\*local-llm\*\*/);
    assert.ok(await agent.loadOperations(thread));
    assert.ok(await agent.executeTask(JSON.parse('{"name":"ResetContext"}'), thread));
    assert.ok(await agent.executeTask(JSON.parse('null'), thread));
  }
});
