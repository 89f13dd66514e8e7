import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretFilter, withoutSecret } from '../../../src/agent/settings/secret.ts';

const key = 'sk-lm-1234567890:abcdefghij';

test('a key that comes in two deltas is shown in none of them, wherever it is cut', () => {
  for (let cut = 1; cut < key.length; cut++) {
    const filter = createSecretFilter(key);
    const shown = filter(`The key is ${key.slice(0, cut)}`) + filter(`${key.slice(cut)}.`);
    assert.equal(shown + filter('', true), 'The key is ***.', `cut at ${cut}`);
  }
});

test('a key that comes a character a delta is shown in none; the rest comes at once', () => {
  const filter = createSecretFilter(key);
  assert.equal(filter('Hello '), 'Hello ');
  const shown = [...`${key} and`].map((character) => filter(character)).join('');
  assert.equal(shown, '*** and');
});

test('what only begins like a key is shown in the end', () => {
  const filter = createSecretFilter(key);
  assert.equal(filter('sk-lm'), '');
  assert.equal(filter('', true), 'sk-lm');
});

test('without a key, or with a very short one, nothing is held back', () => {
  assert.equal(createSecretFilter('')('abc'), 'abc');
  assert.equal(createSecretFilter('abc')('ab'), 'ab');
});

test('of a key that a server repeats in part nothing is shown, either', () => {
  assert.equal(withoutSecret(`token ${key.slice(0, 12)}...`, key), 'token ***...');
  assert.equal(withoutSecret('token sk-lm', key), 'token sk-lm', 'too little to tell');
});
