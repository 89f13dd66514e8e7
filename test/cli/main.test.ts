import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { ask, fixtures } from '../replay/helpers.ts';
import {
  cliCommand,
  createTestTerminal,
  noInterrupt,
  plainEnv,
  runCli,
  startCli,
} from './commands.ts';

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

for (const [args, beginning, end] of [
  [['docter'], "There is no command 'docter'. There are: chat, serve, record,", "help')\n"],
  [['help', 'xyzzy'], "There is no command 'xyzzy'. There are: chat, ", "help')\n"],
  [['chat', '--base-uri', 'x'], "chat: Unknown option '--base-uri'", "help chat')\n"],
  [['doctor', '--model'], "doctor: Option '--model <value>' argument", "help doctor')\n"],
  [['doctor', 'http://x/v1'], "doctor: Unexpected argument 'http://x/v1'", "doctor')\n"],
  [['install', 'a', 'b'], 'install: give one WORKSPACE at most', "help install')\n"],
] satisfies [string[], string, string][]) {
  test(`a wrong word gets one line, and status 2: ${args.join(' ')}`, async () => {
    const { status, printed } = await run(...args);
    assert.ok(printed.startsWith(beginning), printed);
    assert.ok(printed.endsWith(end), printed);
    assert.match(printed, /^.*'node dist.cli\.js help.*\n$/);
    assert.equal(status, 2);
  });
}

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

test('a closed pipe does not end a server', { skip: noInterrupt }, async (t) => {
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
  const home = { HOME: '/home/of/nobody', USERPROFILE: '/home/of/nobody' };
  const { stderr } = await runCli(t, ['check', '~/nowhere'], { env: home });
  assert.match(stderr, /home.of.nobody.nowhere/);
});
