import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { wordsOf } from '../../../src/replay/exchange/in-words.ts';
import { recordFetch } from '../../../src/replay/index.ts';
import { ask, scratch, startServer } from '../helpers.ts';

// jest runs each test file in a realm of its own, in which an error of Node's modules is no `instanceof Error`.

const foreignError = (code: string, message: string): Error =>
  runInNewContext('Object.assign(new Error(message), { code })', { code, message });

/** Makes some calls of a function of `node:fs` fail as they do in jest. */
function failAt(
  t: TestContext,
  name: 'linkSync' | 'copyFileSync',
  failing: readonly number[],
  code: string,
) {
  const original = fs[name];
  let calls = 0;
  const mocked = (...args: [string, string]) => {
    if (failing.includes(++calls)) throw foreignError(code, `${code}: as in jest`);
    return original(...args);
  };
  t.mock.method(fs, name, mocked);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

const startPlain = (t: TestContext) =>
  startServer(t, (_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.end('data: [DONE]\n\n');
  });

for (const [what, call] of [
  ['body', 1],
  ['head', 2],
] as const) {
  test(`a name whose ${what} another worker was faster to write costs nothing: the exchange gets the next one`, async (t) => {
    const folder = await scratch(t);
    const url = `${await startPlain(t)}/v1/chat/completions`;
    failAt(t, 'linkSync', [call], 'EEXIST');
    const recording = recordFetch(fetch, folder, { mode: 'new', name: 'hello' });
    await (await recording(url, ask())).text();
    assert.deepEqual(
      (await recording.settled()).map((it) => it.stored),
      ['hello-2'],
    );
    assert.deepEqual((await readdir(folder)).sort(), ['hello-2.json', 'hello-2.sse']);
  });
}

test('on a full disk the reason is in the words of the system', async (t) => {
  const folder = await scratch(t);
  const url = `${await startPlain(t)}/v1/chat/completions`;
  failAt(t, 'linkSync', [1], 'EPERM');
  failAt(t, 'copyFileSync', [1], 'ENOSPC');
  const recording = recordFetch(fetch, folder, { mode: 'new' });
  await assert.rejects(async () => (await recording(url, ask())).text(), {
    message: 'not recorded: ENOSPC: as in jest',
  });
});

test('the words of an error and of its cause are found in any realm', () => {
  const cause = foreignError('ECONNREFUSED', 'connect ECONNREFUSED');
  assert.equal(
    wordsOf(new TypeError('fetch failed', { cause })),
    'fetch failed (connect ECONNREFUSED)',
  );
  assert.equal(wordsOf('a text'), 'a text');
});
