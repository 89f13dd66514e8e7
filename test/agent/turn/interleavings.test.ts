import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../../src/agent/turn/clock.ts';
import { chatsWith } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import { begin, ending, frame, startServer } from '../doubles/scripted-server.ts';

const server = await startServer();
const chats = chatsWith(server);

/** A small generator of numbers from 0 to below `n`, the same for the same seed. */
function createRandom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const seeds = Array.from({ length: 24 }, (_, i) => i + 1);

for (const seed of seeds) {
  test(`whatever is pressed, and when: no question, no answer and no choice is lost (seed ${seed})`, async () => {
    const random = createRandom(seed);
    server.script(async (response) => {
      await sleep(random(10), clock);
      begin(response);
      for (let i = 0; i < 12 && !response.destroyed; i++) {
        response.write(frame({ content: `word${i} ` }));
        await sleep(random(4), clock);
      }
      response.end(ending());
    });
    const host = chats.open({ isHasty: true });
    const turns: Promise<void>[] = [];
    const asked: string[] = [];
    let markers = 0;
    let choice: string | undefined;
    const send = () => {
      asked.push(`question ${asked.length}`);
      turns.push(host.send(asked.at(-1) ?? ''));
    };
    send();
    for (let step = 0; step < 12; step++) {
      await clock.pass(random(random(3) === 0 ? 8 : 45));
      host.stop();
      if (random(2) === 0) await clock.pass(random(30));
      const what = random(5);
      if (what === 0) turns.push(host.retry());
      else if (what === 1) {
        markers++;
        turns.push(host.press({ name: 'ResetContext', skipBotMessage: true, meta: {} }));
        await clock.passWhile(turns.at(-1) ?? Promise.resolve());
      } else if (what === 2) {
        choice = `model ${step}`;
        host.choose('model', choice);
      } else send();
    }
    await clock.passWhile(Promise.all(turns));

    const { messages, settings } = host.saved();
    const questions = messages.filter(({ sender }) => sender === 'user');
    assert.deepEqual(
      questions.map(({ text }) => text),
      asked,
    );
    assert.deepEqual(settings, choice === undefined ? undefined : { model: choice });
    const ids = messages.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'every id is there once');
    for (const { id, sender, text = '', meta } of messages) {
      if (sender !== 'bot') continue;
      const shown = host.shown.get(String(id)) ?? '';
      assert.ok(
        text.startsWith(shown),
        `${JSON.stringify(shown)} was shown, ${JSON.stringify(text)} saved`,
      );
      assert.doesNotMatch(text, /error/);
      if (text !== '') assert.match(String(meta?.verdict), /^(complete|stopped)$/);
    }
    // Retry takes a later marker with it.
    assert.ok(messages.filter(({ type }) => type === 'marker').length <= markers);
  });
}
