import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from 'local-llm-stream-agent';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';

// `node --import local-llm-stream-agent/replay/setup --test`: what mocks the rest of the world stays beside it.

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';

test('msw', async (t) => {
  const hello = http.get('http://app.example/hello', () => HttpResponse.text('from the app'));
  const server = setupServer(hello);
  server.listen({ onUnhandledRequest: 'bypass' });
  t.after(() => server.close());
  const messages = [{ role: 'user', content: 'Say hello beside msw.' }];
  const { text } = await streamChat({ model: 'local', messages }, { baseURL }).result;
  assert.match(text, /Good morning!/);
  const app = await fetch('http://app.example/hello');
  assert.equal(await app.text(), 'from the app');
});
