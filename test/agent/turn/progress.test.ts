import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phrasesIn } from '../../../src/agent/say/phrases.ts';
import { chatsWith, lastRequest, textsOf } from '../doubles/chats.ts';
import type { Host } from '../doubles/host.ts';
import { begin, ending, frame, type Script, say, startServer } from '../doubles/scripted-server.ts';

const server = await startServer([
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded' },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
]);
const chats = chatsWith(server);

/** Silent after these frames, until it is told to go on. */
function silentAfter(frames: string): { script: Script; goOn(): void } {
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const script: Script = async (response) => {
    begin(response);
    response.write(frames);
    await waiting;
    response.end(frame({ content: 'At last.' }) + ending());
  };
  return { script, goOn: () => goOn() };
}

/** Resolves when a notice of this kind is shown. */
const notice = (host: Host, pattern: RegExp) => host.post(({ text }) => pattern.test(String(text)));

const progress = (processed: number) =>
  frame(
    { role: 'assistant', content: null },
    { prompt_progress: { total: 100, cache: 0, processed, time_ms: 1 } },
  );

test('how much of the prompt is read is shown, and never saved', async () => {
  const { script, goOn } = silentAfter(progress(10) + progress(46));
  server.script(script);
  const host = chats.open();
  const turn = host.send('Hi');
  await notice(host, /^⏳ Reading the prompt: 46%, \d+ s$/);
  goOn();
  await turn;
  assert.equal(
    'return_progress' in lastRequest(server).body,
    false,
    'no other server is asked for it',
  );
  assert.equal(host.shown.get(String(host.saved().messages.at(-1)?.id)), 'At last.');
  assert.deepEqual(textsOf(host), ['Hi', 'At last.']);
});

test('a share that is none is not shown', async () => {
  const prompt_progress = { total: 0, cache: 0, processed: 5, time_ms: 1 };
  const { script, goOn } = silentAfter(frame({ role: 'assistant' }, { prompt_progress }));
  server.script(script);
  const host = chats.open({ llm: { model: 'none' } });
  const turn = host.send('Hi');
  await notice(host, /^⏳ Reading the prompt: \d+ s$/);
  goOn();
  await turn;
});

test('how long the model thinks is counted from its first thought', async () => {
  const { script, goOn } = silentAfter('');
  let think = () => {};
  server.script((response, seen) => {
    think = () => response.write(frame({ reasoning_content: 'Hm.' }));
    return script(response, seen);
  });
  const host = chats.open();
  const turn = host.send('Hi');
  await notice(host, /: 9 s$/);
  think();
  await notice(host, /💭 Thinking/);
  const text = host.posted.findLast((message) => String(message.text).includes('💭'))?.text;
  assert.match(String(text), /Thinking: [0-4] s/);
  goOn();
  await turn;
});

test('return_progress can be switched off, as any field of the request', async () => {
  server.script(say('Hello.'));
  await chats.open({ llm: { body: { return_progress: false } } }).send('Hi');
  assert.equal(lastRequest(server).body.return_progress, false);
});

for (const [name, model, pattern] of [
  ['a model that is in memory reads the prompt', 'tiny', /^⏳ Reading the prompt: \d+ s$/],
  ['a model that is not is loaded', 'big', /^⏳ Loading `big`: \d+ s$/],
  [
    'of a model that the list does not have nothing is said',
    'none',
    /^⏳ Waiting for the first token: \d+ s$/,
  ],
] as const) {
  test(`what is waited for: ${name}`, async () => {
    const { script, goOn } = silentAfter('');
    server.script(script);
    const host = chats.open({ llm: { model } });
    const turn = host.send('Hi');
    await notice(host, pattern);
    goOn();
    await turn;
  });
}

