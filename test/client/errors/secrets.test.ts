import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBlanker } from '../../../src/client/errors/secrets.ts';

const KEY = 'sk-lm-9f8e7d6c5b4a39281706';

const cases: [what: string, secrets: string[], text: string, shown: string][] = [
  ['no secret', [], `a ${KEY} b`, `a ${KEY} b`],
  ['an empty secret', [''], 'abc', 'abc'],
  ['an empty text', [KEY], '', ''],
  ['a text without it', [KEY], 'Hello, how are you?', 'Hello, how are you?'],
  ['the whole secret', [KEY], KEY, '***'],
  ['in the middle', [KEY], `a ${KEY} b`, 'a *** b'],
  ['at the start', [KEY], `${KEY}b`, '***b'],
  ['at the end', [KEY], `a${KEY}`, 'a***'],
  ['twice', [KEY], `${KEY} ${KEY}`, '*** ***'],
  ['twice, without anything between', [KEY], `${KEY}${KEY}`, '***'],
  ['its first 8 characters', [KEY], `a ${KEY.slice(0, 8)}...`, 'a ***...'],
  ['its last 8 characters', [KEY], `...${KEY.slice(-8)} a`, '...*** a'],
  ['8 characters of its middle', [KEY], `a ${KEY.slice(7, 15)} b`, 'a *** b'],
  [
    '7 characters of it do not give it away',
    [KEY],
    `a ${KEY.slice(0, 7)} ${KEY.slice(-7)}`,
    `a ${KEY.slice(0, 7)} ${KEY.slice(-7)}`,
  ],
  ['a short secret that begins as a longer one does', ['abab', 'ababcdef'], 'xababcdefx', 'x***x'],
  ['a long part of it', [KEY], `a${KEY.slice(2, 22)}b`, 'a***b'],
  ['two parts of it, one after the other', [KEY], `${KEY.slice(10, 20)}${KEY.slice(3, 13)}`, '***'],
  ['in other letters', ['abcdefghij'], 'ABCDEFGHIJ', 'ABCDEFGHIJ'],
  ['a secret of 3 would blank ordinary words', ['abc'], 'abc', 'abc'],
  ['a secret of 4, whole', ['abcd'], 'xabcdx', 'x***x'],
  ['a secret of 4, in part', ['abcd'], 'abc bcd', 'abc bcd'],
  ['a secret of 7, whole', ['abcdefg'], 'abcdefg', '***'],
  ['a secret of 7, in part', ['abcdefg'], 'abcdef bcdefg', 'abcdef bcdefg'],
  ['a short secret that overlaps itself', ['abab'], 'xabababx', 'x***x'],
  ['a secret of 8', ['abcdefgh'], 'xabcdefghx', 'x***x'],
  ['several secrets', [KEY, 'hunter22', 'abcd'], `${KEY} hunter22 abcd`, '*** *** ***'],
  [
    'several secrets, in another order',
    ['abcd', 'hunter22'],
    'hunter22 abcd hunter22 abcd',
    '*** *** *** ***',
  ],
  ['a short secret inside a long one', ['9f8e', KEY], `a ${KEY} b 9f8e`, 'a *** b ***'],
  [
    'two secrets that begin alike',
    ['abcdefgh1234', 'abcdefgh5678'],
    'a abcdefgh1234 abcdefgh5678 b',
    'a *** *** b',
  ],
  [
    'two secrets that overlap in the text',
    ['abcdefghij', 'ghijklmnop'],
    'xabcdefghijklmnopx',
    'x***x',
  ],
  [
    'a secret of one letter, in a run of it',
    ['aaaaaaaa'],
    `${'a'.repeat(7)} ${'a'.repeat(20)}`,
    'aaaaaaa ***',
  ],
];

for (const [what, secrets, text, shown] of cases) {
  test(`${what}: ${JSON.stringify(shown)}`, () => {
    // Wherever it stands.
    for (const before of ['', '.', '..', '...', '....', '.....']) {
      assert.equal(createBlanker(secrets)(before + text), before + shown);
    }
  });
}

