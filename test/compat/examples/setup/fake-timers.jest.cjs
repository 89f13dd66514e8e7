const runner = require('@jest/globals');
const { afterEach, beforeEach, expect, test } = runner;
const { streamChat } = require('local-llm-stream-agent');
const { modelReply, replayFetch } = require('local-llm-stream-agent/replay');

// `jest --setupFiles local-llm-stream-agent/replay/setup`: nothing here knows of it.

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:1234/v1';
const messages = [{ role: 'user', content: 'Say hello to jest.' }];

beforeEach(() => {
  runner.jest.useFakeTimers();
});
afterEach(() => {
  runner.jest.useRealTimers();
});

test('what the setup line replays needs no timers', async () => {
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
    await runner.jest.advanceTimersByTimeAsync(499);
    expect(hasCome).toBe(false);
    await runner.jest.advanceTimersByTimeAsync(1);
    expect((await next).value).toBe(word);
  }
});
