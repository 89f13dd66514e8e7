import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServerOptions, readStreamOptions } from '../../../src/client/send/options.ts';
import { patientFetch } from '../../../src/client/send/patient-fetch.ts';
import type { PartialResult, ServerOptions } from '../../../src/client/types.ts';

const partial = () => assert.fail('nothing has come');

test('every option has a default', () => {
  const { server, ...settings } = readStreamOptions({}, partial);
  const { fail, base, ...known } = server;
  assert.deepEqual(settings, {
    timeouts: { firstToken: 1_800_000, idle: 300_000 },
    maxEventBytes: 33_554_432,
    maxResultBytes: 67_108_864,
    onChunk: undefined,
    startsInReasoning: undefined,
    resume: undefined,
  });
  assert.equal(base.href, 'http://127.0.0.1:1234/v1');
  assert.deepEqual(known, {
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      connection: 'close',
    },
    signal: undefined,
    fetch: patientFetch,
  });
  assert.equal(typeof fail, 'function');
});

test('what is given counts, 0 and false included', () => {
  const onChunk = () => {};
  const given = {
    timeouts: { firstToken: 0, idle: Infinity },
    maxEventBytes: 0,
    maxResultBytes: 7,
    onChunk,
    startsInReasoning: true,
    resume: true,
  };
  const { server, ...settings } = readStreamOptions(given, partial);
  assert.deepEqual(settings, given);
  assert.equal(
    readStreamOptions({ timeouts: { idle: 5 } }, partial).timeouts.firstToken,
    1_800_000,
  );
  assert.equal(readStreamOptions({ timeouts: { firstToken: 5 } }, partial).timeouts.idle, 300_000);
  const fetch = async () => new Response();
  const { signal } = new AbortController();
  const own = readServerOptions({ fetch, signal });
  assert.equal(own.fetch, fetch);
  assert.equal(own.signal, signal);
});

test('null is as good as nothing, as JSON has it', () => {
  const given: object = {
    baseURL: null,
    apiKey: null,
    headers: null,
    signal: null,
    fetch: null,
    timeouts: null,
    maxEventBytes: null,
    maxResultBytes: null,
    onChunk: null,
    startsInReasoning: null,
    resume: null,
  };
  const { server, ...settings } = readStreamOptions(given, partial);
  const { server: plainServer, ...plain } = readStreamOptions({}, partial);
  const nothing = { onChunk: null, startsInReasoning: null, resume: null };
  assert.deepEqual(settings, { ...plain, ...nothing });
  assert.deepEqual({ ...server, signal: undefined, fail: 0 }, { ...plainServer, fail: 0 });
});

test('over https the runtime may keep the connection, and the caller has the last word on it', () => {
  const connection = (options: ServerOptions) => readServerOptions(options).headers.connection;
  assert.equal(connection({ baseURL: 'http://h/v1', apiKey: 'k' }), 'close');
  assert.equal(connection({ baseURL: 'https://h/v1' }), undefined);
  assert.equal(connection({ baseURL: 'https://h/v1', apiKey: 'k' }), undefined);
  assert.equal(connection({ headers: { Connection: 'keep-alive' } }), 'keep-alive');
});

test('the caller’s base URL stays as it was, with its user', () => {
  const given = new URL('http://me:pass@h/v1');
  assert.equal(readServerOptions({ baseURL: given }).base.href, 'http://h/v1');
  assert.equal(given.href, 'http://me:pass@h/v1');
});

test('who asks: a key before the user in the URL, and the caller’s own header before both', () => {
  const authorization = (options: ServerOptions) =>
    readServerOptions({ baseURL: 'http://me:pass@h/v1', ...options }).headers.authorization;
  assert.equal(authorization({}), `Basic ${btoa('me:pass')}`);
  assert.equal(authorization({ apiKey: 'k' }), 'Bearer k');
  assert.equal(authorization({ apiKey: 'k', headers: { Authorization: 'Own' } }), 'Own');
  assert.equal(authorization({ baseURL: 'http://me@h/v1' }), `Basic ${btoa('me:')}`);
  assert.equal(authorization({ baseURL: 'http://:pass@h/v1' }), undefined);
});

/** What an error shows of these words. */
function shown(said: string, options: ServerOptions): string | undefined {
  const { fail } = readServerOptions(options);
  return fail({ kind: 'server', did: 'failed', said }).serverMessage;
}

