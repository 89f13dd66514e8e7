import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFolder } from '../../../src/cli/fixtures/check-folder.ts';
import { readSource } from '../../../src/replay/exchange/folder.ts';
import { scratch } from '../helpers.ts';

const program = fileURLToPath(new URL('writing-program.mjs', import.meta.url));

test('a recorder that is killed at any moment leaves every exchange whole', async (t) => {
  for (let round = 0; round < 8; round++) {
    const folder = await scratch(t);
    const child = spawn(process.execPath, [program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
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
