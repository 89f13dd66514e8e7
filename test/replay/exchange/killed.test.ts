import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { checkFolder } from '../../../src/cli/fixtures/check-folder.ts';
import { readSource } from '../../../src/replay/exchange/folder.ts';
import { scratch } from '../helpers.ts';

/** Writes one exchange after the other, as fast as it can. */
const writer = `
  import { sha256 } from '${new URL('../../../src/replay/exchange/folder.ts', import.meta.url)}';
  import { storeNew } from '${new URL('../../../src/replay/exchange/store.ts', import.meta.url)}';
  const folder = process.argv[1];
  for (let i = 0; ; i++) {
    const body = new TextEncoder().encode('data: ' + 'x'.repeat(1 + (i * 7919) % 200000) + '\\n\\n');
    const name = 'hello-' + i;
    const head = {
      format: 1,
      provenance: { kind: 'recorded', server: 'a test' },
      request: { method: 'GET', path: '/', headers: {}, body: null },
      response: {
        status: 200,
        headers: {},
        body: name + '.sse',
        bytes: body.length,
        sha256: sha256(body),
      },
      end: 'complete',
      chunks: [[0, body.length]],
    };
    storeNew({ folder, name, head, body });
    if (i === 20) process.stdout.write('going');
  }
`;

test('a recorder that is killed at any moment leaves every exchange whole', async (t) => {
  for (let round = 0; round < 8; round++) {
    const folder = await scratch(t);
    const tsx = import.meta.resolve('tsx');
    const args = ['--import', tsx, '--input-type=module', '-e', writer, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    // A different moment in each round; any is as good as another.
    for (let turns = 0; turns < round * 13; turns++) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await closed;
    const exchanges = [await readSource(folder)].flat();
    assert.ok(exchanges.length > 20);
    for (const exchange of exchanges) await exchange.readBody();
    // What is left over beside them is named, and is no exchange.
    for (const problem of (await checkFolder(folder)).problems) {
      assert.match(problem, /belongs to no exchange/);
    }
    assert.ok((await readdir(folder)).length <= 2 * exchanges.length + 3, 'one was being written');
  }
});
