import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { ChatError, type ErrorReason, isChatError } from '../../../src/client/errors/errors.ts';
import {
  createFail,
  type Failure,
  type FailureContext,
} from '../../../src/client/errors/failures.ts';
import type { PartialResult } from '../../../src/client/types.ts';

const SECRET = 'sk-lm-9f8e7d6c5b4a39281706';

/** The error that is made of a failure; at `http://here:8/v1`, whose secret is {@link SECRET}, unless told otherwise. */
function fail(failure: Partial<Failure>, context: Partial<FailureContext> = {}): ChatError {
  const make = createFail({
    base: new URL('http://here:8/v1'),
    secrets: () => [SECRET],
    ...context,
  });
  return make({ kind: 'server', did: 'failed', ...failure });
}

const messages: [what: string, failure: Partial<Failure>, message: string][] = [
  ['no words', {}, 'http://here:8/v1 failed'],
  ['the server’s words', { said: { error: { message: 'No.' } } }, 'http://here:8/v1 failed: No.'],
  ['the words of a connection', { cause: new Error('gone') }, 'http://here:8/v1 failed: gone'],
  ['both: the server’s', { said: 'No.', cause: new Error('gone') }, 'http://here:8/v1 failed: No.'],
  [
    'a server that says nothing',
    { said: '', cause: new Error('gone') },
    'http://here:8/v1 failed: gone',
  ],
  ['words on several lines', { said: 'a\n\nb' }, 'http://here:8/v1 failed: a b'],
  [
    'long words',
    { said: `${'a'.repeat(300)}${'b'.repeat(300)}` },
    `http://here:8/v1 failed: ${'a'.repeat(200)} … ${'b'.repeat(200)}`,
  ],
  [
    'words with a secret',
    { said: `The key ${SECRET} is wrong` },
    'http://here:8/v1 failed: The key *** is wrong',
  ],
];

for (const [what, failure, message] of messages) {
  test(`the message of ${what}`, () => assert.equal(fail(failure).message, message));
}

test('an error has what is known, and `undefined` for the rest', () => {
  const { kind, reason, hint, status, serverMessage, code, partial, cause } = fail({
    kind: 'protocol',
  });
  assert.equal(kind, 'protocol');
  for (const field of [reason, hint, status, serverMessage, code, partial, cause]) {
    assert.equal(field, undefined);
  }
});

test('it is a ChatError, of this build or of another', () => {
  const error = fail({});
  assert.ok(error instanceof ChatError);
  assert.equal(error.name, 'ChatError');
  assert.ok(isChatError(error));
  assert.ok(isChatError(Object.assign(new Error('x'), { name: 'ChatError', kind: 'server' })));
  assert.ok(!isChatError(Object.assign(new Error('x'), { name: 'ChatError' })));
  assert.ok(!isChatError(Object.assign(new Error('x'), { kind: 'server' })));
  assert.ok(!isChatError({ name: 'ChatError', kind: 'server' }));
  assert.ok(!isChatError(undefined));
});

test('long words are shown in part, and kept whole', () => {
  const said = 'x'.repeat(1000);
  assert.equal(fail({ said }).serverMessage, said);
});

test('the query of the base URL is not shown, and a secret in its path is blanked', () => {
  const base = new URL(`https://here/${SECRET}/v1?key=other#there`);
  assert.equal(fail({}, { base }).message, 'https://here/***/v1 failed');
});

const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' });

