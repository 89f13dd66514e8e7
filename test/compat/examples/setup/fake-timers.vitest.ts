import { streamChat } from 'local-llm-stream-agent';
import { modelReply, replayFetch } from 'local-llm-stream-agent/replay';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const messages = [{ role: 'user', content: 'Say hello.' }];

test('what the setup line replays needs no timers', async () => {
  const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';
  const { text } = await streamChat({ model: 'local', messages }, { baseURL }).result;
  expect(text).toMatch(/Good morning!/);
});

test('a paced replay comes as the test moves its clock', async () => {
  const fetch = replayFetch(modelReply({ text: 'one two three', tokensPerSecond: 2 }), {
    speed: 1,
  });
  const words = streamChat({ messages }, { fetch })[Symbol.asyncIterator]();
  for (const word of ['one', ' two', ' three']) {
    let hasCome = false;
    const next = words.next().finally(() => {
      hasCome = true;
    });
    await vi.advanceTimersByTimeAsync(499);
    expect(hasCome).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await next).value).toBe(word);
  }
});
