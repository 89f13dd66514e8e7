import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chatsWith, lastRequest, textsOf } from '../doubles/chats.ts';
import { refuse, say, startServer } from '../doubles/scripted-server.ts';

/** What is asked: messages, fields, files; and what of the reply is taken for the answer. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer([
  { id: 'text-embedding-nomic', object: 'model', type: 'embeddings', state: 'loaded' },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 4096 },
]);
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

const reasoned = say(
  { reasoning_content: 'Hm,\n' },
  { reasoning_content: 'yes.' },
  '\n\nThe ',
  'answer.',
);

test('reasoning is shown apart from the answer, and taken out again before it goes back', async () => {
  server.script(reasoned);
  const host = chats.open();
  await host.send('Why?');
  assert.match(
    textsOf(host)[1] ?? '',
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
  const host = chats.open();
  await host.send('为什么？');
  assert.match(textsOf(host)[1] ?? '', /^> \S*💭 \*\*思考\*\*\n>\n> Hm\S*\n\n(\n\n)?Yes\.$/);
});

test('reasoning is hidden, or not asked for', async () => {
  server.script(reasoned);
  const hiding = chats.open({ llm: { reasoning: 'hide' } });
  await hiding.send('Why?');
  assert.equal(textsOf(hiding)[1], 'The answer.');
  hiding.choose('reasoning', 'off');
  await hiding.send('Why?');
  assert.equal(lastRequest(server).body.reasoning_effort, 'none');
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
