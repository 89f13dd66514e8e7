import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { chatsWith } from '../doubles/chats.ts';
import { deadURL, startServer } from '../doubles/scripted-server.ts';

/** The drop-downs and buttons of the panel. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer([
  { id: 'text-embedding-nomic', object: 'model', type: 'embeddings', state: 'loaded' },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 4096 },
]);
const lmStudioChats = chatsWith(lmStudio);

test('the drop-down: embeddings hidden, the loaded model first and marked, the configured one always there', async () => {
  const host = lmStudioChats.open({ llm: { model: 'mine', language: 'en' } });
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
  const host = chats.open({ llm: { baseURL: await deadURL(), model: 'local-model-name' } });
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
  const host = chats.open({ llm: { baseURL: `http://127.0.0.1:${port}/v1`, model: 'mine' } });
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
  const host = lmStudioChats.open({ llm: { model: 'mine' } });
  host.choose('model', 'big');
  const [model] = (await host.openPanel()) as { options: { value: string }[]; default: string }[];
  assert.deepEqual(
    model?.options.map(({ value }) => value),
    ['tiny', 'big', 'mine'],
  );
  assert.equal(model?.default, 'mine');
});
