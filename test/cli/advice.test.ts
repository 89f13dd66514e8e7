import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExplain, type Details, LANGUAGES, shownURL } from '../../src/advice/index.ts';
import { rows } from '../../src/advice/rows.ts';

const voice = {
  baseURL: 'ADDRESS',
  askAgain: 'AGAIN.',
  chooseModel: 'CHOOSE.',
  setToken: 'TOKEN.',
  truster: 'TRUSTER',
};

const details: Details = {
  url: 'https://here:8/v1',
  model: 'tiny',
  patience: '30 min',
  message: 'more than 3 bytes',
  status: 500,
  hasKey: false,
};

test('every row is whole sentences, in its own language, with everything known and with nothing known', () => {
  for (const known of [details, { ...details, model: undefined, status: undefined }]) {
    for (const cause of Object.keys(rows)) {
      const [english, chinese] = LANGUAGES.map((language) =>
        Object.values(createExplain(language, voice)({ reason: cause }, known)),
      );
      for (const sentence of english ?? []) {
        assert.match(sentence, /^\S.*\.$/, cause);
        assert.doesNotMatch(sentence, /[\u3000-\u9fff]|undefined| {2}/, cause);
      }
      for (const sentence of chinese ?? []) {
        assert.match(sentence, /[。.]$/, cause);
        assert.doesNotMatch(sentence, /undefined| {2}/, cause);
        if (sentence !== 'AGAIN.') assert.match(sentence, /[\u4e00-\u9fff]|^[A-Z]+\.$/, cause);
      }
      assert.equal(chinese?.length, 2, cause);
    }
  }
});

test('the reason explains before the kind; what no row knows is explained by the kind, or as unexpected', () => {
  const explain = createExplain('en', voice);
  const happened = (failure: { reason?: string; kind?: string }) =>
    explain(failure, details).happened;
  assert.equal(happened({ reason: 'no-model', kind: 'http' }), 'No model is loaded.');
  assert.equal(
    happened({ reason: 'of-a-later-version', kind: 'http' }),
    'The server refused the question (status 500).',
  );
  assert.equal(happened({ kind: 'toString' }), 'Unexpected error: more than 3 bytes.');
  assert.equal(happened({}), 'Unexpected error: more than 3 bytes.');
});

test('a token that is missing is not a token that is wrong', () => {
  const token = (hasKey: boolean, status: number | undefined) =>
    createExplain('en', voice)({ reason: 'token' }, { ...details, hasKey, status }).happened;
  assert.equal(token(false, 401), 'The server requires an API token (401).');
  assert.equal(token(true, undefined), 'The server rejected the API token.');
});

test('the address to use is written out for a server that does not support https', () => {
  const { advice } = createExplain('en', voice)({ reason: 'tls-plain-http' }, details);
  assert.equal(advice, 'Change ADDRESS to `http://here:8/v1`.');
});

test('an address is shown without what may be secret in it', () => {
  assert.equal(shownURL(new URL('http://me:geheim@here:8/v1/?key=geheim#x')), 'http://here:8/v1');
  assert.equal(shownURL(new URL('http://here')), 'http://here');
});
