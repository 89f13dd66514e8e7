import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { ask, scratch } from '../helpers.ts';

// One line of setup replaces the `fetch` of the globals. (test/compat/examples has it in vitest, jest and node:test.)

const modelCalls = [
  'http://127.0.0.1:1234/v1/chat/completions',
  'https://api.example/openai/v1/embeddings?x=1',
  'http://127.0.0.1:11434/api/chat',
  'http://127.0.0.1:1234/api/v0/models',
];
const otherCalls = [
  'http://app.example/api/chat/rooms',
  'http://app.example/chat/completions.html',
  '/v1/chat/completions',
];

test('calls of a model are recorded, all others go to the fetch that was there; running it twice changes nothing', async (t) => {
  const folder = await scratch(t);
  const before = globalThis.fetch;
  const { CI } = process.env;
  t.after(() => {
    globalThis.fetch = before;
    delete process.env.LOCAL_LLM_FIXTURES;
    if (CI !== undefined) process.env.CI = CI;
  });
  delete process.env.CI;
  process.env.LOCAL_LLM_FIXTURES = folder;
  const asked: string[] = [];
  globalThis.fetch = async (input) => {
    asked.push(String(input));
    return new Response('data: [DONE]\n\n', { headers: { 'content-type': 'text/event-stream' } });
  };
  const setup = new URL('../../../dist/replay-setup.js', import.meta.url).href;
  await import(setup);
  const replaced = globalThis.fetch;
  await import(`${setup}?again`);
  assert.equal(globalThis.fetch, replaced);

  for (const url of otherCalls) await (await fetch(url, ask())).text();
  assert.deepEqual(await readdir(folder), []);
  for (const url of modelCalls) await (await fetch(new URL(url), ask())).text();
  assert.deepEqual(asked, [...otherCalls, ...modelCalls]);
  assert.deepEqual((await readdir(folder)).filter((file) => file.endsWith('.json')).sort(), [
    'api-chat.json',
    'api-v0-models.json',
    'chat-completions.json',
    'openai-v1-embeddings.json',
  ]);
});
