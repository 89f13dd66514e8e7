import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNote, type Span } from '../../../src/agent/page/added.ts';
import { Layout } from '../../../src/agent/page/layout.ts';
import { Thought } from '../../../src/agent/page/thought.ts';
import { phrasesIn } from '../../../src/agent/say/phrases.ts';
import { toChatMessages } from '../../../src/agent/thread/conversation.ts';
import { shareThatFits } from '../../../src/agent/thread/left-out.ts';

const user = (text: string, more = {}) => ({ id: 'msg_1', sender: 'user', text, ...more });
const bot = (text: string, more = {}) => ({ id: 'msg_2', sender: 'bot', text, ...more });
/** A reply that is a note and nothing else. */
const noteReply = (words: string, meta: object = {}) => {
  const text = formatNote('⚠️', [words]);
  return bot(text, { meta: { ...meta, added: [[0, text.length]] } });
};
const marker = { id: 'marker_1', type: 'marker', timestamp: 1 };

test('the conversation starts after the last marker', () => {
  assert.deepEqual(toChatMessages([user('a'), marker, user('b'), marker, user('c')], ''), [
    { role: 'user', content: 'c' },
  ]);
});

test('errors, empty and virtual messages, and those of nobody are left out', () => {
  const messages = [
    user('a'),
    bot('An unexpected error occurred while processing your task.', { id: 'error_5' }),
    bot('   '),
    bot('virtual', { isVirtual: true }),
    bot('virtual too', { meta: { isVirtual: true } }),
    { id: 'msg_9', text: 'nobody' },
    noteReply('Nothing listens.'),
    user('b'),
  ];
  assert.deepEqual(toChatMessages(messages, ''), [{ role: 'user', content: 'a\n\nb' }]);
});

test('roles alternate, the user first, behind one system message', () => {
  const messages = [bot('Welcome!'), user('a'), user('b'), bot('c'), bot('d'), user('e')];
  assert.deepEqual(toChatMessages(messages, 'Be brief.'), [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'a\n\nb' },
    { role: 'assistant', content: 'c\n\nd' },
    { role: 'user', content: 'e' },
  ]);
});

/** What a server may send, as it comes: reasoning or answer; or a note of the agent's. */
type Piece = { reasoning: string } | { text: string } | { note: string[] };

/** A reply as the agent lays it out, with its meta. */
function layOut(...pieces: Piece[]): { text: string; added: Span[] } {
  let text = '';
  const layout = new Layout({
    write(piece) {
      text += piece;
    },
    rewrite: async () => {},
  });
  const thought = new Thought(true, phrasesIn('en'), { now: () => 0, after: () => () => {} });
  const endThought = () => {
    const block = thought.end();
    if (block) layout.add(block);
  };
  for (const piece of pieces) {
    if ('reasoning' in piece) thought.push(piece.reasoning);
    else {
      endThought();
      if ('text' in piece) layout.text(piece.text);
      else layout.add(formatNote('ℹ️', piece.note));
    }
  }
  endThought();
  return { text, added: layout.added };
}

/** What of a reply goes back to the model. */
const goesBack = (text: string, meta = {}) =>
  toChatMessages([user('a'), bot(text, { meta }), user('b')], '')[1]?.content;

