const { expect, test } = require('@jest/globals');
const { streamChat } = require('local-llm-stream-agent');
const { recordFetch } = require('local-llm-stream-agent/replay');

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';
const fetch = recordFetch(globalThis.fetch, process.env.FIXTURES ?? 'fixtures');

for (const name of ['Ada', 'Bob', 'Cleo']) {
  test(`greets ${name}`, async () => {
    const messages = [{ role: 'user', content: `Greet ${name}, second.` }];
    const { text } = await streamChat({ model: 'local', messages }, { baseURL, fetch }).result;
    expect(text).toMatch(/Good morning!/);
  });
}
