import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import { recordFetch } from 'local-llm-stream-agent/replay';
import { expect, test } from 'vitest';

const provider = createOpenAICompatible({
  name: 'lmstudio',
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1',
  fetch: recordFetch(globalThis.fetch, process.env.FIXTURES ?? 'fixtures'),
});

for (const name of ['Ada', 'Bob', 'Cleo']) {
  test(`greets ${name}`, async () => {
    const { text } = streamText({
      model: provider('local'),
      prompt: `Greet ${name}, AI SDK.`,
      maxRetries: 0,
    });
    expect(await text).toMatch(/Good morning!/);
  });
}
