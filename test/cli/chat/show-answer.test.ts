import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showAnswer } from '../../../src/cli/chat/show-answer.ts';
import { streamChat } from '../../../src/index.ts';
import { chunk, frames } from '../../client/streams.ts';
import { createTestTerminal } from '../commands.ts';

test('the line that says how long the first token is waited for comes each second, and not after it', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { terminal, printed, until } = createTestTerminal({ NO_COLOR: '1' }, { isTTY: true });
  let body: ReadableStreamDefaultController | undefined;
  const stream = new ReadableStream({
    start(controller) {
      body = controller;
    },
  });
  const send = (text: string) => body?.enqueue(new TextEncoder().encode(text));
  const fetch = async () => new Response(stream);
  const reply = streamChat({ messages: [] }, { fetch });
  const shown = showAnswer(reply, terminal, new AbortController().signal);
  const line = /\r\x1b\[Kwaiting for the first token, \d+ s/g;
  t.mock.timers.tick(2000);
  assert.equal(printed().match(line)?.length, 2);
  send(frames(chunk({ content: 'Once' })));
  await until('Once');
  assert.match(printed(), / s\r\x1b\[KOnce$/, 'it is taken away');
  t.mock.timers.tick(5000);
  assert.match(printed(), /Once$/);
  send(frames(chunk({}, 'stop'), '[DONE]'));
  body?.close();
  assert.equal((await shown).text, 'Once');
});
