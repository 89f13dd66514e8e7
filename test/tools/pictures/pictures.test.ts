import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawCost } from '../../bench/picture.ts';
import { drawGroups, drawRight } from '../../conformance/sheet/page/pictures.ts';
import { root } from '../project.ts';
import { numberIn, tableUnder } from './tables.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sheet = read('test/conformance/sheet/SHEET.md');
const bench = read('test/bench/BENCH.md');
const totals = tableUnder(sheet, '## Totals');
const [all = [], ...rest] = totals.rows;
const groups = rest.filter(([name = '']) => /\(\d+\)$/.test(name));

/** The words of a picture, in the order in which they are drawn. */
function wordsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words = '']) =>
    words.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

/** Each is asked of the picture in the folder, too: if it fails there alone, run `npm run pictures`. */
const pictures = (file: string, drawn: string) => [
  { which: 'as it is drawn', words: wordsOf(drawn) },
  { which: `in ${file}`, words: wordsOf(read(file)) },
];

for (const { which, words } of pictures('test/conformance/sheet/right.svg', drawRight(sheet))) {
  test(`right.svg shows each client with its total: ${which}`, () => {
    const bars = new Map(
      words
        .slice(2)
        .flatMap((word, nth, rest) => (nth % 2 === 0 ? [[word, rest[nth + 1]]] : [])) as [
        string,
        string,
      ][],
    );
    assert.deepEqual(
      Object.fromEntries(bars),
      Object.fromEntries(totals.head.slice(1).map((client, nth) => [client, all[nth + 1]])),
    );
  });
}

for (const { which, words } of pictures('test/conformance/sheet/groups.svg', drawGroups(sheet))) {
  test(`groups.svg shows each group with its cells: ${which}`, () => {
    for (const [name = '', ...cells] of groups) {
      const at = words.indexOf(name);
      assert.notEqual(at, -1, name);
      assert.deepEqual(words.slice(at + 1, at + 1 + cells.length).sort(), [...cells].sort(), name);
    }
  });
}

for (const { which, words } of pictures('test/bench/cost.svg', drawCost(bench))) {
  test(`cost.svg shows each client's cost: ${which}`, () => {
    for (const [name = '', , times] of tableUnder(bench, '## CPU per delta').rows) {
      const shown = words[words.indexOf(name) + 1] ?? '';
      assert.ok(shown.startsWith(`${numberIn(times)?.toFixed(2)} `), `${name}: ${shown}`);
    }
  });
}

test('terminal.svg shows a run of the program, and no line is broken', () => {
  const words = wordsOf(read('src/cli/terminal.svg'));
  for (const line of [
    '$ npm start',
    '[stopped]',
    '$ node dist/cli.js doctor',
    '  → Its log may say why. Try again.',
  ]) {
    assert.ok(words.includes(line), line);
  }
  assert.ok(words.some((line) => line.endsWith('http://127.0.0.1:1234/v1')));
  assert.ok(
    words.some((line) => /^✗ Streaming does not work\. .* closed the connection/.test(line)),
  );
  for (const line of words) assert.doesNotMatch(line, /\x1b|127\.0\.0\.1:(?!1234)/);
});

test('broken-stream.svg shows what each client makes of the same half answer', () => {
  const words = wordsOf(read('src/client/broken-stream.svg'));
  const [theirs, ours] = [
    words.indexOf('$ node openai.mjs'),
    words.indexOf('$ node streamChat.mjs'),
  ];
  const half = words.slice(theirs + 1, words.indexOf('$ echo $?', theirs));
  assert.ok(half.length > 2);
  assert.deepEqual(words.slice(theirs + 1, ours), [...half, '$ echo $?', '0', '']);
  assert.deepEqual(words.slice(ours + 1), [
    ...half,
    'interrupted: http://127.0.0.1:1234/v1 broke off before the answer was finished',
    '$ echo $?',
    '1',
  ]);
});

test('replay.svg names the four steps', () => {
  const words = wordsOf(read('src/replay/replay.svg'));
  for (const step of ['record', 'fixture', 'replay', 'cut']) assert.ok(words.includes(step), step);
});

test('a page without the table is an error that names it', () => {
  assert.throws(() => drawRight('# Nothing'), /There is no table under '## Totals'/);
});
