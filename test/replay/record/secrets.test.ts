import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clues, cluesOf, LONGEST_WRITING } from '../../../src/replay/record/clues.ts';
import { BodySearch, findSecret, findSecretInBody } from '../../../src/replay/record/secrets.ts';

const inBody = (body: string, clues: Clues) =>
  findSecretInBody(new TextEncoder().encode(body), clues, 'body');

/** What is found in a body that comes in pieces, and when: at its end, or before. */
function inPieces(pieces: Iterable<string | Uint8Array>, clues: Clues, batch?: number) {
  const search = new BodySearch(clues, 'body', batch);
  for (const piece of pieces) {
    const found = search.push(Buffer.from(piece));
    if (found) return { found, when: 'before' };
  }
  return { found: search.end(), when: 'at its end' };
}

function* piecesOf(body: string, size: number) {
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

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

const plain = 'abcd-efgh-12345';
const ofPlain = cluesOf({ MY_SECRET: plain });
const word = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
/** More than a search keeps of what it has searched, so that it goes on behind it. */
const filler = 'so it is. '.repeat(1400);
const firstCall = (half: string) => toolCall({ index: 0, id: 'call_a' }, half);
const otherCall = toolCall({ index: 1, id: 'call_b' }, 'or nothing');

const hidden: [what: string, body: string, found: string][] = [
  ['in a line', `${word('hi')}data: it is ${secret}.\n\n`, 'body, line 3, holds $MY_SECRET'],
  ['in base64', `${word('hi')}${word(base64(secret))}`, 'body, line 3, holds $MY_SECRET'],
  [
    'in two deltas',
    word(secret.slice(0, 5)) + word(secret.slice(5)),
    'body, its deltas joined at choices[0].delta.content, holds $MY_SECRET',
  ],
  [
    'in two deltas of one call beside another call',
    firstCall(secret.slice(0, 5)) + otherCall + firstCall(`${secret.slice(5)}.`) + otherCall,
    'body, its deltas joined at choices[0].delta.tool_calls[0].function.arguments, holds $MY_SECRET',
  ],
];
for (const [what, body, found] of hidden) {
  test(`a secret ${what} is found wherever the body is cut, and in batches of all sizes`, () => {
    for (const end of ['\n', '\r\n']) {
      const text = body.replaceAll('\n', end);
      for (let size = 1; size <= Buffer.byteLength(text); size++) {
        const batch = 1 + ((size * 7) % 60);
        assert.equal(inPieces(piecesOf(text, size), ofVariable, batch).found, found);
        assert.equal(inPieces(piecesOf(text, size), ofVariable).found, found);
      }
    }
    // Behind it, there is no need to wait for the end.
    const when = inPieces(piecesOf(body + word(filler).repeat(20), 999), ofVariable).when;
    assert.equal(when, 'before');
  });
}

for (const [how, value] of Object.entries({ '': plain, ' in base64': base64(plain) })) {
  test(`a secret${how} is found over each border at which a search of joined deltas goes on`, () => {
    for (let at = 1; at < value.length; at++) {
      // The second delta is as long as what is kept: it is searched at once.
      const halves = [filler, filler + value.slice(0, at), `${value.slice(at)}.`];
      assert.match(String(inPieces(halves.map(word), ofPlain, 1).found), /content, holds \$MY_SEC/);
      const calls = halves.flatMap((half) => [firstCall(half), otherCall]);
      assert.match(String(inPieces(calls, ofPlain, 1).found), /arguments, holds \$MY_SECRET/);
    }
  });

  test(`a secret${how} is found over each border at which a search of a long line goes on`, () => {
    const line = 'so it is. '.repeat(53_000);
    for (let at = 1; at < value.length; at++) {
      const pieces = [`\n\n${line}`, line + value.slice(0, at), `${value.slice(at)} ${line}`, line];
      assert.deepEqual(inPieces(pieces, ofPlain), {
        found: 'body, line 3, holds $MY_SECRET',
        when: 'before',
      });
    }
  });
}

const forms: [what: string, write: (content: string) => string][] = [
  ['LF', word],
  ['CRLF', (content) => word(content).replaceAll('\n', '\r\n')],
  ['CR', (content) => word(content).replaceAll('\n', '\r')],
  ['lines of JSON', (content) => `${JSON.stringify({ message: { content } })}\n`],
];
for (const [what, write] of forms) {
  test(`deltas are searched while they come: ${what}`, () => {
    const halves = [plain.slice(0, 5), `${plain.slice(5)}.`, ...Array(10).fill(filler)];
    const { found, when } = inPieces(halves.map(write), ofPlain);
    assert.match(String(found), /^body, its deltas joined at .*content, holds \$MY_SECRET$/);
    assert.equal(when, 'before');
  });
}

test('the longest writing of a secret is found when its last character comes after the rest was searched', () => {
  const long = Array.from({ length: 256 }, (_, at) => String.fromCharCode(0x4e00 + at)).join('');
  const writing = encodeURIComponent(long)
    .replaceAll('%', '%2525')
    .replace(/(%2525..){3}/g, `${'%25255C'.repeat(4)}$&`);
  const halves = [filler, filler + writing.slice(0, -1), writing.slice(-1)];
  const clues = cluesOf({ MY_SECRET: long });
  assert.match(String(inPieces(halves.map(word), clues, 1).found), /content, holds \$MY_SECRET/);
});

test('a word that is cut at a border is none, at its beginning and at its end', () => {
  const clues = cluesOf({}, new Headers({ authorization: `Basic ${base64('me:hunter2')}` }));
  for (const text of ['risk-averse-investors', 'hunter22', 'ahunter2', 'AKIAABCDEFGHIJKLMNOPQ']) {
    for (let at = 1; at < text.length; at++) {
      const halves = [filler, filler + text.slice(0, at), text.slice(at) + filler, filler];
      const inOneGo = inBody(halves.map(word).join(''), clues);
      assert.equal(inPieces(halves.map(word), clues, 1).found, inOneGo);
      // What is kept begins with each of its characters.
      const before = ' '.repeat(20_000) + text + 'x'.repeat(LONGEST_WRITING - at);
      assert.equal(inPieces([word(before), word(filler)], clues, 1).found, undefined);
    }
  }
  for (const deltas of [
    ['hun', 'ter2', '2 and more'],
    ['AKIA', 'ABCDEFGHIJKLMNOP', 'Q'],
  ]) {
    assert.equal(inPieces(deltas.map(word), clues, 1).found, undefined);
  }
  const end = inPieces([word(filler), word('it is '), word('hunter'), word('2')], clues, 1);
  assert.match(String(end.found), /holds a part of the request's authorization/);
});

test('lines are counted over what is no longer kept', () => {
  const lines = `${'x'.repeat(99)}\n`.repeat(10_000);
  for (const size of [999, 65_536, 2e6]) {
    const { found } = inPieces(
      piecesOf(`${lines}\n\nit is ${secret}.\n${lines}`, size),
      ofVariable,
    );
    assert.equal(found, 'body, line 10003, holds $MY_SECRET');
  }
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

const streamed: [what: string, body: string][] = [
  ...bodies,
  ['calls that come in turn', (firstCall('ab') + otherCall).repeat(15_000)],
  ['one event', `data: {"choices":[{"delta":{"content":"${'x'.repeat(5 * mega)}`],
  ['line ends', '\n'.repeat(5 * mega)],
];
for (const [what, body] of streamed) {
  test(`5 MB of ${what} are searched as they come: no piece of 64 KiB takes a third of the time`, () => {
    const clues = cluesOf({ MY_SECRET: secret });
    const search = new BodySearch(clues, 'body');
    search.push(Buffer.from(body.slice(0, mega)));
    const times = [...piecesOf(body, 65_536)].map((piece) => cpuTime(() => search.push(piece)));
    times.push(cpuTime(() => search.end()));
    const sum = times.reduce((a, b) => a + b);
    assert.ok(Math.max(...times) < Math.max(sum / 3, 20), `${Math.max(...times)} of ${sum} ms`);
  });
}
