import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Moments, measure } from '../../../src/client/reply/result.ts';
import type { Timing, Usage } from '../../../src/client/types.ts';
import { streamChat } from '../../../src/index.ts';
import { fakeClock } from '../send/fake-clock.ts';
import { chunk, frames, serverByHand } from '../streams.ts';

const nothing = { headMs: undefined, firstTokenMs: undefined, tokensPerSecond: undefined };

const cases: [what: string, moments: Moments, usage: Usage | undefined, timing: Timing][] = [
  ['before the request', {}, { completion_tokens: 5 }, {}],
  ['before the head', { sent: 1000 }, undefined, { ...nothing, totalMs: 8000 }],
  ['sent at 0', { sent: 0 }, undefined, { ...nothing, totalMs: 9000 }],
  [
    'before the first token',
    { sent: 1000, head: 1500 },
    { completion_tokens: 5 },
    { ...nothing, headMs: 500, totalMs: 8000 },
  ],
  [
    'in mid-answer: up to now',
    { sent: 1000, head: 1500, firstToken: 4000 },
    { completion_tokens: 20 },
    { headMs: 500, firstTokenMs: 3000, totalMs: 8000, tokensPerSecond: 4 },
  ],
  [
    'after the end: up to the end, and the rate from the first token on',
    { sent: 1000, head: 1500, firstToken: 4000, end: 6000 },
    { completion_tokens: 20 },
    { headMs: 500, firstTokenMs: 3000, totalMs: 5000, tokensPerSecond: 10 },
  ],
  [
    'no tokens counted',
    { sent: 1000, head: 1000, firstToken: 4000, end: 6000 },
    { prompt_tokens: 20 },
    { headMs: 0, firstTokenMs: 3000, totalMs: 5000, tokensPerSecond: undefined },
  ],
  [
    'no time between the first token and the end',
    { sent: 1000, head: 1000, firstToken: 6000, end: 6000 },
    { completion_tokens: 20 },
    { headMs: 0, firstTokenMs: 5000, totalMs: 5000, tokensPerSecond: undefined },
  ],
];

for (const [what, moments, usage, timing] of cases) {
  test(what, () => assert.deepEqual(measure(moments, usage, 9000), timing));
}

test('a reply measures its first token, not its last one, and its rate without the wait before it', async (t) => {
  const clock = fakeClock(t);
  const { fetch, give } = serverByHand();
  const late = async (url: string, init: RequestInit) => {
    await new Promise<void>((resolve) => setTimeout(resolve, 100));
    return fetch(url, init);
  };
  const reply = streamChat({ messages: [] }, { fetch: late });
  assert.deepEqual(reply.soFar.timing, {});
  const { result } = reply;
  const done = result.then(({ timing }) => timing);
  await clock.pass(600);
  give(frames(chunk({ role: 'assistant', content: '' })));
  await clock.pass(400);
  assert.deepEqual(reply.soFar.timing, { ...nothing, headMs: 100, totalMs: 1000 });
  give(frames(chunk({ reasoning_content: 'Hm' })));
  await clock.pass(1000);
  give(frames(chunk({ content: 'Yes' })));
  await clock.pass(1000);
  give(frames(chunk({}, 'stop'), { usage: { completion_tokens: 30 } }, '[DONE]'));
  assert.deepEqual(await done, {
    headMs: 100,
    firstTokenMs: 1000,
    totalMs: 3000,
    tokensPerSecond: 15,
  });
  await clock.pass(5000);
  assert.equal(reply.soFar.timing.totalMs, 3000);
});
