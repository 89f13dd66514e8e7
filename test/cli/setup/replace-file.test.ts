import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile } from '../../../src/cli/setup/replace-file.ts';
import { scratch } from '../../replay/helpers.ts';

const moduleURL = new URL('../../../src/cli/setup/replace-file.ts', import.meta.url).href;

test('what cannot be written leaves nothing behind', async (t) => {
  const folder = await scratch(t);
  const target = join(folder, 'taken');
  mkdirSync(join(target, 'full'), { recursive: true });
  await assert.rejects(replaceFile(target, 'new'));
  assert.deepEqual(readdirSync(folder), ['taken']);
});

test('the permissions stay, whatever the umask', {
  skip: process.platform === 'win32',
}, async (t) => {
  const file = join(await scratch(t), 'list.json');
  for (const mode of [0o600, 0o666, 0o640]) {
    writeFileSync(file, 'old');
    chmodSync(file, mode);
    await replaceFile(file, 'new');
    assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['new', mode]);
  }
});

test('the owner stays', {
  skip: process.getuid?.() === 0 ? false : 'only root can give files away',
}, async (t) => {
  const file = join(await scratch(t), 'list.json');
  writeFileSync(file, 'old');
  chownSync(file, 1234, 5678);
  await replaceFile(file, 'new');
  const { uid, gid } = statSync(file);
  assert.deepEqual([readFileSync(file, 'utf8'), uid, gid], ['new', 1234, 5678]);
});

test("a file of somebody else's that may be written gets the text, and stays theirs", {
  skip: process.getuid?.() === 0 ? false : 'only root can become somebody else',
}, async (t) => {
  const folder = await scratch(t);
  const file = join(folder, 'list.json');
  chmodSync(folder, 0o777);
  writeFileSync(file, 'old');
  chmodSync(file, 0o666);
  const program = `import { replaceFile } from ${JSON.stringify(moduleURL)}; await replaceFile(${JSON.stringify(file)}, 'new');`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program],
    { uid: 65534, gid: 65534, env: { PATH: process.env.PATH }, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    [readFileSync(file, 'utf8'), statSync(file).uid, readdirSync(folder)],
    ['new', 0, ['list.json']],
  );
});
