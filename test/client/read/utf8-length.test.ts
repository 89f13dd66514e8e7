import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Length } from '../../../src/client/read/sse.ts';

const lengths: [text: string, bytes: number][] = [
  ['', 0],
  ['a', 1],
  ['\u007f', 1],
  ['\u0080', 2],
  ['\u07ff', 2],
  ['\u0800', 3],
  ['\ud7ff', 3],
  ['\ue000', 3],
  ['\uffff', 3],
  ['\u{10000}', 4],
  ['\u{10ffff}', 4],
  ['zä€😀', 1 + 2 + 3 + 4],
];

for (const [text, bytes] of lengths) {
  test(`${JSON.stringify(text)} takes ${bytes} bytes, in a short text and in a long one`, () => {
    assert.equal(utf8Length(text), bytes);
    assert.equal(utf8Length(`${'ä'.repeat(5000)}${text}`), 10_000 + bytes);
  });
}
