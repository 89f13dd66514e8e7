/** Where the reading of events goes beyond the standard, which has a test of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader, type ServerEvent } from '../../../src/client/read/sse.ts';

const encoder = new TextEncoder();

type Read = string | Uint8Array;

/** What a body gives: its events as data or [type, data], `too large` for one without data; and its stray lines. */
function read(reads: readonly Read[], maxEventBytes = 1000) {
  const reader = new EventReader(maxEventBytes);
  for (const bytes of reads) reader.push(typeof bytes === 'string' ? encoder.encode(bytes) : bytes);
  const before = takeAll(reader);
  return { before, strayLines: reader.end(), events: [...before, ...takeAll(reader)] };
}

function takeAll({ events }: EventReader) {
  return Array.from({ length: events.length }, () => show(events.take() ?? {}));
}

function show({ event, data }: ServerEvent) {
  if (data === undefined) return 'too large';
  return event ? [event, data] : data;
}

const bodies: [what: string, body: string, events: unknown[], strayLines?: string][] = [
  ['an empty body', '', []],
  [
    'the rest at the end, without a line end (KoboldCpp)',
    'data: a\n\ndata: [DONE]',
    ['a', '[DONE]'],
  ],
  ['the rest at the end, with its type', 'data: a\n\nevent: error\ndata: b', ['a', ['error', 'b']]],
  [
    'the field `error` (llama.cpp until late 2025)',
    'error: {"code":400}\n\n',
    [['error', '{"code":400}']],
  ],
  ['the field `error` without a value', 'error\n\n', [['error', '']]],
  [
    'the field `error` between events',
    'data: a\n\nerror: b\n\ndata: c\n\n',
    ['a', ['error', 'b'], 'c'],
  ],
  ['JSON on a line of its own', '{"error":"a"}\ndata: b\n\n', ['{"error":"a"}', 'b']],
  ['JSON on a line, whose colon is no field’s', '{"a":1}', ['{"a":1}']],
  [
    'JSON as the whole body, on several lines',
    '{\n  "error": "a"\n}\n',
    ['{\n"error": "a"\n}\n'.replace('"error"', '  "error"')],
    '{\n  "error": "a"\n}\n',
  ],
  ['a list as the whole body', '[{"error":"a"}]', ['[{"error":"a"}]\n'], '[{"error":"a"}]\n'],
  ['a page', '<html>\n<p>No</p>\n</html>', [], '<html>\n<p>No</p>\n</html>\n'],
  [
    'a bare line',
    'proxy error: Failed to read connection\n',
    [],
    'proxy error: Failed to read connection\n',
  ],
  ['a bare line behind events', 'data: a\n\nproxy error: gone\n', ['a'], 'proxy error: gone\n'],
  ['a number is no error', '7', ['7\n'], '7\n'],
  ['null', 'null\n', [], 'null\n'],
  ['names of fields, cut off, are no words', 'd', []],
  ['`data`', 'data: a\n\ndat', ['a']],
  ['`event`', 'even', []],
  ['`id`', 'i', []],
  ['`retry`', 'ret', []],
  ['what is no beginning of one', 'dates', [], 'dates\n'],
];

for (const [what, body, events, strayLines = ''] of bodies) {
  test(`${what}: ${JSON.stringify(body)}`, () => {
    const bytes = encoder.encode(body);
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    for (const reads of [[bytes], single]) {
      const { events: given, strayLines: stray } = read(reads);
      assert.deepEqual([given, stray], [events, strayLines]);
    }
  });
}

test('events are there as soon as they have ended, and what was taken does not come again', () => {
  const reader = new EventReader(1000);
  reader.push(encoder.encode('data: a\n\ndata: b'));
  assert.deepEqual(takeAll(reader), ['a']);
  reader.push(encoder.encode('\n\n'));
  assert.deepEqual(takeAll(reader), ['b']);
});

test('an event ends with the CR that ends its empty line: nothing is waited for', () => {
  assert.deepEqual(read(['data: a\r\r']).before, ['a']);
  assert.deepEqual(read(['data: a\r\n\r']).before, ['a']);
  assert.deepEqual(read(['data: a\r\n\r', '\ndata: b\r', '\n\r\n']).before, ['a', 'b']);
});

test('a BOM is dropped at the start alone, even after an empty read', () => {
  assert.deepEqual(read(['', '\ufeffdata: a\n\n']).before, ['a']);
  assert.deepEqual(read(['data: a\n\n', '\ufeffdata: b\n\n']).before, ['a']);
});

test('characters may be cut anywhere, and bytes that are none become U+FFFD', () => {
  const bytes = encoder.encode('data: aä€😀b\n\n');
  for (let at = 1; at < bytes.length; at++) {
    for (let second = at; second < bytes.length; second++) {
      const reads = [bytes.subarray(0, at), bytes.subarray(at, second), bytes.subarray(second)];
      assert.deepEqual(read(reads).before, ['aä€😀b'], `cut at ${at} and ${second}`);
    }
  }
  const broken = [encoder.encode('data: a'), Uint8Array.of(0xe4), encoder.encode('b\n\n')];
  assert.deepEqual(read(broken).before, ['a\ufffdb']);
  assert.deepEqual(read([encoder.encode('data: a'), Uint8Array.of(0xe4)]).events, ['a\ufffd']);
});

test('an event may have so many bytes of UTF-8, and not one more', () => {
  const bound = 300;
  for (const [character, bytes] of [
    ['a', 1],
    ['ä', 2],
    ['€', 3],
    ['😀', 4],
  ] as const) {
    const data = character.repeat(bound / bytes);
    assert.deepEqual(read([`data: ${data}\n\n`], bound).events, [data]);
    assert.deepEqual(read([`data: ${data}a\n\n`], bound).events, ['too large']);
  }
  const lines = 'data: aaaaaaaaa\n'.repeat(30);
  assert.deepEqual(read([`${lines}\n`], 299).events, [`${'aaaaaaaaa\n'.repeat(29)}aaaaaaaaa`]);
  assert.deepEqual(read([`${lines}\n`], 298).events, ['too large']);
});

/** The events of a body that is too large, which nothing may follow. */
function tooLarge(reads: readonly string[], maxEventBytes: number) {
  const reader = new EventReader(maxEventBytes);
  for (const one of reads) {
    if (reader.events.length > 0) break;
    reader.push(encoder.encode(one));
  }
  return takeAll(reader);
}

test('what has not ended is bounded, too: a line, an event of many lines, lines that are no event', () => {
  const piece = 'x'.repeat(50);
  assert.deepEqual(tooLarge(['data: ', piece, piece, piece], 120), ['too large']);
  assert.deepEqual(tooLarge(['data: ', piece, piece], 120), []);
  assert.deepEqual(tooLarge(['data: x\n'.repeat(30), 'data: x\n'.repeat(40)], 120), ['too large']);
  assert.deepEqual(tooLarge([`${piece}\n`, `${piece}\n`], 102), []);
  assert.deepEqual(tooLarge([`${piece}\n`, `${piece}\n`], 101), ['too large']);
});
