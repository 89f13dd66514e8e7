import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writtenPages } from './pages.ts';
import { oneSentenceALine } from './sentences.ts';

for (const { file, text } of writtenPages) {
  test(`${file}: one sentence a line, and none is broken: else run npm run fix`, () => {
    const [lines, anew] = [text.split('\n'), oneSentenceALine(text).split('\n')];
    const at = lines.findIndex((line, nth) => line !== anew[nth]);
    assert.equal(at, -1, `line ${at + 1}: ${lines[at]}\nshould be: ${anew[at]}`);
  });
}

test('a sentence that is broken is joined, and two on one line are parted', () => {
  const page = [
    '# A heading. It stays.',
    '',
    'It runs `npm. Run` and',
    'stops. [A link. Whole](a.md) follows, e.g. This one. "So", it',
    'says! (In brackets.) 3 more.',
    '',
    '- One. Two',
    '  goes on.',
    '- Three: v1.2. `four`?',
    '',
    '    code. Stays',
    '```sh',
    'code. Stays',
    '```',
    '| a cell. Stays | b |',
    '',
  ];
  assert.deepEqual(oneSentenceALine(page.join('\n')).split('\n'), [
    '# A heading. It stays.',
    '',
    'It runs `npm. Run` and stops.',
    '[A link.',
    'Whole](a.md) follows, e.g. This one.',
    '"So", it says!',
    '(In brackets.)',
    '3 more.',
    '',
    '- One.',
    '  Two goes on.',
    '- Three: v1.2.',
    '  `four`?',
    '',
    '    code. Stays',
    '```sh',
    'code. Stays',
    '```',
    '| a cell. Stays | b |',
    '',
  ]);
});

test('a Chinese paragraph is one line', () => {
  assert.equal(
    oneSentenceALine('在通知里点\n取消。然后看 LM\nStudio（好。）\n再试！'),
    '在通知里点取消。然后看 LM Studio（好。）再试！',
  );
});