const reasons: [
  what: string,
  failure: Partial<Failure>,
  reason: ErrorReason | undefined,
  code?: string | number,
][] = [
  ['a connection, by its code', { cause: reset }, 'reset', 'ECONNRESET'],
  ['a server, by its words', { said: 'No models loaded' }, 'no-model'],
  [
    'a server, by its code',
    { said: { error: { message: 'No.', code: 'model_not_found' } } },
    'model-not-found',
    'model_not_found',
  ],
  [
    'a server, by its type',
    { said: { error: { message: 'No.', code: 7, type: 'exceed_context_size_error' } } },
    'context',
    7,
  ],
  ['a server, by its status', { status: 401, said: '' }, 'token'],
  [
    'a server, by the status that it gives as a code, under 200',
    { said: { error: { message: 'No.', code: 429 } } },
    'busy',
    429,
  ],
  [
    'a server, by its own status rather than its code',
    { status: 400, said: { error: { message: 'No.', code: 429 } } },
    undefined,
    429,
  ],
  [
    'a server’s words rather than the connection’s',
    { said: 'No models loaded', cause: reset },
    'no-model',
    'ECONNRESET',
  ],
  [
    'words of a server that would be a connection’s',
    { said: 'Connection refused: ECONNREFUSED' },
    undefined,
  ],
  [
    'words of a connection that would be a server’s',
    { cause: new Error('No models loaded') },
    undefined,
  ],
  [
    'a status, though the connection failed too',
    { status: 500, cause: reset },
    undefined,
    'ECONNRESET',
  ],
  [
    'a reason that is known already',
    { reason: 'idle', said: 'No models loaded', cause: reset },
    'idle',
    'ECONNRESET',
  ],
];

for (const [what, failure, reason, code] of reasons) {
  test(`the reason of ${what}: ${reason}`, () => {
    const error = fail(failure);
    assert.equal(error.reason, reason);
    assert.equal(error.code, code);
  });
}

test('the runtime’s own limit is a timeout, whatever it looked like', () => {
  for (const kind of ['connection', 'interrupted'] as const) {
    const cause = Object.assign(new Error('Body Timeout Error'), { code: 'UND_ERR_BODY_TIMEOUT' });
    assert.deepEqual(
      [fail({ kind, cause }).kind, fail({ kind, cause }).reason],
      ['timeout', 'runtime-limit'],
    );
  }
});

test('a hint that is known already comes with its reason alone', () => {
  assert.equal(fail({ reason: 'base-url', hint: 'Do.' }).hint, 'Do.');
  assert.equal(fail({ reason: 'base-url', said: 'No models loaded' }).hint, undefined);
  assert.equal(fail({ said: 'No models loaded' }).hint, 'Load a model. LM Studio: `lms load`');
});

const partial = {
  text: `Your key is ${SECRET}`,
  reasoning: SECRET,
  toolCalls: [{ id: SECRET, name: 'f', arguments: `{"key":"${SECRET}"}`, complete: false }],
  finishReason: undefined,
  usage: { total_tokens: 7 },
  model: SECRET,
  timing: { totalMs: 1 },
  verdict: undefined,
} satisfies PartialResult;

test('what came from outside is shown without secrets', () => {
  const said = { error: { message: `No ${SECRET}`, code: SECRET } };
  const error = fail({ said }, { partial: () => partial });
  assert.equal(error.serverMessage, 'No ***');
  assert.equal(error.code, '***');
  assert.deepEqual(error.partial, {
    text: 'Your key is ***',
    reasoning: '***',
    toolCalls: [{ id: '***', name: 'f', arguments: '{"key":"***"}', complete: false }],
    finishReason: undefined,
    usage: { total_tokens: 7 },
    model: '***',
    timing: { totalMs: 1 },
    verdict: undefined,
  });
});

test('what this client says itself is shown whole, though it is somebody’s key: `token`, `http`, `model`', () => {
  const secrets = () => ['token', 'http', 'model', 'here', 'options', 'failed', 'apiKey', 'server'];
  const error = fail({ kind: 'http', status: 401, said: 'a bad token' }, { secrets });
  assert.equal(error.message, 'http://here:8/v1 failed: a bad ***');
  assert.equal(error.kind, 'http');
  assert.equal(error.reason, 'token');
  assert.equal(error.hint, 'Set options.apiKey');
  assert.equal(fail({ said: 'No models loaded' }, { secrets }).reason, 'no-model');
});

const gone = () => new Error('gone');
const withField = (field: object) => Object.assign(gone(), field);
const stackOnly = () => {
  const error = new Error(`Bad header: ${SECRET}`);
  const { stack } = error;
  error.message = 'gone';
  return Object.defineProperty(error, 'stack', { value: stack });
};
const ring = () => {
  const error = gone();
  error.cause = error;
  return error;
};

