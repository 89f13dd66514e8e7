import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { node } from './hosts/runtimes.ts';
import { startScriptedServer } from './servers/scripted-server.ts';

const here = node('the Node that runs this', process.execPath);

for (const form of here.forms) {
  test(`${form.name} alone in a folder keeps the library's promises`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'here-'));
    const server = await startScriptedServer();
    try {
      const outcomes = await here.run(form, folder, server.origin);
      assert.deepEqual(
        outcomes.filter(({ error }) => error !== undefined),
        [],
      );
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
}
