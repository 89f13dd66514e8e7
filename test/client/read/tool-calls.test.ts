import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolCallCollector } from '../../../src/client/read/tool-calls.ts';

/** A fragment of a function's call, as it is on the wire. */
const part = (index: unknown, id: unknown, name: unknown, json: unknown) => ({
  ...(index !== undefined && { index }),
  ...(id !== undefined && { id }),
  type: 'function',
  function: { ...(name !== undefined && { name }), ...(json !== undefined && { arguments: json }) },
});

type Call = [id: string, name: string, json: string, complete?: false];

const cases: [what: string, items: unknown[], calls: Call[]][] = [
  ['a whole call in one fragment', [part(0, 'a', 'add', '{"x":1}')], [['a', 'add', '{"x":1}']]],
  [
    'arguments in pieces, behind a head without any',
    [
      part(0, 'a', 'add', ''),
      part(0, undefined, undefined, '{"x"'),
      part(0, undefined, undefined, ':1}'),
    ],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'an empty name and id with every fragment (LM Studio 0.3.16)',
    [part(0, 'a', 'add', ''), part(0, '', '', '{"x":'), part(0, null, null, '1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'the name and the id again with every fragment',
    [part(0, 'a', 'add', ''), part(0, 'a', 'add', '{"x":'), part(0, 'a', 'add', '1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'two calls at their own indexes, in turn',
    [
      part(0, 'a', 'add', ''),
      part(1, 'b', 'sub', ''),
      part(0, undefined, undefined, '{"x":1}'),
      part(1, undefined, undefined, '{"y":2}'),
    ],
    [
      ['a', 'add', '{"x":1}'],
      ['b', 'sub', '{"y":2}'],
    ],
  ],
  [
    'indexes that begin at 1',
    [part(1, 'a', 'add', '{}'), part(2, 'b', 'sub', '{}')],
    [
      ['a', 'add', '{}'],
      ['b', 'sub', '{}'],
    ],
  ],
  [
    'whole calls at index 0 under ids of their own (older Ollama)',
    [part(0, 'a', 'add', '{"x":1}'), part(0, 'b', 'add', '{"x":2}')],
    [
      ['a', 'add', '{"x":1}'],
      ['b', 'add', '{"x":2}'],
    ],
  ],
  [
    'whole calls at index 0 without ids (gateways)',
    [
      part(0, undefined, 'add', '{"x":1}'),
      part(0, undefined, 'add', '{"x":2}'),
      part(0, '', 'sub', '{}'),
    ],
    [
      ['call_0', 'add', '{"x":1}'],
      ['call_1', 'add', '{"x":2}'],
      ['call_2', 'sub', '{}'],
    ],
  ],
  [
    'the same behind a fragment without arguments',
    [part(0, undefined, 'add', '{}'), part(0, '', '', ''), part(0, undefined, 'add', '{}')],
    [
      ['call_0', 'add', '{}'],
      ['call_1', 'add', '{}'],
    ],
  ],
  [
    'the name again with every fragment, of which one begins with a brace',
    [part(0, undefined, 'add', '{"x":"'), part(0, undefined, 'add', '{}"}')],
    [['call_0', 'add', '{"x":"{}"}']],
  ],
  [
    'whole calls without index and id',
    [part(undefined, undefined, 'add', '{"x":1}'), part(undefined, undefined, 'sub', '{"y":2}')],
    [
      ['call_0', 'add', '{"x":1}'],
      ['call_1', 'sub', '{"y":2}'],
    ],
  ],
  [
    'another name behind a whole call, though its arguments come later',
    [
      part(0, undefined, 'add', '{}'),
      part(0, undefined, 'sub', ''),
      part(0, undefined, undefined, '{"y":2}'),
    ],
    [
      ['call_0', 'add', '{}'],
      ['call_1', 'sub', '{"y":2}'],
    ],
  ],
  [
    'the same name behind a whole call, without arguments: said again',
    [part(0, undefined, 'add', '{}'), part(0, undefined, 'add', '')],
    [['call_0', 'add', '{}']],
  ],
  [
    'an id that is known beats its index',
    [
      part(0, 'a', 'add', ''),
      part(1, 'b', 'sub', ''),
      part(0, 'b', undefined, '{"y":2}'),
      part(1, 'a', undefined, '{"x":1}'),
    ],
    [
      ['a', 'add', '{"x":1}'],
      ['b', 'sub', '{"y":2}'],
    ],
  ],
  [
    'behind it the index goes on with that call',
    [
      part(0, 'a', 'add', ''),
      part(1, 'b', 'sub', ''),
      part(0, 'b', undefined, '{"y"'),
      part(0, undefined, undefined, ':2}'),
    ],
    [
      ['a', 'add', '{}'],
      ['b', 'sub', '{"y":2}'],
    ],
  ],
  [
    'an index that nobody opened goes on with the latest call',
    [part(2, 'a', 'add', ''), part(1, undefined, undefined, '{"x":1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'fragments without an index go on with the latest call',
    [
      part(0, 'a', 'add', '{}'),
      part(1, 'b', 'sub', ''),
      part(undefined, undefined, undefined, '{"y":2}'),
    ],
    [
      ['a', 'add', '{}'],
      ['b', 'sub', '{"y":2}'],
    ],
  ],
  [
    'an index that is a text is none',
    [part('0', 'a', 'add', ''), part('0', undefined, undefined, '{"x":1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'an id that comes late',
    [part(0, '', 'add', '{"x"'), part(0, 'a', '', ':1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'an id that comes late together with the name again',
    [part(0, '', 'add', ''), part(0, 'a', 'add', '{"x":1}')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'a name in pieces',
    [
      part(0, 'a', 'edit_ex', ''),
      part(0, undefined, 'isting_file', ''),
      part(0, undefined, undefined, '{}'),
    ],
    [['a', 'edit_existing_file', '{}']],
  ],
  [
    'a name that is prolonged',
    [part(0, 'a', 'edit', ''), part(0, 'a', 'edit_file', '{}')],
    [['a', 'edit_file', '{}']],
  ],
  [
    'a name that comes after its arguments',
    [part(0, 'a', undefined, '{"x":1}'), part(0, undefined, 'add', '')],
    [['a', 'add', '{"x":1}']],
  ],
  ['without parameters, an empty text', [part(0, 'a', 'now', '')], [['a', 'now', '{}']]],
  ['without parameters, null', [part(0, 'a', 'now', null)], [['a', 'now', '{}']]],
  [
    'without parameters, nothing at all',
    [{ id: 'a', function: { name: 'now' } }],
    [['a', 'now', '{}']],
  ],
  ['without parameters, white space', [part(0, 'a', 'now', ' \n')], [['a', 'now', '{}']]],
  ['arguments that are an object', [part(0, 'a', 'add', { x: [1] })], [['a', 'add', '{"x":[1]}']]],
  ['an id that is a number', [part(0, 7, 'add', '{}')], [['7', 'add', '{}']]],
  ['arguments that were cut', [part(0, 'a', 'add', '{"x":')], [['a', 'add', '{"x":', false]]],
  [
    'arguments that are null in a text',
    [part(0, 'a', 'add', 'null')],
    [['a', 'add', 'null', false]],
  ],
  ['arguments that are a list', [part(0, 'a', 'add', '[1]')], [['a', 'add', '[1]', false]]],
  ['arguments that are a number', [part(0, 'a', 'add', '7')], [['a', 'add', '7', false]]],
  ['arguments that are a text', [part(0, 'a', 'add', '"Paris"')], [['a', 'add', '"Paris"', false]]],
  [
    'arguments that are an object in a text: the object is the arguments',
    [part(0, 'a', 'add', '"{\\"x\\":'), part(0, undefined, undefined, '1}"')],
    [['a', 'add', '{"x":1}']],
  ],
  [
    'arguments that are a list in a text',
    [part(0, 'a', 'add', '"[1]"')],
    [['a', 'add', '"[1]"', false]],
  ],
  ['a call that never gets a name', [part(0, 'a', '', '{}')], [['a', '', '{}', false]]],
  ['an item that is none', [null], [['call_0', '', '{}', false]]],
];

for (const [what, items, calls] of cases) {
  test(what, () => {
    const collector = new ToolCallCollector();
    for (const item of items) collector.add(item);
    assert.deepEqual(
      collector.list('whole'),
      calls.map(([id, name, json, complete = true]) => ({ id, name, arguments: json, complete })),
    );
  });
}

test('a fragment says where it belongs, and what is known so far', () => {
  const collector = new ToolCallCollector();
  const told = [
    part(3, 'a', 'edit', ''),
    part(3, undefined, '_file', '{"x"'),
    part(4, 'b', 'sub', '{}'),
    part(3, undefined, undefined, ':1}'),
  ].map((item) => collector.add(item));
  assert.deepEqual(told, [
    { index: 0, id: 'a', name: 'edit', arguments: '' },
    { index: 0, id: 'a', name: 'edit_file', arguments: '{"x"' },
    { index: 1, id: 'b', name: 'sub', arguments: '{}' },
    { index: 0, id: 'a', name: 'edit_file', arguments: ':1}' },
  ]);
});

test('no call is complete before the stream is finished, and none without arguments is `{}`', () => {
  const collector = new ToolCallCollector();
  collector.add(part(0, 'a', 'add', '{}'));
  collector.add(part(1, 'b', 'now', ''));
  assert.deepEqual(collector.list(undefined), [
    { id: 'a', name: 'add', arguments: '{}', complete: false },
    { id: 'b', name: 'now', arguments: '', complete: false },
  ]);
});

test('a stream that was cut may have lost arguments: a call without any is not complete, a whole one is', () => {
  const collector = new ToolCallCollector();
  collector.add(part(0, 'a', 'add', '{"x":1}'));
  collector.add(part(1, 'b', 'now', ''));
  assert.deepEqual(collector.list('cut'), [
    { id: 'a', name: 'add', arguments: '{"x":1}', complete: true },
    { id: 'b', name: 'now', arguments: '{}', complete: false },
  ]);
});

for (const end of ['filtered', 'unknown'] as const) {
  test(`under a finish reason that is ${end} no call is complete`, () => {
    const collector = new ToolCallCollector();
    collector.add(part(0, 'a', 'add', '{"x":1}'));
    collector.add(part(1, 'b', 'now', ''));
    collector.add({ index: 2, id: 'c', custom: { name: 'run', input: 'x' } });
    assert.deepEqual(
      collector.list(end).map(({ arguments: json, complete }) => [json, complete]),
      [
        ['{"x":1}', false],
        ['{}', false],
        ['x', false],
      ],
    );
  });
}

test('all that comes counts, in UTF-8, and each fragment costs 64 bytes more', () => {
  const collector = new ToolCallCollector();
  const bytesOf = (...items: unknown[]) => {
    const before = collector.bytes;
    for (const item of items) collector.add(item);
    return collector.bytes - before;
  };
  assert.equal(bytesOf(part(0, 'ä', 'add', '')), 64 + 2 + 3);
  assert.equal(bytesOf(part(0, 'ä', 'add', '{"€":')), 64 + 2 + 3 + 7);
  assert.equal(bytesOf(part(0, undefined, undefined, '1}')), 64 + 2);
  assert.equal(bytesOf(part(1, '', 'edit', ''), part(1, 'b', '_file', '')), 128 + 4 + 1 + 5);
});

test('a custom tool’s input is any text, in pieces', () => {
  const collector = new ToolCallCollector();
  collector.add({ index: 0, id: 'a', type: 'custom', custom: { name: 'run', input: '' } });
  collector.add({ index: 0, custom: { input: 'print(' } });
  collector.add({ index: 0, custom: { input: '1)' } });
  const call = { id: 'a', name: 'run', arguments: 'print(1)', type: 'custom' };
  assert.deepEqual(collector.list('whole'), [{ ...call, complete: true }]);
  assert.deepEqual(collector.list('cut'), [{ ...call, complete: false }]);
  assert.deepEqual(collector.list(undefined), [{ ...call, complete: false }]);
});

test('a custom tool without input gets none: `{}` would be a text', () => {
  const collector = new ToolCallCollector();
  collector.add({ index: 0, id: 'a', custom: { name: 'run', input: '' } });
  assert.deepEqual(collector.list('whole'), [
    { id: 'a', name: 'run', arguments: '', complete: true, type: 'custom' },
  ]);
});

test('a `custom` that is null is none', () => {
  const collector = new ToolCallCollector();
  collector.add({ ...part(0, 'a', 'add', '{}'), custom: null });
  assert.deepEqual(collector.list('whole'), [
    { id: 'a', name: 'add', arguments: '{}', complete: true },
  ]);
});

test('arguments nested deeper than the runtime can write as JSON are lost, and nothing else', () => {
  let deep: unknown = 1;
  for (let levels = 0; levels < 1e5; levels++) deep = [deep];
  // Node 26 writes any depth; older ones end with a RangeError.
  let written = '';
  try {
    written = JSON.stringify(deep);
  } catch {}
  const collector = new ToolCallCollector();
  collector.add(part(0, 'a', 'add', deep));
  assert.deepEqual(collector.list(undefined), [
    { id: 'a', name: 'add', arguments: written, complete: false },
  ]);
});
