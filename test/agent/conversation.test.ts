import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toChatMessages } from '../../src/agent/conversation.ts';
import { formatNote } from '../../src/agent/notes.ts';

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
    bot(formatNote('⚠️', 'Nothing listens.')),
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

test("what the model did not write is taken out of its replies: the host's phrase, notes, reasoning", () => {
  const text = `> 💭 **Thinking**\n>\n> hm\n\nHalf an answer\n\n${formatNote('⚠️', 'It broke.')} An error occurred during processing.`;
  assert.deepEqual(toChatMessages([user('a'), bot(text), user('b')], ''), [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'Half an answer' },
    { role: 'user', content: 'b' },
  ]);
  assert.deepEqual(
    toChatMessages([user('a'), bot('Half An error occurred during processing.'), user('b')], '')[1],
    { role: 'assistant', content: 'Half' },
  );
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
