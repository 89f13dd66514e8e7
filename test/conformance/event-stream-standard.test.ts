import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from '../../src/client/read/sse.ts';

/**
 * The HTML standard's rules for an event stream, one case a rule.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
interface Case {
  rule: string;
  /** Text, or bytes where it is not UTF-8. */
  stream: string | Uint8Array;
  /** The events, as data or as [type, data]. */
  events: (string | [type: string, data: string])[];
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const cases: Case[] = [
  { rule: 'a line ends with LF', stream: 'data: a\n\n', events: ['a'] },
  { rule: 'a line ends with CRLF', stream: 'data: a\r\n\r\n', events: ['a'] },
  { rule: 'a line ends with CR', stream: 'data: a\r\r', events: ['a'] },
  {
    rule: 'CR, LF is one line end, LF, CR are two',
    stream: 'data: a\n\rdata: b\r\n\n',
    events: ['a', 'b'],
  },
  {
    rule: 'the ends may be mixed',
    stream: 'data: a\r\ndata: b\rdata: c\n\r\n',
    events: ['a\nb\nc'],
  },
  {
    rule: 'other line separators are text',
    stream: 'data: a\u2028b\u2029c\u0085d\v\f\n\n',
    events: ['a\u2028b\u2029c\u0085d\v\f'],
  },
  { rule: 'one leading BOM is dropped', stream: '\ufeffdata: a\n\n', events: ['a'] },
  {
    rule: 'a second BOM belongs to the field name',
    stream: '\ufeff\ufeffdata: a\n\ndata: b\n\n',
    events: ['b'],
  },
  {
    rule: 'a BOM later is text',
    stream: 'data: a\n\n\ufeffdata: b\n\ndata: \ufeffc\n\n',
    events: ['a', '\ufeffc'],
  },
  {
    rule: 'a byte that is not UTF-8 becomes U+FFFD',
    stream: Uint8Array.of(...utf8('data: a'), 0xff, ...utf8('b\n\n')),
    events: ['a\ufffdb'],
  },
  {
    rule: 'a character that is cut becomes U+FFFD',
    stream: Uint8Array.of(...utf8('data: '), 0xe4, 0xbd, ...utf8('\n\n')),
    events: ['\ufffd'],
  },
  { rule: 'a blank line dispatches', stream: 'data: a\n\ndata: b\n\n', events: ['a', 'b'] },
  { rule: 'further blank lines do nothing', stream: '\n\n\ndata: a\n\n\n\n\n', events: ['a'] },
  { rule: 'a line of spaces is not blank', stream: 'data: a\n  \ndata: b\n\n', events: ['a\nb'] },
  {
    rule: 'a colon at the start makes a comment',
    stream: ': data: x\ndata: a\n:\n\n',
    events: ['a'],
  },
  {
    rule: 'a comment does not end an event',
    stream: 'data: a\n: ping\ndata: b\n\n',
    events: ['a\nb'],
  },
  {
    rule: 'one space after the colon is dropped',
    stream: 'data:a\n\ndata: a\n\n',
    events: ['a', 'a'],
  },
  { rule: 'only one space, and no tab', stream: 'data:  a\n\ndata:\tb\n\n', events: [' a', '\tb'] },
  { rule: 'spaces at the end stay', stream: 'data: a  \n\n', events: ['a  '] },
  { rule: 'further colons are text', stream: 'data: a: b:c\n\n', events: ['a: b:c'] },
  {
    rule: 'several data lines are joined by LF',
    stream: 'data: a\ndata: b\ndata\ndata: c\n\n',
    events: ['a\nb\n\nc'],
  },
  {
    rule: 'a line without a colon is a field without a value',
    stream: 'data\n\ndata\ndata\n\n',
    events: ['', '\n'],
  },
  { rule: 'data may be empty', stream: 'data:\n\ndata: \n\n', events: ['', ''] },
  {
    rule: 'without data there is no event',
    stream: 'event: x\n\nid: 1\n\nretry: 5\n\n',
    events: [],
  },
  { rule: 'event names the type', stream: 'event: add\ndata: a\n\n', events: [['add', 'a']] },
  {
    rule: 'the type may come after the data',
    stream: 'data: a\nevent: add\n\n',
    events: [['add', 'a']],
  },
  { rule: 'the last type counts', stream: 'event: x\nevent: y\ndata: a\n\n', events: [['y', 'a']] },
  {
    rule: 'an empty type is none',
    stream: 'event: x\nevent\ndata: a\n\nevent:\ndata: b\n\n',
    events: ['a', 'b'],
  },
  {
    rule: 'the type is for one event',
    stream: 'event: x\ndata: a\n\ndata: b\n\n',
    events: [['x', 'a'], 'b'],
  },
  {
    rule: 'the type of an event without data is forgotten',
    stream: 'event: x\n\ndata: a\n\n',
    events: ['a'],
  },
  {
    rule: 'field names are exact',
    stream: 'Data: x\nDATA: x\n data: x\ndata : x\ndatas: x\ndata: a\n\n',
    events: ['a'],
  },
  { rule: 'unknown fields are ignored', stream: 'foo: x\ndata: a\nbar\n\n', events: ['a'] },
  {
    rule: 'id and retry are no data',
    stream: 'id: 1\nretry: 10\ndata: a\nid\nretry: soon\n\n',
    events: ['a'],
  },
  { rule: 'an id with NUL does no harm', stream: 'id: a\0b\ndata: a\0b\n\n', events: ['a\0b'] },
  {
    rule: 'a long stream of stock prices',
    stream: 'data: YHOO\ndata: +2\ndata: 10\n\n',
    events: ['YHOO\n+2\n10'],
  },
];

/** The events of a stream that comes in these reads. */
function read(reads: Iterable<Uint8Array>): unknown[] {
  const reader = new EventReader(2 ** 20);
  for (const bytes of reads) reader.push(bytes);
  const { events } = reader;
  return Array.from({ length: events.length }, () => {
    const { event, data } = events.take() ?? {};
    return event ? [event, data] : data;
  });
}

for (const { rule, stream, events } of cases) {
  const bytes = typeof stream === 'string' ? utf8(stream) : stream;
  test(`${rule}: ${JSON.stringify(events)}`, () => {
    assert.deepEqual(read([bytes]), events, 'in one read');
    assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), events, 'byte by byte');
    for (let at = 1; at < bytes.length; at++) {
      assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), events, `cut at ${at}`);
    }
  });
}
