import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { chatsWith } from '../doubles/chats.ts';
import { deadURL, lmStudioModels, say, startServer } from '../doubles/scripted-server.ts';

/** The drop-downs and buttons of the panel. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer(lmStudioModels);
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

interface Drop {
  settingKey: string;
  options: { label: string; value: string }[];
}

test('an effort is asked only of a model that lists it, and the drop-down has those of the chosen model', async () => {
  const models = [
    {
      id: 'thinker',
      type: 'llm',
      state: 'loaded',
      capabilities: { reasoning: { allowed_options: ['low', 'high'] } },
    },
    {
      id: 'other',
      type: 'llm',
      state: 'loaded',
      capabilities: { reasoning: { allowed_options: ['max'] } },
    },
    { id: 'plain', type: 'llm', state: 'loaded' },
  ];
  const own = await startServer(models);
  const { open } = chatsWith(own);
  const host = open({ llm: { model: 'thinker' } });
  own.script(say('Yes.'));
  const efforts = async () => {
    const drops = (await host.openPanel()) as Drop[];
    return drops.find(({ settingKey }) => settingKey === 'reasoning')?.options;
  };
  const plain = ['show', 'hide'].map((value) => ({ label: value, value }));
  assert.deepEqual(await efforts(), [
    ...plain,
    { label: 'low', value: 'effort:low' },
    { label: 'high', value: 'effort:high' },
  ]);
  host.choose('reasoning', 'effort:low');
  await host.send('Hi');
  assert.deepEqual(own.seen.at(-1)?.body, {
    reasoning_effort: 'low',
    model: 'thinker',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  assert.equal(host.box('reasoning'), 'low');
  for (const [model, others] of [
    ['other', [{ label: 'max', value: 'effort:max' }]],
    ['plain', [{ label: 'off', value: 'off' }]],
    ['unknown', [{ label: 'off', value: 'off' }]],
  ] as const) {
    host.choose('model', model);
    await host.send('Again');
    assert.equal(own.seen.at(-1)?.body.reasoning_effort, undefined, model);
    const [, hide] = plain;
    assert.deepEqual(await efforts(), [{ label: 'show', value: 'effort:low' }, hide, ...others]);
    assert.equal(host.box('reasoning'), 'show', 'the box is not empty');
  }
  host.choose('model', 'thinker');
  await host.send('Again');
  assert.equal(own.seen.at(-1)?.body.reasoning_effort, 'low');
});

test('a long name in a drop-down is cut in the middle; its value is whole', async () => {
  const long = 'publisher/a-very-long-model-name-with-many-words-Q4_K_M.gguf';
  const own = await startServer([{ id: long, type: 'llm', state: 'loaded' }]);
  const preset = 'p'.repeat(33);
  const host = chatsWith(own).open({ llm: { model: long, presets: { [preset]: {} } } });
  const drops = (await host.openPanel()) as Drop[];
  const optionsOf = (key: string) => drops.find(({ settingKey }) => settingKey === key)?.options;
  assert.deepEqual(optionsOf('model'), [
    { label: '✓ publisher/a-ver … rds-Q4_K_M.gguf', value: long },
  ]);
  assert.deepEqual(optionsOf('preset')?.[1], {
    label: `${'p'.repeat(15)} … ${'p'.repeat(15)}`,
    value: preset,
  });
});

test('a panel that is opened again has the models that the server has by then', async () => {
  const models = [{ id: 'tiny', type: 'llm', state: 'loaded' }];
  const changing = await startServer(models);
  const host = chatsWith(changing).open({ llm: { baseURL: changing.baseURL } });
  const names = async () => {
    const [model] = (await host.openPanel()) as { options: { value: string }[] }[];
    return model?.options.map(({ value }) => value);
  };
  await names();
  models.push({ id: 'later', type: 'llm', state: 'not-loaded' });
  assert.ok((await names())?.includes('later'));
});
