import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clues, cluesOf } from '../../../src/replay/record/clues.ts';
import { findSecret, findSecretInBody } from '../../../src/replay/record/secrets.ts';

const inBody = (body: string, clues: Clues) =>
  findSecretInBody(new TextEncoder().encode(body), clues, 'body');

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

const secret = 'pa&ss/w\u00f6rd+12"x';
const ofVariable = cluesOf({ MY_SECRET: secret });
const ofHeader = cluesOf({}, new Headers({ 'x-api-key': '9f8e7d6c5b4a3210' }));
const inUnits = (text: string) =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const base64 = (text: string) => Buffer.from(text).toString('base64');

const writings: [how: string, text: string][] = [
  ['as it is', secret],
  ['as JSON', JSON.stringify({ a: secret })],
  ['as JSON with \\u0026', JSON.stringify(secret).replace('&', '\\u0026')],
  ['as JSON with \\/', JSON.stringify(secret).replace('/', '\\/')],
  ['as JSON with \\u00f6', JSON.stringify(secret).replace('\u00f6', '\\u00f6')],
  ['as JSON, every character as \\u', `"${inUnits(secret)}"`],
  ['as JSON in JSON', JSON.stringify(JSON.stringify({ a: secret }).replace('&', '\\u0026'))],
  ['in a path', `/v1/${encodeURIComponent(secret)}/x`],
  [
    'in a path, with small hex digits',
    encodeURIComponent(secret).replace(/%../g, (it) => it.toLowerCase()),
  ],
  ['in a query', `/v1/x?a=1&user=${new URLSearchParams({ b: secret })}`],
  ['in a form', `${new URLSearchParams({ a: 'b', c: secret })}`],
  ['as JSON in a form', `a=${encodeURIComponent(JSON.stringify({ a: secret }))}`],
  [
    'in the query of a URL in a form',
    `to=${encodeURIComponent(`http://x/?k=${encodeURIComponent(secret)}`)}`,
  ],
  ['as base64', base64(secret)],
  ['as base64 behind 1 byte', base64(`:${secret}`)],
  ['as base64 behind 2 bytes', base64(`me${secret}`)],
  ['as base64 in a path', `/v1/${base64(secret)}`],
  ['as base64 of a URL', base64(secret).replaceAll('+', '-').replaceAll('/', '_')],
];
for (const [how, text] of writings) {
  test(`the value of a variable is found ${how}`, () => {
    assert.equal(find({ body: `so: ${text} .` }, ofVariable), 'request.body holds $MY_SECRET');
    assert.equal(find({ body: text }, ofHeader), undefined);
  });
}

test('a part of a header is found as base64', () => {
  for (const before of ['', 'u', 'us', 'user:']) {
    assert.match(
      String(find(base64(`${before}9f8e7d6c5b4a`), ofHeader)),
      /a part of the request's x-api-key/,
    );
  }
});

test('what is split over deltas is found in the joined text, arguments and other shapes', () => {
  const events = (values: object[]) =>
    values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');
  const halves = ['my sk-abcd', 'efgh12345678.'];
  const chat = (delta: (half: string) => object) =>
    events(halves.map((half) => ({ choices: [{ index: 0, delta: delta(half) }] })));
  const bodies = {
    'choices[0].delta.content': chat((content) => ({ content })),
    'choices[0].delta.reasoning_content': chat((half) => ({ reasoning_content: half })),
    'choices[0].delta.tool_calls[0].function.arguments': chat((half) => ({
      tool_calls: [{ index: 0, function: { arguments: half } }],
    })),
    delta: events(halves.map((delta) => ({ type: 'response.output_text.delta', delta }))),
    'delta.text': events(halves.map((text) => ({ type: 'content_block_delta', delta: { text } }))),
    'message.content': halves
      .map((content) => `${JSON.stringify({ message: { content } })}\n`)
      .join(''),
  };
  for (const [place, body] of Object.entries(bodies)) {
    assert.equal(
      inBody(body, cluesOf({})),
      `body, its deltas joined at ${place}, holds what looks like a key`,
    );
  }
});

