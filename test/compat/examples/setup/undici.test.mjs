import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamChat } from 'local-llm-stream-agent';
import { MockAgent, setGlobalDispatcher } from 'undici';

// `node --import local-llm-stream-agent/replay/setup --test`: what mocks the rest of the world stays beside it.

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';

test("undici's MockAgent", async (t) => {
  const agent = new MockAgent();
  agent.get('http://app.example').intercept({ path: '/hello' }).reply(200, 'from the app');
  setGlobalDispatcher(agent);
  t.after(() => agent.close());
  const messages = [{ role: 'user', content: 'Say hello beside undici.' }];
  const { text } = await streamChat({ model: 'local', messages }, { baseURL }).result;
  assert.match(text, /Good morning!/);
  const app = await fetch('http://app.example/hello');
  assert.equal(await app.text(), 'from the app');
});