test('what the model did not write is taken out of its replies: reasoning, notes, a fence that was closed', () => {
  const { text, added } = layOut(
    { reasoning: 'hm\n\nyes' },
    { text: 'Half:\n```js\nlet a' },
    { note: ['It broke.', 'Press 重试.'] },
    { note: ['And more.'] },
  );
  assert.match(text, /let a\n```\n\n> .*It broke\.\n>\n> Press/);
  assert.equal(goesBack(text, { added }), 'Half:\n```js\nlet a');
});

const note = formatNote('⚠️', ['No server is running.', 'Start it.']);
for (const [name, answer] of [
  ['a thought in a quotation', '> 💭 *I wonder…*\n\nand so on'],
  ['a heading like that of the reasoning', '> 💭 **Thought for 1 s**\n>\n> is how it looks'],
  ['a tag', '<thinking> is a tag'],
  ['<think> that is not closed', '<think> opens it'],
  ["one of the agent's notes, as it is shown", `You asked about:\n\n${note}`],
  ["the host's own sentence", 'The panel says: An error occurred during processing.'],
  ['a code fence at the end', '```js\nlet a\n```'],
] as const) {
  test(`an answer goes back whole: ${name}`, () => {
    const pieces = (answer.match(/[\s\S]{1,3}/g) ?? []).map((text) => ({ text }));
    const plain = layOut(...pieces);
    assert.equal(goesBack(plain.text, { added: plain.added }), answer);
    const noted = layOut({ reasoning: 'Hm.' }, ...pieces, { note: ['Cut off.'] });
    assert.equal(goesBack(noted.text, { added: noted.added }), answer);
  });
}

/** A small generator of numbers from 0 to below `n`, the same for the same seed. */
function createRandom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** What could be taken for something of the agent's, whole or in halves. */
const TEXTS = [
  'word ',
  '\n',
  '\n\n',
  '```',
  '~~~js\n',
  '>',
  '> ',
  '> 💭 **Thought for 1 s**\n>\n> x',
  note,
  '\udb40',
  '\udc01',
  '\u{E0001}',
  '\u{E0001}\u{E0028}',
  '\u{E0001}\u{E0029}',
  '- ',
  '    ',
  'SECRET THOUGHT',
];

test('for any text from a server: what was shown as answer is what the next prompt holds, and no reasoning is in it', () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const random = createRandom(seed);
    const pieces: Piece[] = [];
    for (let i = random(12); i >= 0; i--) {
      const kind = random(5);
      if (kind === 0) pieces.push({ note: [TEXTS[random(TEXTS.length)] ?? ''] });
      else if (kind === 1) pieces.push({ reasoning: `SECRET ${TEXTS[random(TEXTS.length)]}` });
      else pieces.push({ text: TEXTS[random(TEXTS.length - 1)] ?? '' });
    }
    const answer = pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
    const { text, added } = layOut(...pieces);
    assert.equal(goesBack(text, { added }) ?? '', answer.trim(), `${seed}`);
    // The reply was stopped there.
    const part = goesBack(text.slice(0, random(text.length)), { added }) ?? '';
    assert.ok(answer.trim().startsWith(String(part)), `${seed}: ${part}`);
  }
});

test('what was edited is known all the same', () => {
  const { text, added } = layOut({ reasoning: 'one' }, { text: 'Answer' }, { note: ['Cut off.'] });
  assert.equal(goesBack(text.replace('one', 'one\n> two\n> three'), { added }), 'Answer');
  assert.equal(
    goesBack(`Mine.\n\n${text.replace('Cut off.', 'Whatever.')}`, { added }),
    'Mine.\n\nAnswer',
  );
  assert.equal(goesBack(text.replace('one', ''), { added }), 'Answer');
  assert.equal(goesBack(text.replace('Answer', 'Another answer'), { added }), 'Another answer');
  assert.equal(
    goesBack(text.replace('one', 'one\n\nMine.'), { added }),
    'Mine.\n\nAnswer',
    'what is shown outside of the quotation is no reasoning any more',
  );
});

test('reasoning that was shortened takes nothing of the answer with it', () => {
  const { text, added } = layOut({ reasoning: 'one two' }, { text: '> said\n\nAnswer' });
  assert.equal(goesBack(text.replace('one two', 'one'), { added }), '> said\n\nAnswer');
});

test('reasoning that was stopped is taken out, too', () => {
  const { text, added } = layOut({ reasoning: 'one\n\ntwo' });
  assert.deepEqual(toChatMessages([user('a'), bot(text, { meta: { added } }), user('b')], ''), [
    { role: 'user', content: 'a\n\nb' },
  ]);
});

test("the host's sentence is taken off only where the host has added it", () => {
  const text = 'Half An error occurred during processing.';
  assert.equal(goesBack(text, { panelClosed: true }), 'Half');
  assert.equal(goesBack(text), text);
});

