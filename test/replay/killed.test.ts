import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFolder } from '../../src/cli/check-folder.ts';
import { readSource } from '../../src/replay/folder.ts';
import { scratch } from './helpers.ts';

/** Writes three names again and again, as fast as it can, each time with another body. */
const writer = `
  import { sha256 } from '${new URL('../../src/replay/folder.ts', import.meta.url)}';
  import { storeNew, storeOver } from '${new URL('../../src/replay/store.ts', import.meta.url)}';
  const folder = process.argv[1];
  for (let i = 0; ; i++) {
    const body = new TextEncoder().encode('data: ' + 'x'.repeat(1 + (i * 7919) % 200000) + '\\n\\n');
    const name = 'hello-' + (i % 3);
    const head = {
      format: 1,
      provenance: { kind: 'recorded', server: 'a test' },
      request: { method: 'GET', path: '/', headers: {}, body: null },
      response: {
        status: 200,
        headers: {},
        // Another ending now and then, as when a server answers with an error.
        body: name + (i % 5 ? '.sse' : '.body.json'),
        bytes: body.length,
        sha256: sha256(body),
      },
      end: 'complete',
      chunks: [[0, body.length]],
    };
    const exchange = { folder, name, head, body };
    storeNew(exchange) || storeOver(exchange, () => true);
    if (i === 20) process.stdout.write('going');
  }
`;

test('a recorder that is killed at any moment leaves every exchange whole, the old or the new one', async (t) => {
  for (let round = 0; round < 8; round++) {
    const folder = await scratch(t);
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const args = ['--import', tsx, '--input-type=module', '-e', writer, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    // A different moment in each round; any is as good as another.
    for (let turns = 0; turns < round * 13; turns++) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await closed;
    const exchanges = [await readSource(folder)].flat();
    assert.deepEqual(
      exchanges.map((it) => it.name),
      ['hello-0', 'hello-1', 'hello-2'],
    );
    for (const exchange of exchanges) await exchange.readBody();
    // What is left over beside them is named, and is no exchange.
    for (const problem of (await checkFolder(folder)).problems) {
      assert.match(problem, /belongs to no exchange/);
    }
    assert.ok((await readdir(folder)).length < 14);
  }
});
