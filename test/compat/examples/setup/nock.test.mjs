import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from 'local-llm-stream-agent';
import nock from 'nock';

// `node --import local-llm-stream-agent/replay/setup --test`: what mocks the rest of the world stays beside it.

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';

test('nock', async (t) => {
  nock('http://app.example').get('/hello').reply(200, 'from the app');
  t.after(() => nock.restore());
  const messages = [{ role: 'user', content: 'Say hello beside nock.' }];
  const { text } = await streamChat({ model: 'local', messages }, { baseURL }).result;
  assert.match(text, /Good morning!/);
  const app = await fetch('http://app.example/hello');
  assert.equal(await app.text(), 'from the app');
});
