import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readExchange, recordFetch } from '../../../src/replay/index.ts';
import { ask, scratch, sent, startServer, textOf } from '../helpers.ts';

// Windows refuses to replace a file while somebody reads it: a replay server, `check`, a virus scanner.

/** Makes this process one on Windows, where the first `count` renames fail. */
function renameFails(t: TestContext, count: number, code: string) {
  const { rename, platform } = { rename: fs.renameSync, platform: process.platform };
  let calls = 0;
  t.mock.method(fs, 'renameSync', (from: string, to: string) => {
    if (++calls <= count) throw Object.assign(new Error(`${code}: in use`), { code });
    return rename(from, to);
  });
  syncBuiltinESMExports();
  Object.defineProperty(process, 'platform', { value: 'win32' });
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
    Object.defineProperty(process, 'platform', { value: platform });
  });
}

/** Records a response in which something follows `[DONE]`, so that the exchange is written twice. */
async function record(t: TestContext, folder: string): Promise<void> {
  let goOn = () => {};
  const origin = await startServer(t, async (_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    await sent(response, 'data: [DONE]\n\n');
    await new Promise<void>((go) => {
      goOn = go;
    });
    response.end(': bye\n\n');
  });
  const response = await recordFetch(fetch, folder, { name: 'a', mode: 'new' })(
    `${origin}/v1/x`,
    ask(),
  );
  const reader = response.body?.getReader();
  await reader?.read();
  goOn();
  while (!(await reader?.read())?.done);
}

const bodyIn = async (folder: string) =>
  textOf([await (await readExchange(join(folder, 'a.json'))).readBody()]);

test('a file that is read for a moment is replaced when it can be', async (t) => {
  const folder = await scratch(t);
  renameFails(t, 3, 'EPERM');
  await record(t, folder);
  assert.equal(await bodyIn(folder), 'data: [DONE]\n\n: bye\n\n');
});

test('an error that does not pass is not waited for, and what was stored before stays whole', async (t) => {
  const folder = await scratch(t);
  renameFails(t, Number.POSITIVE_INFINITY, 'ENOSPC');
  await record(t, folder);
  assert.equal(await bodyIn(folder), 'data: [DONE]\n\n');
  assert.deepEqual((await readdir(folder)).sort(), ['a.json', 'a.sse']);
});