for (const [what, cause] of [
  ['an error', gone()],
  ['what undici throws', withField({ code: 'UND_ERR_SOCKET', socket: { bytesRead: 64 } })],
  ['several errors', new AggregateError([gone(), gone()], 'gone')],
  ['a ring of causes', ring()],
  ['a text', 'gone'],
] as const) {
  test(`if there is no secret, the cause is what was thrown: ${what}`, () => {
    assert.equal(fail({ cause }, { secrets: () => [] }).cause, cause);
  });
}

test('if there is a secret, the cause is a copy of what the errors say, without it', () => {
  const inner = Object.assign(new RangeError(`at ${SECRET}`), { code: `E_${SECRET}` });
  const outer = new TypeError('fetch failed', { cause: inner });
  const { cause } = fail({ cause: outer });
  assert.ok(cause instanceof Error && cause.cause instanceof Error);
  assert.deepEqual([cause.name, cause.message], ['TypeError', 'fetch failed']);
  assert.equal(cause.stack, outer.stack);
  const { name, message, stack } = cause.cause;
  assert.deepEqual([name, message], ['RangeError', 'at ***']);
  assert.equal(stack, inner.stack?.replace(SECRET, '***'));
  assert.equal(Reflect.get(cause.cause, 'code'), 'E_***');
  assert.ok(!('cause' in cause.cause));
});

test('if there is a secret, a text that was thrown is the cause without it', () => {
  assert.equal(fail({ cause: `no ${SECRET}` }).cause, 'no ***');
});

test('if there is a secret, the copy of something that is no error says nothing', () => {
  const { cause } = fail({ cause: { message: 7, key: SECRET } });
  assert.ok(cause instanceof Error);
  assert.equal(cause.message, '');
});

test('if there is a secret and nothing was thrown, there is no cause', () => {
  assert.ok(!('cause' in fail({})));
});

test('of a ring of causes nine are copied', () => {
  let length = 0;
  for (let { cause } = fail({ cause: ring() }); cause instanceof Error; { cause } = cause) length++;
  assert.equal(length, 9);
});

for (const [what, cause] of [
  ['its message', new Error(`Bad header: ${SECRET}`)],
  ['the message of its cause', new TypeError('fetch failed', { cause: new Error(SECRET) })],
  [
    'a message in the middle of the chain',
    new Error('a', { cause: new Error(SECRET, { cause: gone() }) }),
  ],
  [
    'a message further down than is read',
    [...Array(20)].reduce((inner) => new Error('a', { cause: inner }), new Error(SECRET)),
  ],
  ['one of several errors', new AggregateError([gone(), new Error(SECRET)], 'gone')],
  ['its stack alone', stackOnly()],
  ['its code', withField({ code: SECRET })],
  ['a field', withField({ config: { headers: { Authorization: `Bearer ${SECRET}` } } })],
  ['the name of a field', withField({ [SECRET]: 1 })],
  ['a field of a symbol', withField({ [Symbol('headers')]: [SECRET] })],
  ['a field that is not enumerable', Object.defineProperty(gone(), 'url', { value: SECRET })],
  ['Headers', withField({ headers: new Headers({ authorization: SECRET }) })],
  ['a Request', withField({ request: new Request('http://h/', { headers: { 'x-key': SECRET } }) })],
  ['a URL', withField({ input: new URL(`http://h/?key=${SECRET}`) })],
  ['a Map', withField({ all: new Map([['key', new Set([SECRET])]]) })],
  ['bytes', withField({ rawPacket: Buffer.from(`x ${SECRET}`) })],
  ['a text', `no ${SECRET}`],
] as const) {
  test(`no cause shows a secret: ${what}`, () => {
    const error = fail({ cause });
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), new RegExp(SECRET));
  });
}

test('the words of a cause are shown without the secret', () => {
  const telling = new TypeError('fetch failed', { cause: new Error(`Bad header: ${SECRET}`) });
  assert.equal(fail({ cause: telling }).message, 'http://here:8/v1 failed: Bad header: ***');
});

test('secrets and the partial result are asked for only when something fails', () => {
  let asked = 0;
  const ask =
    <T>(value: T) =>
    () => {
      asked++;
      return value;
    };
  const make = createFail({
    base: new URL('http://here:8/v1'),
    secrets: ask([]),
    partial: ask(partial),
  });
  assert.equal(asked, 0);
  make({ kind: 'server', did: 'failed' });
  assert.equal(asked, 2);
});
