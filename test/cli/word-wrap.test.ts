import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, createWordWrap } from '../../src/cli/word-wrap.ts';

/** What a terminal shows that knows the three things that the wrap writes: line ends, left, clear to the end. */
function shown(written: string): string[] {
  const lines: string[][] = [[]];
  let column = 0;
  const pattern = /\x1b\[(\d+)D|\x1b\[K|\n|[^\x1b]/gsu;
  for (const [token, left] of written.matchAll(pattern)) {
    const line = lines.at(-1) ?? [];
    if (left !== undefined) column -= Number(left);
    else if (token === '\x1b[K') line.length = column;
    else if (token === '\n') {
      lines.push([]);
      column = 0;
    } else line[column++] = token;
  }
  return lines.map((line) => line.join('').trimEnd());
}

function wrapped(pieces: readonly string[], width = 21): string[] {
  const wrap = createWordWrap(() => width);
  return shown(pieces.map((piece) => wrap.add(piece)).join(''));
}

const text = 'The quick brown fox jumps over the lazy dog, twice.';
const lines = ['The quick brown fox', 'jumps over the lazy', 'dog, twice.'];

test('lines break between words, however the text is cut into pieces', () => {
  assert.deepEqual(wrapped([text]), lines);
  assert.deepEqual(wrapped([...text]), lines);
  assert.deepEqual(wrapped(text.match(/.{1,7}/g) ?? []), lines);
});

test('the line ends of the text stay', () => {
  assert.deepEqual(wrapped(['one\n\n  two\n']), ['one', '', '  two', '']);
});

test('a word that is longer than a line stays whole, for the terminal to break', () => {
  const address = 'http://127.0.0.1:1234/a/long/address';
  assert.deepEqual(wrapped([`See ${address} ok`]), ['See', `${address} ok`]);
});

test('Chinese breaks between characters, each of two columns', () => {
  assert.deepEqual(wrapped(['这是一个比较长的中文句子']), ['这是一个比较长的中文', '句子']);
  assert.deepEqual(
    [columnsOf('中'), columnsOf('🦀'), columnsOf('e'), columnsOf('\u0301')],
    [2, 2, 1, 0],
  );
});

test('a window that is resized is asked anew', () => {
  let width = 80;
  const wrap = createWordWrap(() => width);
  const wide = wrap.add(`${text}\n`);
  width = 21;
  assert.deepEqual(shown(wide + wrap.add(text)), [text, ...lines]);
});
