import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNote, withoutAdded, withoutLastAdded } from '../../../src/agent/page/added.ts';
import { FenceTracker } from '../../../src/agent/page/fences.ts';
import { Layout } from '../../../src/agent/page/layout.ts';
import { lastLines, quoteVerbatim } from '../../../src/agent/page/quote.ts';

/** A reply as it is laid out: its text, and where in it something was added. */
async function layOut(work: (layout: Layout) => unknown) {
  let text = '';
  const layout = new Layout({
    write(piece) {
      text += piece;
    },
    async rewrite(whole) {
      text = whole;
    },
  });
  await work(layout);
  return { text, added: layout.added };
}

const note = (words: string) => formatNote('ℹ️', [words]);

test('a note stands apart from the answer, each of its paragraphs on a line of its own', async () => {
  const { text, added } = await layOut((layout) => {
    layout.text('Half an');
    layout.text(' answer');
    layout.add(formatNote('⚠️', ['The connection broke.', ' Press\n 重试. ']));
    layout.add(note('And more.'));
  });
  assert.equal(
    text,
    'Half an answer\n\n> ⚠️ **local-llm** · The connection broke.\n>\n> Press 重试.\n\n> ℹ️ **local-llm** · And more.',
  );
  assert.deepEqual(added, [['Half an answer'.length, text.length]]);
  assert.equal(withoutAdded(text, added), 'Half an answer');
});

test('a code fence that a note interrupts is closed, and opened again behind it', async () => {
  const { text, added } = await layOut((layout) => {
    layout.text('```js\nlet a');
    layout.add(note('Hm.'));
    layout.text(' = 1;\n```');
  });
  assert.equal(text, '```js\nlet a\n```\n\n> ℹ️ **local-llm** · Hm.\n\n```js\n = 1;\n```');
  assert.equal(withoutAdded(text, added), '```js\nlet a = 1;\n```');
});

test('two notes behind an open code fence close it once', async () => {
  const { text } = await layOut((layout) => {
    layout.text('```js\nlet a');
    layout.add(note('One.'));
    layout.add(note('Two.'));
  });
  assert.equal(text, `\`\`\`js\nlet a\n\`\`\`\n\n${note('One.')}\n\n${note('Two.')}`);
});

test('a reply goes on from its last word: the notes at its end, and the fence closed for them, are gone', async () => {
  const { text, added } = await layOut((layout) => {
    layout.add(note('First.'));
    layout.text('```js\nlet a');
    layout.add(note('Cut off.'));
  });
  const start = withoutLastAdded(text, added);
  assert.equal(start.text, `${note('First.')}\n\n\`\`\`js\nlet a`);
  assert.equal(withoutAdded(`${start.text} = 1;`, start.added), '```js\nlet a = 1;');
});

test('an answer that turns out to be no answer is laid out anew', async () => {
  const { text, added } = await layOut(async (layout) => {
    layout.text('```\nFirst I think.');
    layout.add(note('Hm.'));
    await layout.restart();
    assert.equal(layout.hasText, false);
    layout.text('Then I say.');
  });
  assert.deepEqual([text, added], ['Then I say.', []]);
});

test('a reply that was stopped is cut to what the host has of it', async () => {
  const pieces = await layOut((layout) => {
    layout.text('One ```\n');
    layout.text('```js\nlet a');
    layout.add(note('Hm.'));
    layout.text(' = 1;');
  });
  for (let length = 0; length <= pieces.text.length; length++) {
    const { added } = await layOut((layout) => {
      layout.text('One ```\n');
      layout.text('```js\nlet a');
      layout.add(note('Hm.'));
      layout.text(' = 1;');
      layout.cutTo(pieces.text.slice(0, length));
    });
    const own = withoutAdded(pieces.text.slice(0, length), added);
    assert.ok('One ```\n```js\nlet a = 1;'.startsWith(own), `${length}: ${own}`);
  }
});

for (const [name, text, quoted] of [
  ['sums', '10*3 + 7*3', '> 10\\*3 + 7\\*3'],
  ['line ends', 'one\ntwo\r\nthree\n\nfour', '> one\\\n> two\\\n> three\n>\n> four'],
  ['lists', '- a\n+ b\n1. c\n12) d', '> \\- a\\\n> \\+ b\\\n> 1\\. c\\\n> 12\\) d'],
  ['headings', '# a\n===\nb', '> \\# a\\\n> \\===\\\n> b'],
  ['code', '  if (a_b[0] < `c`)', '> \u00a0\u00a0if (a\\_b\\[0\\] \\< \\`c\\`)'],
  ['quotations', '> a', '> \\> a'],
  ['tables', '|a|\n|-|', '> \\|a\\|\\\n> \\|-\\|'],
  ['names of signs', '&amp; \\n', '> \\&amp; \\\\n'],
  ['blanks at the end', 'a  \nb', '> a\\\n> b'],
] as const) {
  test(`reasoning is quoted as it was written: ${name}`, () =>
    assert.equal(quoteVerbatim(text), quoted));
}

test('every line of a quotation begins with its sign, whatever ends the lines', () => {
  for (const end of ['\n', '\r', '\r\n', '\u2028', '\u2029', '\n\n', '\u0085', '\f', '\v']) {
    const lines = quoteVerbatim(`one${end}two${end}`).split(/[\n\r\f\v\u0085\u2028\u2029]/);
    assert.ok(
      lines.every((line) => line.startsWith('>')),
      JSON.stringify(lines),
    );
  }
});

test('the last lines that have words, each no longer than asked', () => {
  assert.deepEqual(lastLines('one\n\ntwo\nthree\n \nfour\n', 3, 10), ['two', 'three', 'four']);
  assert.deepEqual(lastLines('0123456789abc', 3, 10), ['…3456789abc']);
  assert.deepEqual(lastLines('', 3, 10), []);
});

for (const [name, text, closing] of [
  ['no fence', 'text', undefined],
  ['a closed fence', '```js\na\n```\n', undefined],
  ['an open fence', '```js\na', '```'],
  ['an open fence after a newline', '```js\na\n', '```'],
  ['a long fence around a short one', '````md\n```\n', '````'],
  ['tildes', '~~~\n```\n', '~~~'],
  ['a fence in a list', '1. one\n   ```sh\n   ls', '   ```'],
  ["a fence on a list item's line", '- ```sh\n  ls\n', '  ```'],
  ['backticks in a line', 'use ```x``` here', undefined],
  ['a closing line in the making', '```js\na\n``', '```'],
] as const) {
  test(`a code fence left open is found, whatever the pieces: ${name}`, () => {
    for (const size of [1, 3, text.length]) {
      const fences = new FenceTracker();
      for (let i = 0; i < text.length; i += size) fences.push(text.slice(i, i + size));
      assert.equal(fences.open?.closing, closing);
    }
  });
}
