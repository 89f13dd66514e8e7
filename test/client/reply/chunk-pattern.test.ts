import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkPattern } from '../../../src/client/reply/chunk-pattern.ts';
import { type ChatReply, streamChat } from '../../../src/index.ts';
import { chunk, fakeServer, frames } from '../streams.ts';

const text = (word: string) => ({ channel: 'text', text: word }) as const;

/** The JSON of a chunk with this word. */
const written = (word: string): string => JSON.stringify(chunk({ content: word }));

/** A pattern that has learned from chunks with these words. */
function learned(...words: string[]): ChunkPattern {
  const pattern = new ChunkPattern();
  for (const word of words) pattern.learn(written(word), text(word));
  return pattern;
}

test('two chunks that differ in their word alone show where it is', () => {
  const pattern = learned('The', ' quick');
  assert.deepEqual(pattern.match(written(' fox')), text(' fox'));
  assert.deepEqual(pattern.match(written('The')), text('The'));
});

test('nothing matches before that: a word that comes twice shows nothing', () => {
  assert.equal(new ChunkPattern().match(written('The')), undefined);
  assert.equal(new ChunkPattern().match(''), undefined);
  assert.equal(learned('The').match(written(' fox')), undefined);
  assert.equal(learned('The', 'The').match(written(' fox')), undefined);
  assert.deepEqual(learned('The', 'The', 'fox').match(written(' dog')), text(' dog'));
});

test('a word is what its JSON says, with escapes and at any length', () => {
  const pattern = learned('\n', '"é"');
  for (const word of ['\n', '\\', '"', '\u0001', '🙂', '\ud83d', 'x'.repeat(50_000)]) {
    assert.deepEqual(pattern.match(written(word)), text(word));
  }
  const escaped = written('-').replace('-', '\\u00e9\\/');
  assert.deepEqual(pattern.match(escaped), text('é/'));
});

test('a word is given out on the channel of the chunk that showed its place', () => {
  const pattern = new ChunkPattern();
  const reasoned = (word: string) =>
    JSON.stringify(chunk({ reasoning_content: word, content: '' }));
  for (const word of ['Let', ' me']) {
    pattern.learn(reasoned(word), { channel: 'reasoning', text: word });
  }
  assert.deepEqual(pattern.match(reasoned(' see')), { channel: 'reasoning', text: ' see' });
});

test('what differs before the word or behind it does not match, nor what is shorter', () => {
  const pattern = learned('The', ' quick');
  const [before = '', after = ''] = written('|').split('|');
  for (const data of [
    written('x').replace('tiny', 'huge'),
    written('x').replace('null', '"stop"'),
    written('x').replace('null', '1234'),
    `${written('x')} `,
    ` ${written('x')}`,
    before + after,
    before,
    after,
    before.slice(0, -1) + after.slice(1),
    '',
  ]) {
    assert.equal(pattern.match(data), undefined, data);
  }
});

test('what is no string in the place of the word does not match', () => {
  const pattern = learned('The', ' quick');
  for (const json of ['""', 'null', '1', '["a"]', '"a","content":"b"', '"a\tb"', '"\\x"', '"a']) {
    assert.equal(pattern.match(written('-').replace('"-"', json)), undefined, json);
  }
});

test('a chunk that says something else makes it forget what it learned', () => {
  const pattern = learned('The', ' quick');
  pattern.learn(written(''), undefined);
  assert.equal(pattern.match(written(' fox')), undefined);
  pattern.learn(written('The'), text('The'));
  assert.equal(pattern.match(written(' fox')), undefined);
  pattern.learn(written(' quick'), text(' quick'));
  assert.deepEqual(pattern.match(written(' fox')), text(' fox'));
});

test('a chunk of another form begins another pattern', () => {
  const pattern = learned('The', ' quick');
  const later = (word: string) => written(word).replace('tiny', 'huge');
  pattern.learn(later('a'), text('a'));
  assert.equal(pattern.match(later('b')), undefined);
  pattern.learn(later('b'), text('b'));
  assert.deepEqual(pattern.match(later('c')), text('c'));
  assert.equal(pattern.match(written('c')), undefined);
});

test('a word that is in the chunk for another reason, too, is looked for in a field for words', () => {
  assert.deepEqual(learned('tiny', 'big').match(written('fox')), text('fox'));
  const pattern = new ChunkPattern();
  for (const word of ['a', 'b']) pattern.learn(JSON.stringify({ word }), text(word));
  assert.equal(pattern.match(JSON.stringify({ word: 'c' })), undefined);
});

test('JSON with spaces is known, too', () => {
  const spaced = (word: string) => `{"model": "tiny", "content": ${JSON.stringify(word)}}`;
  const pattern = new ChunkPattern();
  for (const word of ['a', 'b']) pattern.learn(spaced(word), text(word));
  assert.deepEqual(pattern.match(spaced('c')), text('c'));
});

