import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '../../../src/client/read/delta-fields.ts';
import { ReasoningSplitter } from '../../../src/client/read/reasoning-marks.ts';

/** What became of a content, and how often text turned out to be reasoning. */
interface Split {
  text: string;
  reasoning: string;
  corrections: number;
}

/** Splits a content that comes in these pieces; of a piece that is `field` the reasoning field has something to say. */
function split(pieces: readonly (string | typeof field)[], startsInReasoning = false) {
  const all: Record<Channel, string> = { text: '', reasoning: '' };
  let corrections = 0;
  const splitter = new ReasoningSplitter(
    (channel, piece) => {
      assert.notEqual(piece, '', 'an empty piece was given out');
      all[channel] += piece;
    },
    () => {
      corrections++;
      all.reasoning += all.text;
      all.text = '';
    },
    startsInReasoning,
  );
  for (const piece of pieces) {
    if (piece === field) splitter.onReasoningField();
    else splitter.push(piece);
  }
  const open: Split = { ...all, corrections };
  splitter.end();
  return { open, whole: { ...all, corrections }, hasSeenMark: splitter.hasSeenMark };
}

const field = Symbol('reasoning in its own field');

/** A content in every way in which it can be cut: whole, into two at every place, and into single characters. */
function* cuts(content: string): Generator<[where: string, pieces: string[]]> {
  yield ['whole', [content]];
  yield ['in single characters', [...content]];
  for (let at = 1; at < content.length; at++) {
    yield [`cut at ${at}`, [content.slice(0, at), content.slice(at)]];
  }
}

const only = (text: string, reasoning = '', corrections = 0): Split => ({
  text,
  reasoning,
  corrections,
});
const hasMark = true;

