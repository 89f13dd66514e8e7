import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onOneLine, printable } from '../../../src/cli/terminal/printable.ts';
import { createTestTerminal } from '../commands.ts';

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

test('a name that has line ends cannot begin a line of its own', () => {
  assert.equal(onOneLine('tiny\n✓ All is well.\u2028x\x1b[A'), 'tiny ✓ All is well. x[A');
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
