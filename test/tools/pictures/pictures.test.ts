import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawCost } from '../../bench/picture.ts';
import { drawGroups, drawRight } from '../../conformance/sheet/page/pictures.ts';
import { root } from '../project.ts';
import { drawReplay } from './replay.ts';
import { tableUnder } from './tables.ts';
import { linesOf } from './terminal.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sheet = read('test/conformance/sheet/SHEET.md');

test('the pictures show the tables as they are: else run npm run pictures', () => {
  assert.equal(read('test/conformance/sheet/right.svg'), drawRight(sheet));
  assert.equal(read('test/conformance/sheet/groups.svg'), drawGroups(sheet));
  assert.equal(read('test/bench/cost.svg'), drawCost(read('test/bench/BENCH.md')));
  assert.equal(read('src/replay/replay.svg'), drawReplay());
});

test('every client and every group of the sheet is in its picture', () => {
  const { head, rows } = tableUnder(sheet, '## Totals');
  const picture = drawGroups(sheet);
  for (const [name = ''] of rows.slice(1, -1)) assert.ok(picture.includes(`>${name}<`), name);
  for (const client of head.slice(1)) {
    assert.ok(drawRight(sheet).includes(`>${client}<`), client);
  }
});

test('the picture of the terminal is of a run', () => {
  const picture = read('src/cli/terminal.svg');
  for (const words of ['$ npm start', '[stopped]', '$ node dist/cli.js doctor', '✓ All is well.']) {
    assert.ok(picture.includes(words), words);
  }
  assert.ok(picture.includes('http://127.0.0.1:1234/v1'));
  assert.doesNotMatch(picture, /\x1b|127\.0\.0\.1:(?!1234)/);
});

test('a screen is read as a terminal shows it', () => {
  const written = 'a\x1b[2mb\x1b[0mc\r\n\x1b[1G\x1b[0J> long wo\x1b[2D\x1b[K\nword\r\x1b[Kx';
  assert.deepEqual(
    linesOf(written).map((spans) =>
      spans.map(({ text, isDim }) => (isDim ? `(${text})` : text)).join(''),
    ),
    ['a(b)c', '> long ', 'x'],
  );
});

test('a page without the table is an error that names it', () => {
  assert.throws(() => drawRight('# Nothing'), /There is no table under '## Totals'/);
});