const cases: [what: string, content: string, split: Split, hasSeenMark?: boolean][] = [
  ['plain text', 'Hello', only('Hello')],
  ['text with < and [ in it', 'a < b, c[0] <= 1 </b> [x]', only('a < b, c[0] <= 1 </b> [x]')],
  ['white space alone', ' \n ', only(' \n ')],
  ['white space before text', '\n Hello', only('\n Hello')],
  ['<think>', '<think>Hm</think>Hello', only('Hello', 'Hm'), hasMark],
  ['<thinking>', '<thinking>Hm</thinking>Hello', only('Hello', 'Hm'), hasMark],
  ['[THINK]', '[THINK]Hm[/THINK]Hello', only('Hello', 'Hm'), hasMark],
  ['Gemma’s channel', '<|channel>thought\nHm<channel|>Hello', only('Hello', '\nHm'), hasMark],
  ['Seed-OSS', '<seed:think>Hm</seed:think>Hello', only('Hello', 'Hm'), hasMark],
  [
    'Cohere, whole',
    '<|START_THINKING|>Hm<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>',
    only('Hello', 'Hm'),
    hasMark,
  ],
  ['Cohere without reasoning', '<|START_RESPONSE|>Hello<|END_RESPONSE|>', only('Hello'), hasMark],
  [
    'Cohere whose prompt has opened the reasoning',
    'Hm<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>',
    only('Hello', 'Hm', 1),
    hasMark,
  ],
  [
    'two blocks, the first one empty (Qwen3 that was asked not to think)',
    '<think>\n\n</think>\n\n<think>\n</think>\n\nHello',
    only('\n\nHello', '\n\n\n'),
    hasMark,
  ],
  [
    'three blocks, of other marks',
    '<think>a</think><thinking>b</thinking> <think>c</think>Hello',
    only('Hello', 'abc'),
    hasMark,
  ],
  [
    'a block behind a closing mark alone',
    'a</think>\n<think>b</think>Hello',
    only('Hello', 'ab', 1),
    hasMark,
  ],
  ['two blocks, the second one cut', '<think>a</think><think>b', only('', 'ab'), hasMark],
  ['what may become a second block, cut', '<think>a</think>\n<thi', only('\n<thi', 'a'), hasMark],
  ['white space before the mark', '\n <think>Hm</think>Hello', only('Hello', 'Hm'), hasMark],
  ['empty reasoning', '<think></think>Hello', only('Hello'), hasMark],
  [
    'another closing mark inside',
    '<think>a</thinking>b[/THINK]c</think>Hello',
    only('Hello', 'a</thinking>b[/THINK]c'),
    hasMark,
  ],
  ['an opening mark inside', '<think>a<think>b</think>Hello', only('Hello', 'a<think>b'), hasMark],
  [
    'a second pair of marks',
    '<think>Hm</think>Hello <think>x</think>',
    only('Hello <think>x</think>', 'Hm'),
    hasMark,
  ],
  ['a second closing mark', '<think>Hm</think>Hello</think>', only('Hello</think>', 'Hm'), hasMark],
  ['no closing mark', '<think>Hm, well', only('', 'Hm, well'), hasMark],
  ['a closing mark that was cut at the end', '<think>Hm</thi', only('', 'Hm</thi'), hasMark],
  ['an opening mark that was cut at the end', '<thin', only('<thin')],
  ['something like a mark', '<thank>you</thank>', only('<thank>you</thank>')],
  ['a mark in other letters', '<THINK>a', only('<THINK>a')],
  ['a pair of marks in mid-text', 'Write <think>Hm</think> so', only('Write <think>Hm</think> so')],
  ['an opening mark in mid-text', 'Use <think> first', only('Use <think> first')],
  ['a closing mark alone', 'Hm</think>Hello', only('Hello', 'Hm', 1), hasMark],
  ['[/THINK] alone', 'Hm[/THINK]Hello', only('Hello', 'Hm', 1), hasMark],
  ['</thinking> alone', 'Hm</thinking>Hello', only('Hello', 'Hm', 1), hasMark],
  ['<channel|> alone', 'Hm<channel|>Hello', only('Hello', 'Hm', 1), hasMark],
  [
    'a closing mark alone behind < and [',
    'a < b[0]</think>Hello',
    only('Hello', 'a < b[0]', 1),
    hasMark,
  ],
  [
    'a closing mark alone, and an opening one behind it',
    'Hm</think>Use <think>.',
    only('Use <think>.', 'Hm', 1),
    hasMark,
  ],
  ['a closing mark at the start', '</think>Hello', only('Hello', '', 1), hasMark],
  [
    'a closing mark in "quotation marks"',
    'End it with "</think>".',
    only('End it with "</think>".'),
  ],
  [
    "a closing mark in 'quotation marks'",
    "End it with '</think>'.",
    only("End it with '</think>'."),
  ],
  [
    'a closing mark in `quotation marks`',
    'End it with `</think>`.',
    only('End it with `</think>`.'),
  ],
  [
    'a closing mark in ‘quotation marks’',
    'End it with ‘</think>’.',
    only('End it with ‘</think>’.'),
  ],
  [
    'a closing mark in “quotation marks”',
    'End it with “</think>”.',
    only('End it with “</think>”.'),
  ],
  ['a closing mark in 「quotation marks」', '以「</think>」結束', only('以「</think>」結束')],
  [
    'a quoted closing mark and then a real one',
    'Is it "</think>"?</think>Yes',
    only('Yes', 'Is it "</think>"?', 1),
    hasMark,
  ],
  [
    'harmony, whole',
    '<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>',
    only('Hello', 'Hm'),
    hasMark,
  ],
  [
    'harmony without its end',
    '<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Hello',
    only('Hello', 'Hm'),
    hasMark,
  ],
  [
    'harmony from its first token on',
    '<|start|>assistant<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Hello',
    only('Hello', 'Hm'),
    hasMark,
  ],
  [
    'harmony whose answer is commentary',
    '<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>commentary<|message|>Hello<|end|>',
    only('Hello', 'Hm'),
    hasMark,
  ],
  [
    'harmony without reasoning',
    '<|channel|>final<|message|>Hello<|return|>',
    only('Hello'),
    hasMark,
  ],
  [
    'harmony of commentary alone',
    '<|channel|>commentary<|message|>Hello<|call|>',
    only('Hello'),
    hasMark,
  ],
  [
    'harmony twice',
    '<|channel|>analysis<|message|>a<|end|><|channel|>analysis<|message|>b<|end|><|channel|>final<|message|>c < d',
    only('c < d', 'ab'),
    hasMark,
  ],
  ['harmony behind white space', '\n<|channel|>final<|message|>Hello', only('Hello'), hasMark],
  [
    'harmony that was cut in a token',
    '<|channel|>final<|message|>Hello<|ret',
    only('Hello<|ret'),
    hasMark,
  ],
  ['harmony that was cut in its header', '<|channel|>analysis', only(''), hasMark],
  ['harmony that was cut behind its header', '<|channel|>analysis<|mess', only(''), hasMark],
  ['a channel that harmony does not have', '<|channel|>other', only('<|channel|>other')],
  [
    'harmony in mid-text',
    'It begins with <|channel|>final<|message|>.',
    only('It begins with <|channel|>final<|message|>.'),
  ],
];

