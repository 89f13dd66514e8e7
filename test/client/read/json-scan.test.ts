import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonScan } from '../../../src/client/read/json-scan.ts';

/** Whether JSON was whole after each of these pieces. */
function wholeAfter(pieces: readonly string[]): boolean[] {
  const scan = new JsonScan();
  let json = '';
  return pieces.map((piece) => {
    scan.add(piece);
    json += piece;
    return scan.isWhole(json);
  });
}

const cases: [pieces: string[], whole: boolean[]][] = [
  [[''], [false]],
  [
    [' ', ''],
    [false, false],
  ],
  [['{}'], [true]],
  [
    ['{"x":', '1', '}'],
    [false, false, true],
  ],
  [
    ['{"x":[{', '}]', '}', ' '],
    [false, false, true, true],
  ],
  [
    ['{"x":"}', '"}'],
    [false, true],
  ],
  [
    ['{"x":"\\', '"}', '"}'],
    [false, false, true],
  ],
  [
    ['{"x":"\\\\', '"}'],
    [false, true],
  ],
  [
    ['"{', '}"'],
    [false, true],
  ],
  [['null'], [true]],
  [
    ['{}', '{}'],
    [true, false],
  ],
  [
    ['{}', 'x', '{}'],
    [true, false, false],
  ],
  [
    ['{x}', ' '],
    [false, false],
  ],
  [
    ['}', '{}'],
    [false, false],
  ],
];

for (const [pieces, whole] of cases) {
  test(JSON.stringify(pieces), () => assert.deepEqual(wholeAfter(pieces), whole));
}
