import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onOneLine, printable } from '../../src/cli/terminal.ts';
import { createTestTerminal } from './commands.ts';

const hostile = 'a\x1b]0;title\x07b\x1b[2Jc\x9b31md\x7fe\rf\x08g\tz\n';

test('what is written has no control sequence, at a terminal and in a pipe', () => {
  for (const isTTY of [true, false]) {
    const { terminal, printed } = createTestTerminal({}, { isTTY });
    terminal.stdout.write(hostile);
    terminal.stderr.write(hostile);
    assert.equal(printed(), 'a]0;titleb[2Jc31mdefg\tz\n'.repeat(2));
  }
});

test('a sequence that comes in two pieces is none either', () => {
  const { terminal, printed } = createTestTerminal({}, { isTTY: true });
  for (const piece of ['\x1b', '[2J', 'x']) terminal.stdout.write(piece);
  assert.equal(printed(), '[2Jx');
});

test('of the first 256 characters only line ends, tabs and what is printed come through', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const expected = all.slice(9, 11) + all.slice(0x20, 0x7f) + all.slice(0xa0);
  assert.equal(printable(all), expected);
  assert.equal(printable('\u202eabc'), '\u202eabc', 'an answer in Hebrew may need it');
});

test('a name can neither begin a line of its own nor turn the rest of the line around', () => {
  assert.equal(onOneLine('tiny\n✓ All is well.\u2028x\x1b[A'), 'tiny ✓ All is well. x[A');
  assert.equal(onOneLine('\u202etiny\u2066\u200f\u061c'), 'tiny');
  assert.equal(printable('tiny\n'), 'tiny\n');
});

test('colours are for a terminal that wants them', () => {
  for (const [env, isTTY, expected] of [
    [{}, true, '\x1b[2mx\x1b[0m'],
    [{ NO_COLOR: '1' }, true, 'x'],
    [{ NO_COLOR: '' }, true, '\x1b[2mx\x1b[0m'],
    [{ TERM: 'dumb' }, true, 'x'],
    [{}, false, 'x'],
  ] as const) {
    const { terminal, printed } = createTestTerminal(env, { isTTY });
    terminal.stdout.dim(true);
    terminal.stdout.write('x');
    terminal.stdout.dim(false);
    assert.equal(printed(), expected, JSON.stringify([env, isTTY]));
  }
});
