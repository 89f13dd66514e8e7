import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chatsWith, lastRequest, thenSilent } from '../doubles/chats.ts';
import type { Host } from '../doubles/host.ts';
import { ending, frame, raw, refuse, say, startServer } from '../doubles/scripted-server.ts';

const server = await startServer([
  { id: 'tiny', object: 'model', type: 'vlm', state: 'loaded', loaded_context_length: 4096 },
]);
const chats = chatsWith(server);

const reasoned = say(
  { reasoning_content: 'Hm,\rwell.' },
  'First, ',
  { reasoning_content: 'And then?' },
  '```js\nlet a;\n```',
);

/** What the last request has sent, as it is on the wire. */
const sent = () => lastRequest(server).body.messages.map((message) => JSON.stringify(message));

/** The next turn's messages begin with those of the one before. */
async function assertSameBeginning(
  host: Host,
  between: () => Promise<unknown> | unknown = () => {},
) {
  const earlier = sent();
  await between();
  server.script(say('Next.'));
  await host.send('And then?');
  assert.deepEqual(sent().slice(0, earlier.length), earlier);
  assert.ok(sent().length > earlier.length);
}

async function chatWithHistory(llm: object = {}): Promise<Host> {
  server.script(reasoned);
  const host = chats.open({ llm: { systemPrompt: 'Be kind.', ...llm } });
  await host.send('Why is that?');
  return host;
}

test('the next question', async () => assertSameBeginning(await chatWithHistory()));

test('after Stop in mid-answer', async () => {
  const host = await chatWithHistory();
  server.script(thenSilent('Half ', 'an answer '));
  const turn = host.send('Go on');
  await host.chunk((text) => text.includes('answer'));
  host.stop();
  await turn;
  await assertSameBeginning(host);
});

test('after Stop before the first word the text goes on, too', async () => {
  const host = await chatWithHistory();
  server.script(thenSilent());
  const turn = host.send('Go on');
  await host.chunk((text) => text === '');
  host.stop();
  await turn;
  const earlier = JSON.stringify(lastRequest(server).body.messages).replace(/"}]$/, '');
  server.script(say('Next.'));
  await host.send('And then?');
  assert.ok(JSON.stringify(lastRequest(server).body.messages).startsWith(earlier));
});

test('Retry asks the very same', async () => {
  const host = await chatWithHistory();
  await host.send('Again?');
  const earlier = sent();
  await host.retry();
  assert.deepEqual(sent(), earlier);
  await assertSameBeginning(host);
});

test('another language', async () => {
  const host = await chatWithHistory({ showStats: true });
  await assertSameBeginning(host, async () => {
    server.script(reasoned);
    await host.send('请用中文再说一遍，好吗？');
  });
});

test('reasoning that is shown, hidden, and shown again', async () => {
  const host = await chatWithHistory();
  await assertSameBeginning(host, () => host.choose('reasoning', 'hide'));
  server.script(reasoned);
  await host.send('Hidden?');
  await assertSameBeginning(host, () => host.choose('reasoning', 'show'));
  const shownFirst = await chatWithHistory();
  await shownFirst.send('x');
  const hiddenFirst = await chatWithHistory({ reasoning: 'hide' });
  server.script(say('Next.'));
  await hiddenFirst.send('x');
  assert.deepEqual(lastRequest(server).body.messages[2], {
    role: 'assistant',
    content: 'First, ```js\nlet a;\n```',
  });
});

test('images and files', async () => {
  const host = await chatWithHistory();
  const folder = join(chats.storagePath, host.threadId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.png'), Buffer.from('89504e470d0a1a0a00', 'hex'));
  writeFileSync(join(folder, 'a.txt'), 'some text');
  server.script(say('Nice.'));
  await host.send('Look', { imagePath: 'a.png', filePath: `${host.threadId}/a.txt` });
  assert.match(sent().join(), /image_url.*some text|some text.*image_url/);
  await assertSameBeginning(host);
});

test('notes: an answer that was cut off, one of another model, an error in mid-answer', async () => {
  for (const script of [
    raw(frame({ content: '```js\nlet a' }) + ending('length')),
    raw(frame({ content: 'x' }, { model: 'another' }) + ending()),
    raw(`${frame({ content: 'Half' })}event: error\ndata: {"error":{"message":"Broken."}}\n\n`),
  ]) {
    const host = await chatWithHistory();
    server.script(script);
    await host.send('Go on');
    await assertSameBeginning(host);
  }
});

test('a question that failed is not there any more; what was there before it is', async () => {
  const host = await chatWithHistory();
  server.script(say('Yes.'));
  await host.send('Right?');
  await assertSameBeginning(host, async () => {
    server.script(refuse(500, { error: 'boom' }));
    await host.send('Fails');
  });
});

test('Continue, also twice: the joined answer begins with what was sent of it', async () => {
  const host = await chatWithHistory();
  server.script(raw(frame({ content: '```js\nlet a' }) + ending('length')));
  await host.send('Code');
  const question = sent();
  server.script(raw(frame({ content: ' = 1;\nlet b' }) + ending('length')));
  await host.click('Continue');
  assert.deepEqual(sent().slice(0, question.length), question);
  server.script(say(' = 2;\n```'));
  await host.click('Continue');
  const [, , , , answer] = lastRequest(server).body.messages;
  assert.equal(answer?.content, '```js\nlet a = 1;\nlet b');
  server.script(say('Next.'));
  await host.send('And then?');
  const joined = lastRequest(server).body.messages[4];
  assert.deepEqual(joined, { role: 'assistant', content: '```js\nlet a = 1;\nlet b = 2;\n```' });
  await assertSameBeginning(host);
});
