import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFolder } from '../../src/cli/check-folder.ts';
import { showExchange } from '../../src/cli/show-exchange.ts';
import { sha256 } from '../../src/replay/exchange/folder.ts';
import { readExchange } from '../../src/replay/index.ts';
import { fixtures, scratch, type Written, write } from '../replay/helpers.ts';

test('the fixtures of the project are whole', async () => {
  const { exchanges, problems } = await checkFolder(fixtures);
  assert.deepEqual(problems, []);
  assert.ok(exchanges.length > 20);
});

const crlf = 'data: [DONE]\r\n\r\n';
const confirmed = { body: 'a.sse', sha256: sha256(new TextEncoder().encode(crlf)) };
const recorded = { provenance: { kind: 'recorded', server: 'a test' } };

const cases: [what: string, parts: Written, problem: RegExp | undefined][] = [
  ['a modelled exchange without hash and chunks', {}, undefined],
  ['a format that is unknown', { format: 2 }, /a\.json: format must be 1/],
  ['a body of another length', { response: { body: 'a.sse', bytes: 1 } }, /response\.bytes says 1/],
  [
    'a body of another hash',
    { response: { body: 'a.sse', sha256: '0'.repeat(64) } },
    /response\.sha256 says/,
  ],
  ['chunks that do not add up', { chunks: [[0, 1]] }, /the sum of chunks says 1/],
  ['a recording without its hash', recorded, /a\.json: response\.sha256 is missing/],
  ['CRLF that nothing confirms', { content: crlf }, /a\.json: a\.sse has CR line ends/],
  ['CRLF that the hash confirms', { content: crlf, response: confirmed }, undefined],
  [
    'a key in the request',
    { request: { body: { a: 'sk-abcdefgh12345678' } } },
    /request\.body\.a holds what looks like a key/,
  ],
  [
    'a key in the body',
    { content: 'data: hf_abcdefghijklmnopqrstuvwxyz\n\n' },
    /a\.sse, line 1, holds what/,
  ],
  [
    'a key in a header',
    { response: { body: 'a.sse', headers: { x: 'sk-abcdefgh12345678' } } },
    /response\.headers\.x holds/,
  ],
];
for (const [what, parts, problem] of cases) {
  test(`${what}: ${problem ? 'a problem' : 'fine'}`, async (t) => {
    const folder = await scratch(t);
    await write(folder, 'a', parts);
    const { problems } = await checkFolder(folder);
    if (problem === undefined) assert.deepEqual(problems, []);
    else assert.match(problems.join('\n'), problem);
  });
}

test('line ends that git has changed in the head are found', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a');
  const file = join(folder, 'a.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('{', '{\r\n'));
  assert.match((await checkFolder(folder)).problems.join(), /a\.json: it has CR line ends/);
});

test('what an interrupted recording leaves is found, and other files are left alone', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a');
  for (const file of ['b.sse', '.c.json.123.tmp', 'd.body.json', 'README.md']) {
    await writeFile(join(folder, file), '');
  }
  const { exchanges, problems } = await checkFolder(folder);
  assert.equal(exchanges.length, 1);
  assert.equal(problems.length, 3);
  for (const problem of problems) assert.match(problem, /belongs to no exchange/);
});

test('an empty folder is a problem, and one that is missing an error', async (t) => {
  const folder = await scratch(t);
  assert.match((await checkFolder(folder)).problems.join(), /holds no exchange/);
  await assert.rejects(checkFolder(join(folder, 'x')), /There is no folder '.*x'\.$/);
});

test('shown raw: a frame a line, with its time, its bytes, and marks where chunks end inside it', async (t) => {
  const folder = await scratch(t);
  const content = 'data: a\n\ndata: \u{1f980}!\n\ndata: \u001b[31m\r\n\r\n';
  const chunks = [
    [5, 9],
    [1, 8],
    [2, 3],
    [3, 17],
  ];
  await write(folder, 'a', { content, chunks });
  const lines: string[] = [];
  for await (const line of showExchange(await readExchange(join(folder, 'a.json')), 'raw'))
    lines.push(line);
  assert.deepEqual(lines, [
    'a (modelled): POST /v1/chat/completions -> 200, complete',
    '      5 ms      9 B  data: a\\n\\n',
    '     11 ms     13 B  data: \u{1f980}{2|2}!|\\n\\n',
    '     11 ms     15 B  data: \\u001b[31m\\r\\n\\r\\n',
  ]);
});

const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
const call = { index: 0, function: { name: 'add', arguments: '{"a":1}' } };
const shapes: [what: string, content: string, lines: string[]][] = [
  [
    'text and role',
    chunk({ role: 'assistant', content: 'Hi\u{1f980}' }),
    ['role "assistant"; text "Hi\u{1f980}"'],
  ],
  ['reasoning', chunk({ reasoning_content: 'so' }), ['reasoning "so"']],
  ['a tool call', chunk({ tool_calls: [call] }), ['tool call "add"; arguments "{\\"a\\":1}"']],
  ['an empty delta', chunk({ content: '' }), [chunk({ content: '' }).trim()]],
  [
    'the end',
    'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ['finish "stop"', '[DONE]'],
  ],
  ['an error', 'event: error\ndata: {"error":{"message":"no"}}\n\n', ['error {"message":"no"}']],
  [
    'what another API has',
    'data: {"type":"response.output_text.delta","delta":"a"}\n\n',
    ['{"type":"response.output_text.delta","delta":"a"}'],
  ],
  ['what is no JSON', ': ping\n\ndata: oops\n\n', [': ping', 'oops']],
];
for (const [what, content, expected] of shapes) {
  test(`shown as text: ${what}`, async (t) => {
    const folder = await scratch(t);
    await write(folder, 'a', { content });
    const lines: string[] = [];
    for await (const line of showExchange(await readExchange(join(folder, 'a.json')))) {
      lines.push(line.replace(/^ +\d+ ms +\d+ B {2}/, ''));
    }
    assert.deepEqual(lines.slice(1), expected);
  });
}

test('shown as text: NDJSON is a line a frame, and chunks that end inside a frame are told', async (t) => {
  const folder = await scratch(t);
  const content =
    '{"message":{"content":"a"},"done":false}\n{"message":{"content":"b"},"done":true}\n';
  const chunks = [
    [5, 10],
    [2, content.length - 10],
  ];
  await write(folder, 'a', { content, chunks, response: { body: 'a.ndjson' } });
  const lines: string[] = [];
  for await (const line of showExchange(await readExchange(join(folder, 'a.json')))) {
    lines.push(line);
  }
  assert.deepEqual(lines.slice(1), [
    '      7 ms     41 B  {"message":{"content":"a"},"done":false}  (chunks of 10 + 31 bytes)',
    '      7 ms     40 B  {"message":{"content":"b"},"done":true}',
  ]);
});
