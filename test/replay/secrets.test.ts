import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clues, cluesOf, findSecret } from '../../src/replay/secrets.ts';

const find = (value: unknown, clues: Clues = cluesOf({})) => findSecret(value, clues, 'request');

const keys = [
  'sk-abcdefgh12345678',
  'sk-proj-abc_def-123456',
  'sk-lm-AbCdEfGh:IjKlMnOpQrStUvWx',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'github_pat_11ABCDEFG0abcdefghijkl',
  'hf_abcdefghijklmnopqrstuvwxyz',
  'AKIAABCDEFGHIJKLMNOP',
  `AIza${'a'.repeat(35)}`,
  'xoxb-123456789012-abc',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abcdefghijklmno',
  'Bearer abcdefghijklmnopqr12',
  '-----BEGIN RSA PRIVATE KEY-----',
  '/v1/models?api_key=x',
];
for (const key of keys) {
  test(`${key.slice(0, 12)}… is found, and not shown`, () => {
    const found = find({ body: { messages: [{ content: `see: ${key} there` }] } });
    assert.match(
      String(found),
      /^request\.body\.messages\[0\]\.content holds what looks like a key$/,
    );
  });
}

test('ordinary words are no keys', () => {
  for (const text of [
    'risk-averse-investors',
    'task-management-tool',
    'a token of thanks',
    'Bearer of news',
    'the sky',
    '"logprobs":[]',
  ]) {
    assert.equal(find(text), undefined, text);
  }
});

test('the values of variables that are named like secrets, but not short ones or other names', () => {
  const env = {
    MY_API_KEY: 'correct-horse',
    GITHUB_TOKEN: 'abcdefgh',
    DB_PASSWORD: 'battery"staple',
    SHORT_KEY: 'abc',
    PWD: '/home/user',
    KEYBOARD: 'qwertyuiop',
    MONKEY: 'chimpanzee',
  };
  const known = cluesOf(env);
  const found = Object.entries(env).filter(([, value]) => find(value, known) !== undefined);
  assert.deepEqual(Object.fromEntries(found), {
    MY_API_KEY: 'correct-horse',
    GITHUB_TOKEN: 'abcdefgh',
    DB_PASSWORD: 'battery"staple',
  });
  assert.equal(
    find({ a: ['x', 'my correct-horse here'] }, known),
    'request.a[1] holds $MY_API_KEY',
  );
  assert.equal(find('{"a":"battery\\"staple"}', known), 'request holds $DB_PASSWORD');
  assert.equal(find({ 'correct-horse': 1 }, known), 'a name in request holds $MY_API_KEY');
  assert.equal(find('line\nline correct-horse', known), 'request, line 2, holds $MY_API_KEY');
});

test('8 characters in a row of what a request carried in its headers', () => {
  const headers = new Headers({
    authorization: 'Bearer 7f3c91e04b99',
    'x-api-key': 'short',
    'content-type': 'application/json',
  });
  const known = cluesOf({}, headers);
  assert.match(String(find('token f3c91e04...', known)), /a part of the request's authorization/);
  assert.equal(find('Bearer application/json short 7f3c91e', known), undefined);
});