for (const [what, content, expected, hasSeenMark = false] of cases) {
  test(`${what}: ${JSON.stringify(content)}`, () => {
    for (const [where, pieces] of cuts(content)) {
      const { whole, ...seen } = split(pieces);
      assert.deepEqual(whole, expected, where);
      assert.equal(seen.hasSeenMark, hasSeenMark, where);
    }
  });
}

const insideCases: [what: string, content: string, split: Split][] = [
  ['no mark but the closing one', 'Hm</think>Hello', only('Hello', 'Hm')],
  ['any closing mark', 'Hm[/THINK]Hello', only('Hello', 'Hm')],
  ['an opening mark all the same', '<think>Hm</think>Hello', only('Hello', 'Hm')],
  [
    'an opening mark, whose closing one alone counts',
    '<think>a[/THINK]b</think>Hello',
    only('Hello', 'a[/THINK]b'),
  ],
  ['no closing mark', 'Hm, well', only('', 'Hm, well')],
  ['white space alone', '\n', only('', '\n')],
  ['what may become a mark', '<thi', only('', '<thi')],
  ['a quoted closing mark ends it', 'Hm "</think>Hello', only('Hello', 'Hm "')],
];

for (const [what, content, expected] of insideCases) {
  test(`where the prompt has opened the reasoning, ${what}: ${JSON.stringify(content)}`, () => {
    for (const [where, pieces] of cuts(content)) {
      assert.deepEqual(split(pieces, true).whole, expected, where);
    }
  });
}

test('reasoning in its own field: a closing mark at the start of the content is dropped, any other is text', () => {
  for (const [content, expected] of [
    ['</think>Hello', only('Hello')],
    ['\n</think>\nHello', only('\nHello')],
    ['[/THINK]Hello', only('Hello')],
    ['Hello</think>', only('Hello</think>')],
    ['\nHello', only('\nHello')],
    ['<think>Hello', only('<think>Hello')],
    ['</thi', only('</thi')],
  ] as const) {
    for (const [where, pieces] of cuts(content)) {
      assert.deepEqual(split([field, ...pieces]).whole, expected, `${content} ${where}`);
      assert.deepEqual(split([field, field, ...pieces]).whole, expected, `${content} ${where}`);
      assert.deepEqual(split([field, ...pieces], true).whole, expected, `${content} ${where}`);
    }
  }
});

test('a header of harmony that never ends is none: it is given out, and nothing is kept', () => {
  const { open } = split(['<|channel|>analysis', ...Array(100).fill(' on and on')]);
  assert.equal(open.text.length, 'analysis'.length + 1000);
  assert.deepEqual(
    split(['<|channel|>final', ' x'.repeat(120), '<|message|>Hi']).whole,
    only('Hi'),
  );
});

test('reasoning in its own field in mid-text: no mark counts from there on', () => {
  assert.deepEqual(split(['Hello', field, '</think>there']).whole, only('Hello</think>there'));
  assert.deepEqual(split(['<think>a', field, 'b</think>']).whole, only('b</think>', 'a'));
  assert.deepEqual(split(['<thi', field, 'nk>a']).whole, only('<think>a'));
  assert.deepEqual(split(['<|channel|>final', field, 'Hello']).whole, only('Hello'));
});

test('nothing is held that cannot become a mark', () => {
  for (const content of ['Hello', 'a <b', 'a[0', '<think>Hm <', `${' '.repeat(64)}`]) {
    const { open, whole } = split([content]);
    const held =
      whole.text.length + whole.reasoning.length - open.text.length - open.reasoning.length;
    assert.equal(held, /[<]$/.test(content) ? 1 : 0, content);
  }
  assert.equal(split([' '.repeat(63)]).open.text, '');
  assert.equal(split(['Hello </thin']).open.text, 'Hello ');
  assert.equal(split(['Hello <|channel|>ana']).open.text, 'Hello ');
  assert.equal(split(['<|channel|>final<|message|>Hello<|']).open.text, 'Hello');
});

test('text that was held is given out once, where it belongs', () => {
  const pieces: [Channel, string][] = [];
  const splitter = new ReasoningSplitter(
    (channel, piece) => pieces.push([channel, piece]),
    () => assert.fail(),
    false,
  );
  splitter.push('Hello </th');
  splitter.end();
  splitter.end();
  splitter.push('</think>');
  assert.deepEqual(pieces, [
    ['text', 'Hello '],
    ['text', '</th'],
    ['text', '</think>'],
  ]);
});