test('a question without an answer goes with the next one; of several that failed, the last', () => {
  const failed = (n: number) => [
    user(`failed ${n}`),
    noteReply('It failed.', { error: { kind: 'connection' } }),
  ];
  const eight = [1, 2, 3, 4, 5, 6, 7, 8].flatMap(failed);
  assert.deepEqual(toChatMessages([...eight, user('now')], ''), [
    { role: 'user', content: 'failed 8\n\nnow' },
  ]);
  for (const reply of [
    bot('An unexpected error occurred', { id: 'error_1' }),
    bot('', { meta: { verdict: 'stopped' } }),
    noteReply('Only thought.', { verdict: 'length' }),
    noteReply('A tool call.', { verdict: 'tool_calls' }),
  ]) {
    assert.deepEqual(toChatMessages([user('a'), reply, user('b')], ''), [
      { role: 'user', content: 'a\n\nb' },
    ]);
    assert.deepEqual(
      toChatMessages([user('a'), reply, user(' a')], ''),
      [{ role: 'user', content: 'a' }],
      'asked again in the same words',
    );
  }
});

test('what would make every later request fail, too, is left out', () => {
  for (const meta of [
    { error: { reason: 'context' } },
    { error: { reason: 'image' } },
    { verdict: 'content_filter' },
  ]) {
    const messages = [user('a'), noteReply('Refused.', meta), user('b')];
    assert.deepEqual(toChatMessages(messages, ''), [{ role: 'user', content: 'b' }]);
  }
});

test('an answer that was asked for again takes the place of the part before it', () => {
  const messages = [
    user('a'),
    bot('Half an ans', { meta: { error: { reason: 'crashed' } } }),
    bot('A whole answer.', { meta: { again: true } }),
    user('b'),
  ];
  assert.deepEqual(
    toChatMessages(messages, '').map(({ content }) => content),
    ['a', 'A whole answer.', 'b'],
  );
  const inVain = messages.with(2, noteReply('It failed.', { again: true }));
  assert.deepEqual(
    toChatMessages(inVain, '').map(({ content }) => content),
    ['a', 'Half an ans', 'b'],
  );
});

test('5,000 empty replies cost milliseconds', () => {
  const messages = Array.from({ length: 5000 }, (_, i) => [user(`q${i}`), bot('')]).flat();
  const before = process.cpuUsage();
  toChatMessages([...messages, user('now')], '');
  const { user: cpu } = process.cpuUsage(before);
  assert.ok(cpu < 1e6, `${cpu / 1000} ms`);
});

test("the user's own words are never touched", () => {
  const text = '> 💭 what is this?\n\n<think> An error occurred during processing.';
  assert.deepEqual(toChatMessages([user(text)], ''), [{ role: 'user', content: text }]);
});

test('an image makes a list of parts; without one the content is a plain string', () => {
  const url = 'data:image/png;base64,AA==';
  assert.deepEqual(toChatMessages([user('', { images: [url] }), user('What is it?')], ''), [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url } },
        { type: 'text', text: 'What is it?' },
      ],
    },
  ]);
});

test('a thread that is damaged is read as far as it goes', () => {
  const damaged = JSON.parse(
    '[null, 7, {"sender":"user"}, {"sender":"user","text":5}, {"sender":"user","text":"a"}]',
  );
  assert.deepEqual(toChatMessages(damaged, ''), [{ role: 'user', content: 'a' }]);
});

for (const [words, share] of [
  ['request (6000 tokens) exceeds the available context size (4096 tokens)', 0.41],
  [
    'Trying to keep the first 6000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    0.41,
  ],
  ["This model's maximum context length is 4096 tokens. However, you requested 6000 tokens", 0.41],
  ['the prompt is too long', 0.5],
] as const) {
  test(`how much of a conversation fits: ${words.slice(0, 40)}`, () =>
    assert.equal(Number(shareThatFits(words).toFixed(2)), share));
}