const toolCall = (call: object, half: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ ...call, function: { arguments: half } }] } }] })}\n\n`;
const outputText = (item: object, delta: string) =>
  `data: ${JSON.stringify({ type: 'response.output_text.delta', ...item, delta })}\n\n`;
const interleaved: [what: string, write: typeof toolCall, first: object, second: object][] = [
  ['with indexes', toolCall, { index: 0 }, { index: 1 }],
  ['with ids', toolCall, { id: 'call_a' }, { id: 'call_b' }],
  ['of two items', outputText, { output_index: 0 }, { output_index: 1 }],
  ['of two items by their ids', outputText, { item_id: 'a' }, { item_id: 'b' }],
];
for (const [what, write, first, second] of interleaved) {
  test(`a key that is split over the deltas of one call is found beside another call's: ${what}`, () => {
    const parts = ['my sk-', 'abcd', 'efgh12345678.'];
    const body = parts.map((part) => write(first, part) + write(second, 'or nothing')).join('');
    assert.match(
      String(inBody(body, cluesOf({}))),
      /its deltas joined at .* holds what looks like a key/,
    );
    assert.equal(inBody(body.replaceAll('sk-', 'sk '), cluesOf({})), undefined);
  });
}

test('the line of a secret in a body is named', () => {
  const lines = `${'x'.repeat(99)}\n`.repeat(1000);
  const body = `${lines}it is ${secret}.\n${lines}`;
  assert.equal(inBody(body, ofVariable), 'body, line 1001, holds $MY_SECRET');
});

test('a key in a delta with a line separator of Unicode, which ends no line of a stream, is found', () => {
  const delta = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
  const body = delta('\u2028my sk-abcd') + delta('efgh12345678.');
  assert.match(String(inBody(body, cluesOf({}))), /its deltas joined at .* looks like a key/);
});

test('the password of Basic authentication is a secret in clear as well', () => {
  const basic = (credentials: string) =>
    cluesOf({}, new Headers({ authorization: `Basic ${base64(credentials)}` }));
  const held = "request.body holds a part of the request's authorization";
  const long = basic('me:correct-horse');
  assert.equal(find({ body: 'no orrect-hor here' }, long), held);
  assert.equal(find({ body: 'me: hello' }, long), undefined);
  const short = basic('me:hunter2');
  assert.equal(find({ body: '{"password":"hunter2"}' }, short), held);
  assert.equal(find({ body: 'hunter22 and ahunter2' }, short), undefined);
  assert.equal(find({ body: 'abc' }, basic('me:abc')), undefined);
});

/** The CPU time that a function takes, in ms: a busy machine does not change it much. */
function cpuTime(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const mega = 2 ** 20;
const longToken = Array.from({ length: 8000 }, (_, i) => ((i * 7919) % 36).toString(36)).join('');
const delta = 'data: {"choices":[{"index":0,"delta":{"content":" word \\u00e9"}}]}\n\n';
const bodies: [what: string, body: string][] = [
  ['deltas', delta.repeat((5 * mega) / delta.length)],
  ['one long text', 'x'.repeat(5 * mega)],
  ['what begins like a JWT again and again', 'eyJ-'.repeat((5 * mega) / 4)],
  ['what begins like a private key', '-----BEGIN A'.repeat((5 * mega) / 12)],
  ['percent signs', '%41+'.repeat((5 * mega) / 4)],
  ['backslashes', '\\'.repeat(5 * mega)],
];
for (const [what, body] of bodies) {
  test(`a token of 8,000 characters is looked for in 5 MB of ${what} in time that grows with the body alone`, () => {
    const clues = cluesOf({}, new Headers({ authorization: `Bearer ${longToken}` }));
    inBody(body.slice(0, mega), clues);
    // Measured: 0.1 to 0.4 s. The search that was here before took 25 s.
    assert.ok(cpuTime(() => inBody(body, clues)) < 3000);
    const echo = `${body} ${longToken.slice(4000, 4008)}`;
    assert.match(String(inBody(echo, clues)), /a part of the request's/);
  });
}
