/** What llama.cpp v0.5.0 sent when a connection broke in mid-answer, and was asked for the rest. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Fetch, resumeChat, streamChat } from '../../../src/index.ts';
import { replayFetch } from '../../../src/replay/index.ts';
import { root } from '../../tools/project.ts';
import { collect } from '../streams.ts';

const folder = join(root, 'fixtures/llama.cpp-2026-resume');
const bytes = (name: string) => readFileSync(join(folder, `${name}.sse`));
const saved = { id: 'story', baseURL: 'http://127.0.0.1:8080/v1', bytes: 0 };

/** The recorded server, and what it was asked. */
function recorded(): { fetch: Fetch; asked: string[] } {
  const replay = replayFetch(folder);
  const asked: string[] = [];
  return {
    asked,
    fetch(url, init) {
      asked.push(`${init.method} ${new URL(url).pathname}${new URL(url).search}`);
      return replay(url, init);
    },
  };
}

const ask = (fetch: Fetch) =>
  streamChat(
    {
      model: 'tiny',
      messages: [{ role: 'user', content: 'Tell me a story.' }],
      max_tokens: 120,
      seed: 7,
    },
    { baseURL: saved.baseURL, resume: true, headers: { 'x-conversation-id': saved.id }, fetch },
  );

test('what came and the rest are the whole, byte for byte', () => {
  assert.deepEqual(Buffer.concat([bytes('cut'), bytes('rest')]), bytes('whole'));
});

test('the reply goes on where it broke, and is the one that is read from its beginning', async () => {
  const { fetch, asked } = recorded();
  const reply = ask(fetch);
  const texts = await collect(reply);
  const { text, usage, verdict } = await reply.result;
  assert.equal(texts.length, 120);
  assert.equal(texts.join(''), text);
  assert.deepEqual([verdict, usage?.completion_tokens], ['length', 120]);
  assert.equal(reply.resumable?.bytes, bytes('whole').length);
  const whole = await resumeChat(saved, { fetch }).result;
  assert.deepEqual([whole.text, whole.usage, whole.verdict], [text, usage, verdict]);
  assert.deepEqual(asked, [
    'POST /v1/chat/completions',
    `GET /v1/stream?conv_id=story&from=${bytes('cut').length}`,
    'GET /v1/stream?conv_id=story&from=0',
  ]);
});

test('a reader that leaves stops the server', async () => {
  const { fetch, asked } = recorded();
  for await (const _ of ask(fetch)) break;
  assert.deepEqual(asked, ['POST /v1/chat/completions', 'DELETE /v1/stream?conv_id=story']);
});

test('beyond the end there is nothing, and the reply is interrupted', async () => {
  const { fetch } = recorded();
  const reply = resumeChat({ ...saved, bytes: 999_999 }, { fetch });
  await assert.rejects(reply.result, { kind: 'interrupted', reason: undefined });
});

for (const [what, id] of [
  ['an id that the server does not know', 'gone'],
  ['a ring that has overrun', 'long'],
] as const) {
  test(`${what}: expired`, async () => {
    const { fetch } = recorded();
    const reply = resumeChat({ ...saved, id }, { fetch });
    await assert.rejects(reply.result, { kind: 'interrupted', reason: 'expired' });
  });
}