for (const name of [
  'authorization',
  'Proxy-Authorization',
  'cookie',
  'x-csrf-token',
  'x-api-key',
  'client-secret',
  'x-password',
]) {
  test(`the header ${name} is a secret, by its name`, () => {
    assert.equal(
      shown('It is hunter-two-2.', { headers: { [name]: 'hunter-two-2' } }),
      'It is ***.',
    );
  });
}

for (const scheme of ['Basic', 'basic']) {
  test(`the password of a header '${scheme} …' is a secret in clear, too`, () => {
    const headers = { Authorization: `${scheme} ${btoa('me:hunter two-2')}` };
    assert.equal(
      shown('It is hunter two-2, or hunter%20two-2.', { headers }),
      'It is ***, or ***.',
    );
    assert.equal(shown(`It is ${btoa('me:hunter two-2')}.`, { headers }), 'It is ***.');
  });
}

test('a header `Basic` that holds no base64 is a secret itself', () => {
  assert.equal(
    shown('It is %%%-hunter.', { headers: { authorization: 'Basic %%%-hunter' } }),
    'It is ***.',
  );
});

for (const name of ['x-model', 'accept', 'user-agent', 'x-tenant', 'x-request-id']) {
  test(`the header ${name} is none, only because it is there`, () => {
    const said = 'It is hunter-two-2.';
    assert.equal(shown(said, { headers: { [name]: 'hunter-two-2' } }), said);
  });
}

const secrets: [what: string, options: ServerOptions, said: string, message: string][] = [
  ['a key', { apiKey: 'hunter-two-2' }, 'a hunter-two-2 b', 'a *** b'],
  [
    'a key, as it is written in a URL',
    { apiKey: 'hunter/two+2' },
    'a hunter%2Ftwo%2B2 b',
    'a *** b',
  ],
  ['a key that is no URL’s', { apiKey: 'hunter%two%2' }, 'a hunter%two%2 b', 'a *** b'],
  [
    'a password',
    { baseURL: 'http://me:hunter%402two@h' },
    'a hunter%402two hunter@2two b',
    'a *** *** b',
  ],
  [
    'what a user and a password make',
    { baseURL: 'http://me:hunter2@h' },
    `a ${btoa('me:hunter2')} b`,
    'a *** b',
  ],
  [
    'a header’s Bearer',
    { headers: { authorization: 'Bearer hunter-two-2' } },
    'a hunter-two-2 Bearer b',
    'a *** Bearer b',
  ],
  [
    'a header’s Basic',
    { headers: { authorization: 'Basic hunter-two-2' } },
    'a hunter-two-2 Basic b',
    'a *** Basic b',
  ],
  [
    'the query of the base URL',
    { baseURL: 'http://h/v1?a=hunter-two-2&b=other-key-3' },
    'a hunter-two-2 other-key-3 b',
    'a *** *** b',
  ],
  [
    'and not the user’s name',
    { baseURL: 'http://hunter-two-2:pass@h' },
    'a hunter-two-2 b',
    'a hunter-two-2 b',
  ],
];

for (const [what, options, said, message] of secrets) {
  test(`not shown: ${what}`, () => assert.equal(shown(said, options), message));
}

test('an error has what came before', () => {
  const come = { text: 'Hi' } as PartialResult;
  const { fail } = readServerOptions({}, () => come);
  assert.deepEqual(fail({ kind: 'server', did: 'failed' }).partial, { text: 'Hi' });
});

test('options and timeouts of a wrong type are named', () => {
  const given: [options: unknown, message: string][] = [
    [7, 'options must be'],
    [{ apiKey: 7 }, 'options.apiKey must be'],
    [{ timeouts: { idle: 'x' } }, 'options.timeouts.idle must be'],
  ];
  for (const [options, message] of given) {
    assert.throws(
      () => readStreamOptions(options as object, partial),
      (error) => error instanceof TypeError && error.message.startsWith(message),
    );
  }
});

for (const [name, value] of [
  ['startsInReasoning', 'yes'],
  ['maxResultBytes', -1],
  ['maxEventBytes', Number.NaN],
  ['onChunk', {}],
] as const) {
  test(`${name} of a wrong type is named`, () => {
    assert.throws(() => readStreamOptions({ [name]: value } as object, partial), {
      name: 'TypeError',
      message: new RegExp(`^options\\.${name} must be`),
    });
  });
}
