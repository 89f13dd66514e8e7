import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import { streamChat } from 'local-llm-stream-agent';
import OpenAI from 'openai';
import { expect, test } from 'vitest';

// Nothing here knows of the replay kit: vitest.config.mjs has the one line.

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';
const ask = (client: string) => [{ role: 'user' as const, content: `Greet ${client}.` }];

test('streamChat', async () => {
  const { text } = await streamChat({ model: 'local', messages: ask('us') }, { baseURL }).result;
  expect(text).toMatch(/Good morning!/);
});

test('openai', async () => {
  const client = new OpenAI({ baseURL, apiKey: 'none' });
  const stream = await client.chat.completions.create({
    model: 'local',
    messages: ask('openai'),
    stream: true,
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  expect(text).toMatch(/Good morning!/);
});

test('the AI SDK', async () => {
  const provider = createOpenAICompatible({ name: 'local', baseURL });
  const { text } = streamText({ model: provider('local'), messages: ask('ai') });
  expect(await text).toMatch(/Good morning!/);
});
