import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip, findServerWords } from '../../../src/client/errors/server-words.ts';

const overflow = {
  error: { code: 400, message: 'the prompt has 9000 tokens', type: 'exceed_context_size_error' },
};

const cases: [
  what: string,
  body: unknown,
  message: string,
  code?: string | number,
  type?: string,
][] = [
  ['nothing', undefined, ''],
  ['null', null, ''],
  ['an empty text', '', ''],
  ['an empty object', {}, ''],
  ['an empty list', [], ''],
  ['a number', 7, ''],
  ['true', { error: true }, ''],
  [
    'an error with a message',
    { error: { message: 'No.', type: 'invalid_request_error', code: null } },
    'No.',
    'invalid_request_error',
    'invalid_request_error',
  ],
  [
    'its code, rather than its type',
    { error: { message: 'No.', type: 'server_error', code: 'model_not_found' } },
    'No.',
    'model_not_found',
    'server_error',
  ],
  ['a code that is a number', { error: { message: 'No.', code: 503 } }, 'No.', 503],
  ['a code that is empty', { error: { message: 'No.', code: '', type: 'x' } }, 'No.', 'x', 'x'],
  ['an error that is a text', { error: 'No.' }, 'No.'],
  ['a message alone', { message: 'No.' }, 'No.'],
  [
    'a message beside an error of the same words',
    { error: { message: 'No.' }, message: 'No.' },
    'No.',
  ],
  ['FastAPI’s detail as a text', { detail: 'No.' }, 'No.'],
  [
    'FastAPI’s list, with the place of each',
    {
      detail: [
        { loc: ['body', 'messages', 0], msg: 'is missing', type: 'missing' },
        { loc: ['body', 'n'], msg: 'is no number', type: 'int' },
      ],
    },
    'body.messages.0: is missing; body.n: is no number',
    'missing',
    'missing',
  ],
  [
    'a place that is empty, or no list',
    {
      detail: [
        { loc: [], msg: 'a' },
        { loc: 'body', msg: 'b' },
        { loc: [null], msg: 'c' },
      ],
    },
    'a; b; c',
  ],
  [
    'a long list of messages: five',
    { detail: [1, 2, 3, 4, 5, 6].map((n) => ({ msg: `m${n}` })) },
    'm1; m2; m3; m4; m5',
  ],
  ['a list in which some say nothing', [null, { message: 'a' }, '', { message: 'b' }], 'a; b'],
  [
    'an error in a list (Gemini)',
    [{ error: { code: 429, message: 'No.', status: 'RESOURCE_EXHAUSTED' } }],
    'No.',
    429,
  ],
  [
    'Fastify’s, whose error is the status’s name',
    { statusCode: 413, error: 'Payload Too Large', message: 'The body is too large' },
    'The body is too large',
  ],
  [
    'NestJS’s list of messages',
    {
      statusCode: 400,
      error: 'Bad Request',
      message: ['model must be a text', 'messages must be a list'],
    },
    'model must be a text; messages must be a list',
  ],
  ['an error beside an empty message', { error: 'No.', message: '' }, 'No.'],
  ['an error beside an empty list', { error: 'No.', message: [] }, 'No.'],
  ['JSON as text', JSON.stringify({ error: { message: 'No.', code: 'x' } }), 'No.', 'x'],
  [
    'JSON inside a text (LM Studio’s engine)',
    { error: `The engine answered 400: ${JSON.stringify(overflow)}` },
    'the prompt has 9000 tokens',
    400,
    'exceed_context_size_error',
  ],
  [
    'the innermost code and type',
    { error: { message: `Engine: ${JSON.stringify(overflow)}`, type: 'outer', code: 'outer' } },
    'the prompt has 9000 tokens',
    400,
    'exceed_context_size_error',
  ],
  ['braces in a text that hold no JSON', 'Use {name} here', 'Use {name} here'],
  ['JSON in a text that says nothing', 'Bad: {"a":1}', 'Bad: {"a":1}'],
  ['plain text', ' Not Found\n', 'Not Found'],
  [
    'a page',
    '<!DOCTYPE html><html><head><title>Error</title></head><body><pre>Internal Server Error</pre></body></html>',
    'Error    Internal Server Error',
  ],
  ['a page behind a blank line', '\n <p>No.</p>', 'No.'],
  ['text with a tag in it', 'Use <b> here', 'Use <b> here'],
  ['text with a tag in its first word', 'Use<b> here', 'Use<b> here'],
  ['a code alone', { error: { code: 'overloaded' } }, 'overloaded', 'overloaded'],
  [
    'a type alone',
    { error: { type: 'overloaded_error' } },
    'overloaded_error',
    'overloaded_error',
    'overloaded_error',
  ],
  ['a detail', { detail: 'Invalid host header' }, 'Invalid host header'],
  [
    'a problem of RFC 9457: its detail',
    { title: 'Bad Request', detail: 'The body is too large', status: 400 },
    'The body is too large',
  ],
  [
    'a list that is called errors: as it came',
    '{"errors":[{"message":"No."}]}',
    '{"errors":[{"message":"No."}]}',
  ],
  ['pretty-printed JSON in a text', JSON.stringify({ error: { message: 'No.' } }, null, 2), 'No.'],
  ['an event stream in a text', 'event: error\ndata: {"error":{"message":"No."}}\n\n', 'No.'],
  [
    'nine levels deep',
    {
      error: {
        error: { error: { error: { error: { error: { error: { error: { error: 'No.' } } } } } } },
      },
    },
    'No.',
  ],
  [
    'ten levels deep: no more is looked for',
    {
      error: {
        error: {
          error: { error: { error: { error: { error: { error: { error: { error: 'No.' } } } } } } },
        },
      },
    },
    '',
  ],
];

for (const [what, body, serverMessage, code, type] of cases) {
  test(what, () => assert.deepEqual(findServerWords(body), { serverMessage, code, type }));
}

test('words are shown on one line, without the middle of long ones', () => {
  assert.equal(clip(' a\n\t b '), 'a b');
  const half = 'x'.repeat(200);
  assert.equal(clip(`${half}${half}`), `${half}${half}`);
  assert.equal(clip(`${half}y${half}`), `${half} … ${half}`);
  assert.equal(clip(`${'a'.repeat(5000)}${half}`), `${'a'.repeat(200)} … ${half}`);
  assert.equal(clip('😀'.repeat(500)), `${'😀'.repeat(200)} … ${'😀'.repeat(200)}`);
});

test('a page of `<` without `>` costs time in proportion to its length', () => {
  const page = '<'.repeat(2 ** 20);
  const before = process.cpuUsage();
  assert.equal(findServerWords(page).serverMessage, page);
  const { user, system } = process.cpuUsage(before);
  // A quadratic search of this page takes a quarter of an hour.
  assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms of CPU`);
});
