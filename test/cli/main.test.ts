import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { nearestWord } from '../../src/cli/nearest-word.ts';
import { ask, fixtures } from '../replay/helpers.ts';
import { cliCommand, createTestTerminal, plainEnv, runCli, startCli } from './commands.ts';

async function run(...args: string[]) {
  const { terminal, printed } = createTestTerminal();
  return { status: await main(args, terminal), printed: printed() };
}

test('--version', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  for (const word of ['--version', '-V', 'version']) {
    assert.deepEqual(await run(word), {
      status: 0,
      printed: `local-llm-stream-agent ${version}\n`,
    });
  }
});

test('help COMMAND, COMMAND --help and help', async () => {
  const { printed, status } = await run('help', 'chat');
  assert.match(printed, /^Usage: node dist.cli\.js chat/);
  assert.equal(status, 0);
  assert.equal((await run('chat', '--help')).printed, printed);
  assert.match((await run('help')).printed, /^ {2}doctor +find out/m);
  assert.equal((await run()).status, 2);
});

for (const [args, words] of [
  [
    ['docter'],
    "There is no command 'docter'. Did you mean 'doctor'? 'node dist/cli.js help' lists them.\n",
  ],
  [['help', 'xyzzy'], "There is no command 'xyzzy'. 'node dist/cli.js help' lists them.\n"],
  [
    ['chat', '--base-uri', 'x'],
    "chat: there is no option --base-uri; did you mean --base-url? ('node dist/cli.js help chat' tells more)\n",
  ],
  [
    ['doctor', '--quick'],
    "doctor: there is no option --quick ('node dist/cli.js help doctor' tells more)\n",
  ],
  [
    ['doctor', '--model'],
    "doctor: --model needs a value; one that begins with - is given as --model=-VALUE ('node dist/cli.js help doctor' tells more)\n",
  ],
  [
    ['doctor', '--json=yes'],
    "doctor: --json takes no value ('node dist/cli.js help doctor' tells more)\n",
  ],
  [
    ['doctor', 'http://127.0.0.1:1234/v1'],
    "doctor: 'http://127.0.0.1:1234/v1' is not expected there ('node dist/cli.js help doctor' tells more)\n",
  ],
] satisfies [string[], string][]) {
  test(`a wrong word gets one line, and status 2: ${args.join(' ')}`, async () => {
    assert.deepEqual(await run(...args), {
      status: 2,
      printed: words.replaceAll('dist/cli.js', join('dist', 'cli.js')),
    });
  });
}

test('the word that was meant is near, or none is named', () => {
  const words = ['chat', 'serve', 'record', 'check', 'install', 'doctor'];
  assert.equal(nearestWord('chta', words), undefined);
  assert.equal(nearestWord('cht', words), 'chat');
  assert.equal(nearestWord('instal', words), 'install');
  assert.equal(nearestWord('banana', words), undefined);
});

test('a closed pipe ends a command quietly', async (t) => {
  const child = startCli(t, ['check', fixtures, '-v']);
  child.stdin.end();
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([stderr, status], ['', 141]);
});

const hasFullDisk = existsSync('/dev/full');

test('a full disk ends a command in one line', {
  skip: hasFullDisk ? false : 'there is no /dev/full',
}, async () => {
  const full = openSync('/dev/full', 'w');
  const [node = '', ...before] = cliCommand;
  const child = spawn(node, [...before, 'check', fixtures], {
    env: plainEnv(),
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const [stderr, [status]] = await Promise.all([
    text(child.stderr ?? Readable.from([])),
    once(child, 'close'),
  ]);
  assert.match(stderr, /^The output cannot be written: ENOSPC.*\n$/);
  assert.equal(status, 1);
});

test('a closed pipe does not end a server', async (t) => {
  const child = startCli(t, ['serve', fixtures, '--port', '0']);
  child.stdin.end();
  const [printed] = await once(child.stdout, 'data');
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(printed)) ?? [];
  child.stdout.destroy();
  for (let nth = 0; nth < 3; nth++) {
    const response = await fetch(`${url}/lmstudio/hello/v1/chat/completions`, ask());
    assert.match(await response.text(), /\[DONE\]/);
  }
  child.kill('SIGINT');
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([stderr, status], ['', 0]);
});

test('NO_COLOR and a pipe: no control sequence from any command', async (t) => {
  for (const args of [
    ['help'],
    ['check', fixtures],
    ['doctor', '--base-url', 'http://127.0.0.1:9/v1'],
  ]) {
    const { stdout, stderr } = await runCli(t, args);
    assert.doesNotMatch(stdout + stderr, /\x1b/, args.join(' '));
  }
});

test('~ is understood where no shell has written it out', async (t) => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/cli/local-llm.ts', 'check', '~/nowhere'],
    { env: { ...process.env, HOME: '/home/of/nobody', USERPROFILE: '/home/of/nobody' } },
  );
  t.after(() => child.kill('SIGKILL'));
  assert.match(await text(child.stderr), /home.of.nobody.nowhere/);
});
