import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLayout, formatNote } from '../../../src/agent/page/layout.ts';
import { toChatMessages } from '../../../src/agent/thread/conversation.ts';

const user = (text: string, more = {}) => ({ id: 'msg_1', sender: 'user', text, ...more });
const bot = (text: string, more = {}) => ({ id: 'msg_2', sender: 'bot', text, ...more });
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
    bot(formatNote('⚠️', ['Nothing listens.'])),
    user('b'),
  ];
  assert.deepEqual(toChatMessages(messages, ''), [{ role: 'user', content: 'b' }]);
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

/** A reply as the agent lays it out. */
function layOut(write: (layout: ReturnType<typeof createLayout>) => void): string {
  let text = '';
  const page = {
    write(piece: string) {
      text += piece;
    },
    rewrite: async () => {},
  };
  write(createLayout(page, 'Reasoning'));
  return text;
}

/** What of a reply goes back to the model. */
const goesBack = (text: string, meta = {}) =>
  toChatMessages([user('a'), bot(text, { meta }), user('b')], '')[1]?.content;

test('what the model did not write is taken out of its replies: reasoning, notes, a fence that was closed', () => {
  const text = layOut(({ reasoning, text, note }) => {
    reasoning('hm\n\nyes');
    text('Half:\n```js\nlet a');
    note('⚠️', ['It broke.', 'Press 重试.']);
    note('ℹ️', ['And more.']);
  });
  assert.match(text, /let a\n```\n\n> .*It broke\.\n>\n> Press/);
  assert.equal(goesBack(text), 'Half:\n```js\nlet a');
});

test('reasoning stays in its block and out of the prompt, whatever ends its lines', () => {
  for (const end of ['\n', '\r', '\r\n', '\u2028', '\u2029', '\n\n', '\u0085', '\f']) {
    const text = layOut(({ reasoning, text }) => {
      reasoning(`one${end}two`);
      reasoning(end);
      reasoning('three');
      text('Answer');
    });
    assert.equal(goesBack(text), 'Answer', JSON.stringify(end));
    const lines = text.split(/[\n\r\u2028\u2029]/);
    const inside = lines.slice(0, lines.indexOf(''));
    assert.ok(
      inside.every((line) => line.startsWith('>')),
      JSON.stringify(text),
    );
  }
});

const note = formatNote('⚠️', ['No server is running.', 'Start it.']);
for (const [name, answer] of [
  ['a thought in a quotation', '> 💭 *I wonder…*\n\nand so on'],
  ['a heading like that of the reasoning', '> 💭 **Reasoning**\n>\n> is how it looks'],
  ['a tag', '<thinking> is a tag'],
  ['<think> that is not closed', '<think> opens it'],
  ["one of the agent's notes, as it is shown", note.replace(/[\u{E0000}-\u{E007F}]/gu, '')],
  ["the host's own sentence", 'The panel says: An error occurred during processing.'],
  ['a code fence at the end', '```js\nlet a\n```'],
] as const) {
  test(`an answer goes back whole: ${name}`, () => {
    const text = layOut((layout) => {
      for (const piece of answer.match(/[\s\S]{1,3}/g) ?? []) layout.text(piece);
    });
    assert.equal(goesBack(text), answer);
    const noted = layOut((layout) => {
      layout.text(answer);
      layout.note('ℹ️', ['Cut off.']);
    });
    assert.equal(goesBack(noted), answer);
  });
}

test('a note that the model repeats with its marks is its own text', () => {
  const text = layOut((layout) => layout.text(`You asked about:\n\n${note}`));
  assert.match(String(goesBack(text)), /No server is running/);
});

test('what was edited is known all the same', () => {
  const text = layOut(({ reasoning, text, note }) => {
    reasoning('one');
    text('Answer');
    note('ℹ️', ['Cut off.']);
  });
  assert.equal(goesBack(text.replace('one', 'one\ntwo\n\nthree')), 'Answer');
  assert.equal(goesBack(`Mine.\n\n${text.replace('Cut off.', 'Whatever.')}`), 'Mine.\n\nAnswer');
  assert.equal(goesBack(text.replace('one', '')), 'Answer');
  const withoutEnd = text.replace(/\u{E0001}\u{E0029}/u, '');
  assert.equal(
    goesBack(withoutEnd),
    'Answer',
    'the first end is lost: an empty line ends the block',
  );
});

test('reasoning that was stopped is taken out, too', () => {
  const text = layOut(({ reasoning }) => reasoning('one\n\ntwo'));
  assert.deepEqual(toChatMessages([user('a'), bot(text), user('b')], ''), [
    { role: 'user', content: 'a\n\nb' },
  ]);
});

test("the host's sentence is taken off only where the host has added it", () => {
  const text = 'Half An error occurred during processing.';
  assert.equal(goesBack(text, { panelClosed: true }), 'Half');
  assert.equal(goesBack(text), text);
});

test('a question that failed is not sent in front of the next one; one that was stopped is', () => {
  const failed = (n: number) => [
    user(`failed ${n}`),
    bot(formatNote('⚠️', ['It failed.']), { meta: { error: { kind: 'connection' } } }),
  ];
  const eight = [1, 2, 3, 4, 5, 6, 7, 8].flatMap(failed);
  assert.deepEqual(toChatMessages([...eight, user('now')], ''), [{ role: 'user', content: 'now' }]);
  const hostError = bot('An unexpected error occurred', { id: 'error_1' });
  assert.deepEqual(toChatMessages([user('a'), hostError, user('b')], ''), [
    { role: 'user', content: 'b' },
  ]);
  const stopped = bot('', { meta: { verdict: 'stopped' } });
  assert.deepEqual(toChatMessages([user('a'), stopped, user('b')], ''), [
    { role: 'user', content: 'a\n\nb' },
  ]);
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
