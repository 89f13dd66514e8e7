import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHttpServer } from '../../tools/http-server.ts';
import { chatsWith, lastMeta, textsOf } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import { begin, deadURL, ending, frame, startServer } from '../doubles/scripted-server.ts';

/** A server that is not running when the question is asked. */

const chats = chatsWith(await startServer());
const waiting = /⏳ Waiting for a server, to answer as soon as it runs: \d+ s$/;

/** Starts a chat server where none was. */
function startAt(baseURL: string, bodies: string[] = []) {
  return startHttpServer(
    async (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end('{"object":"list","data":[{"id":"tiny"}]}');
      }
      let body = '';
      for await (const piece of request) body += piece;
      bodies.push(body);
      begin(response);
      return response.end(frame({ content: 'Here I am.' }) + ending());
    },
    Number(new URL(baseURL).port),
  );
}

test('the question is answered when the server comes, and nothing of the failure is left', async (t) => {
  const baseURL = await deadURL();
  const host = chats.open({ llm: { baseURL } });
  const turn = host.send('Are you there?');
  await host.post(({ text }) => waiting.test(String(text)));
  assert.match(
    host.shown.get(String(host.saved().messages[1]?.id)) ?? '',
    /No server is running at/,
  );
  const bodies: string[] = [];
  const server = await startAt(baseURL, bodies);
  t.after(() => server.close());
  await clock.passWhile(turn);
  const text = '> ✅ **local-llm** · The server is running now.\n\nHere I am.';
  assert.deepEqual(textsOf(host), ['Are you there?', text]);
  assert.equal(host.shown.get(String(host.saved().messages[1]?.id)), text);
  assert.deepEqual([lastMeta(host).error, lastMeta(host).verdict], [undefined, 'complete']);
  assert.deepEqual(host.buttons(), []);
  await host.send('And now?');
  assert.deepEqual(
    JSON.parse(bodies.at(-1) ?? '').messages.map(({ content }: { content: string }) => content),
    ['Are you there?', 'Here I am.', 'And now?'],
  );
});

test('Stop ends the wait, and so does a new question; what was wrong stays in words, with Ask again', async () => {
  const failure = /^> ⚠️ \*\*local-llm\*\* · No server is running at[^⏳]*$/;
  for (const end of ['stop', 'ask'] as const) {
    const host = chats.open({ llm: { baseURL: await deadURL() } });
    const turn = host.send('One');
    await host.post(({ text }) => waiting.test(String(text)));
    const second = end === 'ask' ? host.send('Two') : undefined;
    if (end === 'stop') host.stop();
    await turn;
    assert.match(textsOf(host)[1] ?? '', failure);
    if (second) await clock.passWhile(second);
    assert.match(textsOf(host).at(-1) ?? '', failure);
    assert.deepEqual(
      host.buttons().map(({ name }) => name),
      ['Ask again'],
    );
  }
});

test('after two minutes nobody waits any more', async () => {
  const host = chats.open({ llm: { baseURL: await deadURL() } });
  const begun = clock.now();
  await clock.passWhile(host.send('One'));
  const seconds = Math.round((clock.now() - begun) / 1000);
  assert.ok(seconds >= 120 && seconds < 140, `${seconds} s`);
  assert.match(textsOf(host)[1] ?? '', /^> ⚠️ \*\*local-llm\*\* · No server is running at[^⏳]*$/);
});

test('a chat that is opened does not wait: nobody has asked anything', async () => {
  const host = chats.open({ llm: { baseURL: await deadURL() } });
  const begun = clock.now();
  await clock.passWhile(host.press({ name: 'InitTask', meta: {} }));
  assert.ok(clock.now() - begun < 10_000);
});
