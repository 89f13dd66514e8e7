import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startHttpServer } from '../../tools/http-server.ts';
import { dist } from '../../tools/project.ts';
import { chunk, frames } from '../streams.ts';

/** So long the server is silent, and so long the runtime's own limit lasts, in ms. */
const SILENCE = 2000;
const LIMIT = 500;

const { origin, close } = await startHttpServer(async (request, response) => {
  if (request.url?.startsWith('/head/')) await sleep(SILENCE);
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  if (request.url?.startsWith('/token/')) await sleep(SILENCE);
  response.write(frames(chunk({ content: 'patience ' })));
  if (request.url?.startsWith('/middle/')) await sleep(SILENCE);
  response.end(frames(chunk({ content: 'pays' }, 'stop'), '[DONE]'));
});
after(close);

/**
 * A process of its own, whose global dispatcher has a limit of 500 ms where Node's has 300 s. Node has no undici to
 * import, but its class is there after the first `fetch`.
 */
const program = `
  import { streamChat } from '${pathToFileURL(join(dist, 'index.js'))}';
  import { nodeFetch } from '${pathToFileURL(join(dist, 'node.js'))}';
  await fetch('data:,');
  for (const symbol of [1, 2].map((n) => Symbol.for('undici.globalDispatcher.' + n))) {
    const preset = globalThis[symbol];
    if (preset) globalThis[symbol] = {
      dispatch: (options, handler) =>
        preset.dispatch({ headersTimeout: ${LIMIT}, bodyTimeout: ${LIMIT}, ...options }, handler),
    };
  }
  const [part, over] = process.argv.slice(-2);
  const baseURL = '${origin}/' + part + '/v1';
  const plain = over === 'plain' && { fetch: (url, init) => fetch(url, init) };
  const node = over === 'node' && { fetch: nodeFetch };
  try {
    console.log((await streamChat({ messages: [] }, { baseURL, ...plain, ...node }).result).text);
  } catch (error) {
    console.log(error.kind, error.reason);
  }
`;

async function run(part: string, over: string): Promise<string> {
  const args = ['--input-type=module', '--eval', program, part, over];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim();
}

for (const part of ['head', 'token', 'middle']) {
  for (const over of ['fetch', 'node']) {
    test(`a server that is silent before the ${part} is waited for, over ${over}`, async () => {
      assert.equal(await run(part, over), 'patience pays');
    });
  }
}

test('a fetch of the caller’s own keeps its limits, and an error says that they ended it', async () => {
  assert.equal(await run('head', 'plain'), 'timeout runtime-limit');
  assert.equal(await run('middle', 'plain'), 'timeout runtime-limit');
});