test('reasoning that is hidden is told as thinking', async () => {
  const { script, goOn } = silentAfter(frame({ reasoning_content: 'Hm.' }));
  server.script(script);
  const host = chats.open({ llm: { reasoning: 'hide' } });
  const turn = host.send('Hi');
  await notice(host, /^💭 Thinking: \d+ s$/);
  goOn();
  await turn;
  assert.match(textsOf(host)[1] ?? '', /^> 💭 \*\*Thought for \d+ s\*\*\n\nAt last\.$/);
  assert.ok(!JSON.stringify(host.posted).includes('Hm.'), 'nothing of it is in sight');
});

test('the last three lines of the reasoning are in sight while it comes', async () => {
  const thought = 'one\n\ntwo\n10*3\nfour';
  const { script, goOn } = silentAfter(frame({ reasoning_content: thought }));
  server.script(script);
  const host = chats.open();
  const turn = host.send('Hi');
  await notice(host, /^💭 Thinking: \d+ s\n\n> two\\\n> 10\\\*3\\\n> four$/);
  goOn();
  await turn;
  const text = textsOf(host)[1] ?? '';
  assert.match(
    text,
    /^> 💭 \*\*Thought for [2-9] s\*\*\n>\n> one\n>\n> two\\\n> 10\\\*3\\\n> four\n\nAt last\.$/,
  );
  assert.equal(host.shown.get(String(host.saved().messages[1]?.id)), text, 'no notice is left');
});

const llama = await startServer(
  [{ id: 'tiny', object: 'model', owned_by: 'llamacpp', type: 'llm', state: 'loaded' }],
  '/v1/models',
);
const llamaChats = chatsWith(llama);

for (const [name, frames] of [
  ['before any sign of life', ''],
  ['while its prompt was read', progress(10)],
] as const) {
  test(`a question right after one that was stopped ${name} says what may keep llama.cpp`, async () => {
    const silent = silentAfter(frames);
    llama.script(silent.script);
    const host = llamaChats.open();
    const first = host.send('One');
    if (frames) await notice(host, /^⏳ Reading the prompt: 10%/);
    else await host.chunk(() => true);
    host.stop();
    await first;
    silent.goOn();
    const { script, goOn } = silentAfter('');
    llama.script(script);
    const second = host.send('Two');
    await notice(
      host,
      /^⏳ The server may still be busy with the question that was stopped: \d+ s$/,
    );
    goOn();
    await second;
  });
}

test('of any other server that is not said: it stops when the connection is closed', async () => {
  const silent = silentAfter('');
  server.script(silent.script);
  const host = chats.open();
  const first = host.send('One');
  await host.chunk(() => true);
  host.stop();
  await first;
  silent.goOn();
  const { script, goOn } = silentAfter('');
  server.script(script);
  const second = host.send('Two');
  await notice(host, /^⏳ Reading the prompt: \d+ s$/);
  goOn();
  await second;
});

test('the notices in Chinese', () => {
  const zh = phrasesIn('zh');
  const time = zh.time(12);
  assert.equal(zh.readingShare(46, time), '⏳ 正在处理提示词：46%，12 秒');
  assert.equal(zh.loading('m', time), '⏳ 正在加载 `m`：12 秒');
  assert.equal(zh.thinking(time), '💭 正在思考：12 秒');
  assert.equal(zh.busy(time), '⏳ 服务可能还在处理刚才停止的问题：12 秒');
});

test('what was said below a reply is gone when more of the reply comes', async () => {
  const long = 'word '.repeat(36_000);
  const { script, goOn } = silentAfter(
    frame({ content: long }) + frame({ content: 'more' }) + frame({ reasoning_content: 'Hm.' }),
  );
  server.script(script);
  const host = chats.open();
  const turn = host.send('Hi');
  // A chunk of a text as long as this waits longer than the notice.
  await notice(host, /💭 Thinking: \d+ s/);
  const id = String(host.saved().messages.at(-1)?.id);
  assert.ok(host.shown.get(id)?.includes('💭'));
  await host.chunk((text) => text === 'more');
  assert.ok(host.shown.get(id)?.startsWith(`${long}more`));
  goOn();
  await turn;
});
