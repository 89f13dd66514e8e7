import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  modelReply,
  recordFetch,
  replayFetch,
  startReplayServer,
} from '../../../src/replay/index.ts';
import { ask, fixtures, scratch, write } from '../helpers.ts';

// A server that is busy at first: the fault is chosen by option or by base URL, and no fixture holds it.

const url = 'http://127.0.0.1:1234/v1/chat/completions';
const reply = modelReply({ text: 'Hello' });

async function shown(response: Response) {
  const body = await response.text();
  return [response.status, response.headers.get('retry-after'), body.includes('Hello')];
}

test('the first requests get the status, the others the recorded reply', async () => {
  const replay = replayFetch(reply, { status: 429, retryAfter: 7, times: 2 });
  const answers = [];
  for (const _ of [1, 2, 3, 4]) answers.push(await shown(await replay(url, ask())));
  const busy = [429, '7', false];
  const fine = [200, null, true];
  assert.deepEqual(answers, [busy, busy, fine, fine]);
});

test('without times every request gets it, in OpenAI’s shape of an error', async () => {
  const replay = replayFetch(reply, { status: 503 });
  for (const _ of [1, 2, 3]) {
    const response = await replay(url, ask());
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('content-type'), 'application/json');
    // A client is to try again, as with a real server.
    assert.equal(response.headers.get('x-should-retry'), null);
    assert.deepEqual(JSON.parse(await response.text()), {
      error: {
        message: 'Service Unavailable (a fault of the replay)',
        type: 'server_error',
        code: 503,
      },
    });
  }
});

test('what is refused has used no exchange', async (t) => {
  const folder = await scratch(t);
  for (const name of ['a', 'a-2']) await write(folder, name, { content: name });
  const replay = replayFetch(folder, { status: 500, times: 1 });
  assert.equal((await replay(url, ask())).status, 500);
  assert.deepEqual(replay.unused(), ['a', 'a-2']);
  assert.equal(await (await replay(url, ask())).text(), 'a');
});

test('by base URL: each address counts for itself, the listing of models is not refused', async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const statuses = async (faults: string) => {
    const base = `${server.url}/llama.cpp-2026/hello,${faults}/v1`;
    assert.equal((await fetch(`${base}/models`)).status, 200);
    const found: unknown[] = [];
    for (const _ of [1, 2, 3]) {
      const response = await fetch(`${base}/chat/completions`, ask());
      found.push(response.status, response.headers.get('retry-after'));
    }
    return found;
  };
  assert.deepEqual(await statuses('status=503,retryAfter=1,times=1'), [
    503,
    '1',
    200,
    null,
    200,
    null,
  ]);
  assert.deepEqual(await statuses('status=429,times=2'), [429, null, 429, null, 200, null]);
  assert.deepEqual(server.misses, []);
});

test('by option of the server: all addresses are refused so, but for the listing of models', async (t) => {
  const server = await startReplayServer(join(fixtures, 'llama.cpp-2026'), {
    status: 503,
    times: 1,
  });
  t.after(() => server.close());
  const status = async () => (await fetch(`${server.url}/hello/v1/chat/completions`, ask())).status;
  assert.equal((await fetch(`${server.url}/hello/v1/models`)).status, 200);
  assert.deepEqual([await status(), await status()], [503, 200]);
});

const wrong: [options: object, message: RegExp][] = [
  [{ status: 200 }, /^status must be a number from 400 to 599; it is 200/],
  [{ status: '503' }, /^status must be/],
  [{ status: 503, times: -1 }, /^times must be/],
  [{ status: 503, retryAfter: 'soon' }, /^retryAfter must be/],
  [{ times: 1 }, /^times must be a number of requests, beside a status; it is 1/],
];
for (const [options, message] of wrong) {
  test(`${JSON.stringify(options)} is refused, naming the option`, () => {
    assert.throws(() => replayFetch(reply, options), { name: 'TypeError', message });
  });
}

test('a cut behind the end of the body is refused, by fetch and by the server', async (t) => {
  const message = /^cut\.at is 4813, but .*hello has 4812 bytes$/;
  const file = join(fixtures, 'llama.cpp-2026/hello');
  const cut = { at: 4813, then: 'reset' } as const;
  await assert.rejects(replayFetch(file, { cut })(url, ask()), { name: 'TypeError', message });
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const base = `${server.url}/llama.cpp-2026/hello,cut=4813/v1`;
  const response = await fetch(`${base}/chat/completions`, ask());
  assert.equal(response.status, 400);
  assert.match(JSON.parse(await response.text()).error.message, message);
});

test('an option that does not exist is named, with those that do; a wrong one is refused at once', async () => {
  const options: object = { spede: 1 };
  const wrong = {
    name: 'TypeError',
    message: /^there is no option 'spede'; there are speed, rechunk, .*ignore, normalize/,
  };
  assert.throws(() => replayFetch(reply, options), wrong);
  assert.throws(() => recordFetch(fetch, 'nowhere', options), wrong);
  await assert.rejects(startReplayServer(reply, options), wrong);
  const ignore: object = { ignore: 'seed' };
  const noList = { name: 'TypeError', message: /^ignore must be a list of fields/ };
  assert.throws(() => replayFetch(reply, ignore), noList);
  assert.throws(() => recordFetch(fetch, 'nowhere', ignore), noList);
  await assert.rejects(startReplayServer(reply, ignore), noList);
  // What is left out may be there by name.
  const empty: object = { spede: undefined };
  replayFetch(reply, empty);
});
