import { recordFetch } from 'local-llm-stream-agent/replay';
import OpenAI from 'openai';
import { expect, test } from 'vitest';

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1',
  apiKey: 'none',
  maxRetries: 0, // or a request that was not recorded is tried three times
  fetch: recordFetch(globalThis.fetch, process.env.FIXTURES ?? 'fixtures'),
});

for (const name of ['Ada', 'Bob', 'Cleo']) {
  test(`greets ${name}`, async () => {
    const stream = await client.chat.completions.create({
      model: 'local',
      messages: [{ role: 'user', content: `Greet ${name}, openai.` }],
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    expect(text).toMatch(/Good morning!/);
  });
}
