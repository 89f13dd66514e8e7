import { ChatOpenAI } from '@langchain/openai';
import { recordFetch } from 'local-llm-stream-agent/replay';
import { expect, test } from 'vitest';

const model = new ChatOpenAI({
  model: 'local',
  apiKey: 'none',
  maxRetries: 0,
  configuration: {
    baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1',
    fetch: recordFetch(globalThis.fetch, process.env.FIXTURES ?? 'fixtures'),
  },
});

for (const name of ['Ada', 'Bob', 'Cleo']) {
  test(`greets ${name}`, async () => {
    let text = '';
    for await (const chunk of await model.stream(`Greet ${name}, LangChain.`)) text += chunk.text;
    expect(text).toMatch(/Good morning!/);
  });
}