test('a word that is in the chunk twice is not taken for another field', () => {
  const twice = (content: string, other: string) => JSON.stringify({ content, other });
  const pattern = new ChunkPattern();
  pattern.learn(twice('a', 'a'), text('a'));
  pattern.learn(twice('a', 'b'), text('a'));
  assert.equal(pattern.match(twice('a', 'c')), undefined);
  // One that differs in both is a form of its own each time.
  pattern.learn(twice('c', 'c'), text('c'));
  pattern.learn(twice('d', 'd'), text('d'));
  assert.equal(pattern.match(twice('e', 'e')), undefined);
});

const words = ['The', ' quick', '\n', ' "fox"', 'é', '🙂', '<think>', '</think>', 'x'.repeat(40)];
const others: unknown[] = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'Hm', content: 'a' }),
  chunk({
    content: [
      { type: 'text', text: 'b' },
      { type: 'text', text: 'c' },
    ],
  }),
  { ...chunk({ content: 'd' }), usage: { completion_tokens: 9 } },
  { ...chunk({ content: 'e' }), prompt_progress: { processed: 1, total: 2 } },
  chunk({ content: 'f' }, 'length'),
  chunk({ content: 'g', tool_calls: [{ index: 0, id: 'i', function: { name: 'n' } }] }),
  { choices: [{ index: 1, delta: { content: 'other' } }] },
  { choices: [{ index: 0, message: { content: 'whole' } }] },
  { ...chunk({ content: 'h' }), model: 'another' },
  ': keepalive',
  '[1]',
];

test('a reply is the same whether its chunks are parsed or matched', async () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const makers = [
    (word: string) => chunk({ content: word }),
    (word: string) => chunk({ reasoning: word }),
    (word: string) => ({ ...chunk({ role: 'assistant', content: word }), model: 'b' }),
    (word: string) => ({ choices: [{ delta: { content: word }, finish_reason: 'stop' }] }),
    (word: string) => ({ choices: [{ message: { content: word } }] }),
  ];
  for (let nth = 0; nth < 400; nth++) {
    const chunks: unknown[] = [];
    while (chunks.length < 30) {
      const make = makers[random(makers.length)];
      for (let run = random(8); run >= 0; run--)
        chunks.push(make?.(words[random(words.length)] ?? ''));
      if (random(3) === 0) chunks.push(others[random(others.length)]);
    }
    await checkMatching(frames(...chunks, chunk({}, 'stop'), '[DONE]'));
  }
});

/** In each of these a text that varies is not the word, but decides which one it is. */
const selectors: Record<string, [frame: (text: string) => string, texts: string[]]> = {
  'the type of a part': [
    (text) => `{"content":[{"thinking":"thinking","text":"x","type":"${text}"}]}`,
    ['thinking', 'x', 'y'],
  ],
  'a name, beside one that is written otherwise': [
    (text) => `{"reasoning":"x","${text}":"reasoning_c\\u006fntent"}`,
    ['reasoning_content', 'x', 'y'],
  ],
  'a name that comes twice': [
    (text) => `{"reasoning_content":"b","reasoning":"reasoning_content","${text}":""}`,
    ['reasoning_content', 'b', 'c'],
  ],
  'what is between two texts': [
    (text) => `{"content":":0},{"},"k"${text}"delta":{"content":":0,"}`,
    [':0},{', ':0,', ':1,'],
  ],
  'what is between two texts, and then is no JSON': [
    (text) => `{"content":":0},{"},"k"${text}"delta":{"content":":0,"}`,
    [':0},{', ':0,', 'zzz'],
  ],
  'the same name twice': [(text) => `{"content":"a","content":"${text}"}`, ['a', 'b', 'c']],
};

for (const [what, [frame, texts]] of Object.entries(selectors)) {
  test(`${what}: the reply is the same, parsed or matched`, async () => {
    const chunks = texts.map((text) => `{"choices":[{"delta":${frame(text)}}]}`);
    await checkMatching(frames(...chunks, '[DONE]'));
  });
}

/** Checks that a body gives the same whether its chunks are parsed, as for a program that sees them, or matched. */
async function checkMatching(body: string): Promise<void> {
  const { fetch } = fakeServer([body]);
  const parsed = streamChat({ messages: [] }, { fetch, onChunk() {} });
  const matched = streamChat({ messages: [] }, { fetch });
  assert.deepEqual(await readAll(matched), await readAll(parsed));
}

/** The events of a reply, without the times, and what it failed with. */
async function readAll(reply: ChatReply): Promise<unknown[]> {
  const all: unknown[] = [];
  try {
    for await (const event of reply.events()) {
      all.push(event.type === 'finish' ? { ...event.result, timing: undefined } : event);
    }
  } catch (error) {
    all.push(String(error));
  }
  return all;
}