test('every part of a secret of 8 characters or more is blanked, wherever it is', () => {
  const blank = createBlanker([KEY]);
  for (let start = 0; start <= KEY.length - 8; start++) {
    for (let end = start + 8; end <= KEY.length; end++) {
      for (let at = 0; at < 8; at++) {
        const around = '.'.repeat(at);
        const shown = blank(`${around}${KEY.slice(start, end)}${around}`);
        assert.equal(shown, `${around}***${around}`, `${start} to ${end} at ${at}`);
      }
    }
  }
});

test('a value is copied without the secrets in its texts and names; what is no text stays', () => {
  const blank = createBlanker([KEY]);
  const date = 7n;
  assert.deepEqual(
    blank({
      [KEY]: KEY,
      list: [KEY, { inner: `a ${KEY}` }, 1, null, true],
      none: undefined,
      date,
    }),
    { '***': '***', list: ['***', { inner: 'a ***' }, 1, null, true], none: undefined, date },
  );
  assert.equal(blank(undefined), undefined);
  assert.equal(blank(null), null);
  assert.equal(blank(7), 7);
});

test('the copy is plain, whatever a name is: `__proto__` is one like any other', () => {
  const value: object = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}');
  const copy = createBlanker([KEY])(value);
  assert.deepEqual(Object.keys(copy), ['__proto__', 'constructor']);
  assert.equal(Reflect.get(copy, 'polluted'), undefined);
  assert.equal(JSON.stringify(copy), JSON.stringify(value));
  const property = Object.getOwnPropertyDescriptor(copy, 'constructor');
  assert.deepEqual(property, { value: 2, enumerable: true, configurable: true, writable: true });
});

test('what is nested deeper than nine levels is left out', () => {
  const nest = (levels: number, open: (inner: unknown) => unknown): unknown =>
    levels === 0 ? 'x' : open(nest(levels - 1, open));
  const blank = createBlanker([KEY]);
  const object = (inner: unknown) => ({ a: inner });
  const list = (inner: unknown) => [inner];
  assert.deepEqual(blank(nest(9, object)), nest(9, object));
  assert.deepEqual(blank(nest(9, list)), nest(9, list));
  const empty = (end: unknown, open: (inner: unknown) => unknown) => {
    let value = end;
    for (let level = 0; level < 9; level++) value = open(value);
    return value;
  };
  assert.deepEqual(blank(nest(10, object)), empty({}, object));
  assert.deepEqual(blank(nest(10, list)), empty([], list));
});

/** Texts that make a search look again and again. */
const shapes: [what: string, piece: string][] = [
  ['of nothing like it', 'Hello, how are you? '],
  ['of the secret', KEY],
  ['of nearly all of it', `${KEY.slice(0, -1)}!`],
  ['of its first 7 characters', KEY.slice(0, 7)],
  ['of its blocks in another order', KEY.slice(4, 8) + KEY.slice(0, 4)],
  ['of one letter that a secret is made of', 'a'],
  ['of a short secret', 'abab'],
];

const many = [KEY, 'a'.repeat(40), 'tenant-5f4e3d2c1b0a9988', 'abab', 'hunter22'];

for (const [what, piece] of shapes) {
  test(`four times the text, ${what}, is four times the work`, () => {
    const blank = createBlanker(many);
    const some = costOf(blank, piece.repeat(Math.ceil(500_000 / piece.length)));
    const all = costOf(blank, piece.repeat(Math.ceil(2_000_000 / piece.length)));
    // Work that grows with the square of the length is 16 times as much, and takes seconds for 2 MB. The system counts CPU time in
    // steps of some ms, and a busy machine adds to it.
    assert.ok(all < 8 * some + 100_000, `${some} µs for 0.5 MB, ${all} µs for 2 MB`);
  });
}

/** What it takes to blank a text, in µs of CPU: the least of three times, of which the first compiles. */
function costOf(blank: (text: string) => string, text: string): number {
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    blank(text);
    return process.cpuUsage(before).user;
  });
  return Math.min(...costs);
}

test('60 MB with a secret in every kB are blanked whole: an error may hold 64 MiB of an answer', () => {
  const page = 'Hello, how are you? '.repeat(50);
  const blank = createBlanker([KEY, 'tenant-5f4e3d2c1b0a9988', 'hunter22', 'other-key-7']);
  assert.equal(blank(`${page}${KEY}`.repeat(60_000)), `${page}***`.repeat(60_000));
});
