import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setAgent } from '../../src/cli/agents-json.ts';
import { locateJson } from '../../src/cli/json-text.ts';

const entry = { name: 'Mine', path: './a.js', llm: { baseURL: 'http://127.0.0.1:1234/v1' } };

test('a new file has the one entry', () => {
  assert.deepEqual(JSON.parse(setAgent('', entry)), {
    agents: [{ name: 'Mine', path: './a.js', metadata: { llm: entry.llm } }],
  });
});

for (const [name, before] of [
  ['two spaces', '{\n  "agents": [\n    { "name": "Other", "n": 12345678901234567890 }\n  ]\n}\n'],
  ['tabs', '{\n\t"agents": [\n\t\t{\n\t\t\t"name": "Other"\n\t\t}\n\t],\n\t"more": 1.0\n}'],
  ['Windows lines', '{\r\n    "agents": [\r\n        {"name": "Other"}\r\n    ]\r\n}\r\n'],
  ['one line', '{"agents":[{"name":"Other"}],"x":1}'],
  ['an empty list', '{\n  "agents": []\n}\n'],
  ['no list', '{\n  "x": 1\n}\n'],
  ['nothing in it', '{}'],
] as const) {
  test(`an entry is added, and every other character stays: ${name}`, () => {
    const after = setAgent(before, entry);
    const { agents } = JSON.parse(after);
    assert.equal(agents.at(-1).name, 'Mine');
    let at = 0;
    for (const character of before) {
      at = after.indexOf(character, at) + 1;
      assert.ok(at > 0, JSON.stringify(after));
    }
    if (before.includes('\r\n')) assert.ok(!/[^\r]\n/.test(after));
    if (before.includes('\t')) assert.ok(!/^ /m.test(after));
    assert.equal(setAgent(after, entry), after, 'it can be repeated');
  });
}

test('an entry is brought up to date: what is set beside it stays, and so does its place', () => {
  const before = `{
  "agents": [
    { "name": "A", "a": [1,  2] },
    { "name": "Mine", "path": "./old.js", "settings": { "x": 1 }, "metadata": { "initTask": true, "llm": { "model": "m" } } },
    { "name": "B" }
  ]
}`;
  const after = setAgent(before, entry);
  assert.deepEqual(JSON.parse(after).agents[1], {
    name: 'Mine',
    path: './a.js',
    settings: { x: 1 },
    metadata: { initTask: true, llm: { model: 'm', baseURL: 'http://127.0.0.1:1234/v1' } },
  });
  assert.ok(after.includes('{ "name": "A", "a": [1,  2] },\n'));
  assert.ok(after.endsWith(',\n    { "name": "B" }\n  ]\n}'));
});

for (const [name, text, where] of [
  ['a comma too many', '{\n  "agents": [\n    {"name": "A"},\n  ]\n}', 'line 4, column 3: "]"'],
  ['a comment', '{\n  // mine\n  "agents": []\n}', 'line 2, column 3: "/"'],
  ['an unfinished file', '{ "agents": [', 'line 1, column 14: the end'],
  ['a broken string', '{ "agents": ["a\nb"] }', 'line 1, column 14'],
  ['something behind it', '{} x', 'line 1, column 4: "x"'],
  ['a byte order mark', '\ufeff{}', 'line 1, column 1'],
  ['a list', '[]', 'must be an object'],
  ['agents that are no list', '{"agents": {}}', 'must be a list'],
] as const) {
  test(`a file that My Assistant could not read is refused, with the place: ${name}`, () => {
    assert.throws(
      () => setAgent(text, entry),
      (error) => error instanceof SyntaxError && error.message.includes(where),
      where,
    );
  });
}

test('what JSON.parse takes is found, and what it refuses is refused', () => {
  for (const text of [
    '{"a":[1,{"b":null}],"a":-1.5e3}',
    ' [ ] ',
    '"\\u00e9\\n"',
    '01',
    '[1,]',
    '{"a"}',
    '+1',
    '"\t"',
    'tru',
    '[1 2]',
    '',
  ]) {
    let isValid = true;
    try {
      JSON.parse(text);
    } catch {
      isValid = false;
    }
    if (isValid) assert.doesNotThrow(() => locateJson(text), text);
    else assert.throws(() => locateJson(text), SyntaxError, text);
  }
});
