import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../../src/agent/host.ts';
import { EarlierReply } from '../../../src/agent/turn/earlier-reply.ts';
import { createFakeClock } from '../doubles/clock.ts';

/** A reply that goes on in its own bubble. */

function earlierReply() {
  const clock = createFakeClock();
  const shown: string[] = [];
  const message: Message = {
    id: 'msg_1',
    sender: 'bot',
    text: 'Once',
    meta: { verdict: 'length' },
  };
  const turn = { signal: new AbortController().signal, save: () => {} };
  const start = { text: 'On', meta: { model: 'tiny' } };
  const reply = new EarlierReply(turn, message, start, (text) => shown.push(text), clock);
  return { clock, shown, message, reply };
}

test('until it begins, the message and its bubble are as they were', async () => {
  const { clock, shown, message, reply } = earlierReply();
  reply.write('e upon');
  await reply.rewrite('Twice');
  reply.write(' upon');
  reply.showBelow('…');
  await clock.pass(1000);
  assert.deepEqual([message.text, message.meta], ['Once', { verdict: 'length' }]);
  assert.deepEqual(shown, []);
  assert.equal(reply.begin(), true);
  assert.deepEqual([message.text, message.meta], ['Twice upon', { model: 'tiny' }]);
  assert.deepEqual(shown, ['Twice upon…']);
  assert.equal(reply.begin(), false);
});

test('what comes is in the message at once, and is shown twenty times a second', async () => {
  const { clock, shown, message, reply } = earlierReply();
  reply.begin();
  for (const letter of 'ce upon') {
    reply.write(letter);
    await clock.pass(10);
  }
  assert.equal(message.text, 'Once upon');
  assert.deepEqual(shown, ['On', 'Once up']);
  await clock.pass(50);
  assert.deepEqual(shown, ['On', 'Once up', 'Once upon']);
  assert.equal(clock.timers(), 0);
});

test('the last of it is shown at its end, and its facts are in the meta', () => {
  const { clock, shown, message, reply } = earlierReply();
  reply.begin();
  reply.write('ce upon');
  reply.end({ verdict: 'complete' });
  assert.deepEqual(shown, ['On', 'Once upon']);
  assert.deepEqual(message.meta, { model: 'tiny', verdict: 'complete' });
  assert.equal(clock.timers(), 0);
});

test('what was no answer is taken back: the message is as it was, and may begin again', () => {
  const { shown, message, reply } = earlierReply();
  reply.write('ce');
  reply.begin();
  reply.restart();
  assert.deepEqual([message.text, message.meta], ['Once', { verdict: 'length' }]);
  assert.deepEqual(shown, ['Once', 'Once']);
  reply.write('e more');
  assert.equal(reply.begin(), true);
  assert.equal(message.text, 'One more');
});
