import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textSoFar, textToKeep } from '../../../src/agent/editor/inserted-text.ts';
import type { Message } from '../../../src/agent/host.ts';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { realClock } from '../../../src/agent/turn/clock.ts';
import { ending, frame, raw, startServer } from '../doubles/scripted-server.ts';

/** Twice as long an answer costs twice as much, whatever it is made of. */

const server = await startServer();
let threads = 0;

const text = (content: string) => frame({ content });
const thought = (reasoning_content: string) => frame({ reasoning_content });

/** What one turn costs, and the making of the next prompt from it: CPU in ms. */
async function costOf(frames: string): Promise<number> {
  server.script(raw(frames + ending()));
  const llm = { baseURL: server.baseURL, model: 'tiny' };
  const agent = new LocalLLMStreamAgent({ llm }, {});
  // Chunks of a long text are far apart; here only the work counts.
  agent.clock = { ...realClock, after: (ms, run) => realClock.after(Math.min(ms, 20), run) };
  const messages: Message[] = [{ id: 'msg_1', sender: 'user', text: 'Hi' }];
  const response = await agent.generateReply({ id: `linear_${++threads}`, messages });
  const bubble = { id: 'msg_2', sender: 'bot', text: '', meta: response.getMeta() };
  messages.push(bubble);
  const before = process.cpuUsage();
  for await (const chunk of response.getStream() ?? []) bubble.text += chunk;
  agent.convertToOpenAIMessages([...messages, { id: 'msg_3', sender: 'user', text: 'And?' }]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const kinds: [name: string, frames: (n: number) => string][] = [
  ['newlines, then </think>', (n) => text('\n').repeat(n) + text('</think>Yes.')],
  ['words and newlines, then </think>', (n) => text(`a${'\n'.repeat(n)}b`) + text('</think>Yes.')],
  ['reasoning of one newline a delta', (n) => thought('\n').repeat(n) + text('Yes.')],
  ['answer and reasoning in turn', (n) => (thought('a\n') + text('b ')).repeat(n / 10)],
  [
    'the same inside a code block',
    (n) => text('```js\n') + (thought('a\n') + text('b\n')).repeat(n / 10),
  ],
  ['blanks in an answer', (n) => text('x') + text(' ').repeat(n) + text('y')],
];

for (const [name, frames] of kinds) {
  test(`time is linear in the bytes: ${name}`, async () => {
    await costOf(frames(1000));
    const [once, twice] = [await costOf(frames(40_000)), await costOf(frames(80_000))];
    assert.ok(twice < 2.3 * once + 200, `${once} ms, then ${twice} ms`);
  });
}

test('time is linear in the bytes: what of an answer stands in a document', () => {
  const cost = (n: number) => {
    const before = process.cpuUsage();
    for (const answer of [
      `x${'\n'.repeat(n)}y`,
      `\`\`\`js\n${'\n'.repeat(n)}y`,
      '```\n'.repeat(n),
    ]) {
      textSoFar(answer);
      textToKeep(answer);
    }
    const { user } = process.cpuUsage(before);
    return user / 1000;
  };
  cost(1000);
  const [once, twice] = [cost(40_000), cost(80_000)];
  assert.ok(twice < 2.3 * once + 100, `${once} ms, then ${twice} ms`);
});

test.after(() => server.close());
