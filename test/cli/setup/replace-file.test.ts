import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { alone, replaceFile } from '../../../src/cli/setup/replace-file.ts';
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
  const program = `import { alone, replaceFile } from ${JSON.stringify(moduleURL)}; await replaceFile(${JSON.stringify(file)}, 'new');`;
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

const setTime = (file: string, ms: number) => utimesSync(file, ms / 1000, ms / 1000);

test('a lock that was left behind is removed, and then one at a time goes on', async (t) => {
  const folder = await scratch(t);
  const file = join(folder, 'count');
  writeFileSync(file, '0');
  mkdirSync(`${file}.lock`);
  setTime(`${file}.lock`, Date.now() - 11_000);
  const countUp = async () => writeFile(file, `${Number(await readFile(file, 'utf8')) + 1}`);
  await Promise.all(Array.from({ length: 10 }, () => alone(file, countUp)));
  assert.equal(readFileSync(file, 'utf8'), '10');
  assert.deepEqual(readdirSync(folder), ['count']);
});

test('whoever takes longer than a lock lives does not remove the next one', async (t) => {
  const file = join(await scratch(t), 'list.json');
  const lock = `${file}.lock`;
  let endSecond = () => {};
  let second: Promise<void> | undefined;
  await alone(file, async () => {
    setTime(lock, Date.now() - 60_000);
    await new Promise<void>((isInside) => {
      second = alone(file, () => {
        isInside();
        return new Promise((resolve) => {
          endSecond = resolve;
        });
      });
    });
  });
  assert.ok(existsSync(lock));
  endSecond();
  await second;
  assert.ok(!existsSync(lock));
});

test('without the lock nothing is done: if it stays, that is an error that names it', async (t) => {
  const file = join(await scratch(t), 'list.json');
  mkdirSync(`${file}.lock`);
  setTime(`${file}.lock`, Date.now() + 3_600_000);
  const times = [0, 29_000, 31_000];
  t.mock.method(performance, 'now', () => times.shift() ?? assert.fail('it waited for longer'));
  await assert.rejects(
    alone(file, () => assert.fail('it went on')),
    /EEXIST.*list\.json\.lock/,
  );
  assert.ok(existsSync(`${file}.lock`));
});
