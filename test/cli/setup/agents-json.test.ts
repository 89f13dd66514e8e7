import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AgentEntry,
  type Place,
  readAgent,
  setAgent as set,
} from '../../../src/cli/setup/agents-json.ts';

class Refused extends Error {
  readonly place: Place | undefined;

  constructor(place?: Place) {
    super('refused');
    this.place = place;
  }
}

const setAgent = (text: string, entry: AgentEntry) =>
  set(text, entry, (place) => new Refused(place));

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
    if (before.includes('\t')) assert.ok(!/^ /m.test(after), JSON.stringify(after));
    assert.equal(setAgent(after, entry), after, 'it can be repeated');
  });
}

test('an entry is written as the file is, in its depth', () => {
  const before = '{\n\t"agents": [\n\t\t{\n\t\t\t"name": "Other"\n\t\t}\n\t]\n}\n';
  assert.equal(
    setAgent(before, { name: 'Mine', path: './a.js', llm: {} }),
    '{\n\t"agents": [\n\t\t{\n\t\t\t"name": "Other"\n\t\t},\n\t\t{\n\t\t\t"name": "Mine",\n\t\t\t"path": "./a.js",\n\t\t\t"metadata": {\n\t\t\t\t"llm": {}\n\t\t\t}\n\t\t}\n\t]\n}\n',
  );
});

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

test('a byte order mark is taken out, and nothing else', () => {
  const with_ = '\ufeff{\r\n  "agents": []\r\n}\r\n';
  const without = setAgent(with_, entry);
  assert.equal(without, setAgent(with_.slice(1), entry));
  assert.equal(setAgent(`\ufeff${without}`, entry), without, 'also where the entry is up to date');
  assert.deepEqual(readAgent(`\ufeff${without}`, 'Mine'), entry.llm);
});

for (const [name, text, ...place] of [
  ['a comma too many', '{\n  "agents": [\n    {"name": "A"},\n  ]\n}', 4, 3],
  ['a comment', '{\n  // mine\n  "agents": []\n}', 2, 3],
  ['a comment over lines', '{\r\n  "agents": []\r\n/* mine */}', 3, 1],
  ['an unfinished file', '{ "agents": [', 1, 14],
  ['a broken string', '{ "agents": ["a\nb"] }', 1, 14],
  ['something behind it', '{} x', 1, 4],
  ['a comma at the start', '{\n  "agents": [,]\n}', 2, 14],
  ['a list', '[]'],
  ['agents that are no list', '{"agents": {}}'],
  ['two lists of agents', '{"agents": [], "agents": [{"name": "Mine"}]}'],
] as const) {
  test(`a file that My Assistant could not read is refused, with the place: ${name}`, () => {
    assert.throws(
      () => setAgent(text, entry),
      (error) => {
        assert.ok(error instanceof Refused, String(error));
        assert.deepEqual(Object.values(error.place ?? {}), place);
        return true;
      },
    );
  });
}

test('what JSON.parse refuses is refused', () => {
  for (const text of [
    '01',
    '[1,]',
    '{"a"}',
    '+1',
    '"\t"',
    'tru',
    '[1 2]',
    '{"a":"\t"}',
    "{'a':1}",
  ]) {
    assert.throws(() => JSON.parse(text), text);
    assert.throws(() => setAgent(text, entry), Refused, text);
  }
});
