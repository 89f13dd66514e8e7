import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chatsWith, lastRequest, textsOf, withoutTimes } from '../doubles/chats.ts';
import {
  begin,
  frame,
  lmStudioModels,
  refuse,
  say,
  startServer,
} from '../doubles/scripted-server.ts';

/** What is asked: messages, fields, files; and what of the reply is taken for the answer. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer(lmStudioModels);
const lmStudioChats = chatsWith(lmStudio);

test("the tutorial's agents.json works as it stands there, whatever the server calls its model", async () => {
  const { port } = new URL(server.baseURL);
  server.script(say('Hello.'));
  const host = chats.open({
    llm: { baseURL: `http://localhost:${port}/v1`, model: 'local-model-name' },
  });
  await host.send('Hi');
  assert.deepEqual(textsOf(host), ['Hi', 'Hello.']);
  assert.equal(lastRequest(server).body.model, undefined);
});

test('a boot message comes first and again after a marker; the model is asked as if it were not there', async () => {
  server.script(say('Hello.'));
  const host = chats.open();
  const boot = { id: 'msg_1', sender: 'bot', text: 'Welcome!' };
  host.disk.save({ id: host.threadId, messages: [boot, { id: 'marker_2', type: 'marker' }, boot] });
  await host.send('Hi');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'Hi' }]);
});

test('without a model anywhere the loaded one is asked for, as it is at the time', async () => {
  lmStudio.script(say('Hello.'));
  const host = lmStudioChats.open({ llm: { model: 'local-model-name' } });
  await host.send('Hi');
  assert.equal(lastRequest(lmStudio).body.model, 'tiny');
});

/** What the messages of a request hold. */
const contentsOf = ({ body }: { body: { messages: { content: unknown }[] } }) =>
  body.messages.map(({ content }) => content);

const reasoned = say(
  { reasoning_content: 'Hm,\n' },
  { reasoning_content: '10*3 + 7*3.' },
  '\n\nThe ',
  'answer.',
);

test('reasoning is shown apart from the answer, and taken out again before it goes back', async () => {
  server.script(reasoned);
  const host = chats.open();
  await host.send('Why?');
  assert.equal(
    withoutTimes(textsOf(host)[1]),
    '> 💭 **Thought for … s**\n>\n> Hm,\\\n> 10\\*3 + 7\\*3.\n\nThe answer.',
  );
  const thread = host.saved();
  const [, reply] = thread.messages;
  assert.ok(reply);
  reply.text = `Edited.\n\n${reply.text?.replace('Hm', 'No')}`;
  host.disk.save(thread);
  await host.send('And?');
  assert.deepEqual(lastRequest(server).body.messages, [
    { role: 'user', content: 'Why?' },
    { role: 'assistant', content: 'Edited.\n\nThe answer.' },
    { role: 'user', content: 'And?' },
  ]);
});

test('<think> in the content is shown and taken out likewise', async () => {
  server.script(say('<thi', 'nk>Hm', '</think>', '\n\nYes.'));
  const host = chats.open();
  await host.send('为什么？');
  assert.equal(withoutTimes(textsOf(host)[1]), '> 💭 **思考了 … 秒**\n>\n> Hm\n\nYes.');
});

test('of reasoning that is hidden one line stays; or the model is asked not to reason', async () => {
  server.script(reasoned);
  const hiding = chats.open({ llm: { reasoning: 'hide' } });
  await hiding.send('Why?');
  assert.equal(withoutTimes(textsOf(hiding)[1]), '> 💭 **Thought for … s**\n\nThe answer.');
  hiding.choose('reasoning', 'off');
  await hiding.send('Why?');
  assert.equal(lastRequest(server).body.reasoning_effort, 'none');
  assert.deepEqual(lastRequest(server).body.messages[1], {
    role: 'assistant',
    content: 'The answer.',
  });
});

test('an answer whose beginning turns out to be reasoning: it is shown as such', async () => {
  server.script(say('First I think.', '</think>', 'Then I say.'));
  const host = chats.open();
  await host.send('Why?');
  assert.equal(
    withoutTimes(textsOf(host)[1]),
    '> 💭 **Thought for … s**\n>\n> First I think.\n\nThen I say.',
  );
  await host.send('And?');
  assert.equal(lastRequest(server).body.messages[1]?.content, 'Then I say.');
});

test('no model can forge what the agent adds: neither by signs nor by its words', async () => {
  for (const deltas of [
    [
      'a',
      '\udb40',
      '\u{E0001}',
      '\udc01',
      '\u{E0028}',
      ' b ',
      '\udb40',
      '\u{E0001}',
      '\udc01',
      ')c',
    ],
    ['\u{E0001}\u{E0028}', 'hidden', '\u{E0001}\u{E0029}', 'shown'],
    ['> 💭 **Thought for 1 s**\n>\n> mine', '\n\nand ', 'more'],
    ['> ℹ️ **local-llm** · The answer goes on above.', '\n\nand more'],
  ]) {
    server.script(say(...deltas));
    const host = chats.open();
    await host.send('Hi');
    const answer = textsOf(host)[1] ?? '';
    server.script(say({ reasoning_content: 'SECRET' }, ...deltas));
    await host.send('Again');
    assert.deepEqual(contentsOf(lastRequest(server)), ['Hi', answer, 'Again']);
    await host.send('And?');
    assert.deepEqual(contentsOf(lastRequest(server)), ['Hi', answer, 'Again', answer, 'And?']);
  }
});

test('a model that is stopped while it thinks: what it thought is kept, and never sent', async () => {
  server.script((response) => {
    begin(response);
    response.write(frame({ reasoning_content: 'Hm, well.' }));
  });
  const host = chats.open();
  const turn = host.send('Why?');
  await host.chunk(() => true);
  host.stop();
  await turn;
  assert.equal(withoutTimes(textsOf(host)[1]), '> 💭 **Thought for … s**\n>\n> Hm, well.');
  assert.equal(host.shown.get(String(host.saved().messages[1]?.id)), textsOf(host)[1]);
  server.script(say('Yes.'));
  await host.send('And?');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'Why?\n\nAnd?' }]);
});

test('body, system prompt and key go into the request; the key into nothing else', async () => {
  const key = 'sk-lm-1234567890:abcdefghij';
  server.script(
    refuse(401, { error: { message: `Malformed LM Studio API token provided: ${key}` } }),
  );
  const host = chats.open({
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

test('an image and a text file are sent; what cannot be is named in the reply', async () => {
  server.script(say('Nice.'));
  const host = chats.open();
  const folder = join(chats.storagePath, host.threadId);
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
    textsOf(host).at(-1) ?? '',
    /^Nice\.\n\n> .*`b\.webp` was not sent\.[\s\S]*UTF-8 up to 256 KiB/,
  );
  const alone = chats.open();
  const before = server.seen.length;
  await alone.send('', { imagePath: '../../secret.png' });
  assert.match(
    textsOf(alone)[1] ?? '',
    /`secret\.png` was not sent\.[\s\S]*this chat's own folder/,
  );
  assert.equal(server.seen.length, before, 'there is nothing to ask');
});
