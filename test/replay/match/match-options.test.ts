import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Exchange, StoredRequest } from '../../../src/replay/exchange/exchange.ts';
import { recordFetch, replayFetch, startReplayServer } from '../../../src/replay/index.ts';
import { createComparison } from '../../../src/replay/match/comparison.ts';
import { createMatcher } from '../../../src/replay/match/match.ts';
import { ask, scratch, startServer, write } from '../helpers.ts';

// What differs each time is left out of the comparison, and no more than that.

beforeEach(() => {
  delete process.env.CI;
});

function exchange(name: string, request: Partial<StoredRequest>): Exchange {
  return {
    format: 1,
    name,
    file: `${name}.json`,
    provenance: { kind: 'modelled', source: 'a test' },
    request: asked(request),
    response: { status: 200, headers: {}, body: 'x' },
    end: 'complete',
    readBody: async () => new Uint8Array(),
  };
}

const asked = (request: Partial<StoredRequest>): StoredRequest => ({
  method: 'POST',
  path: '/v1/x',
  headers: {},
  body: null,
  ...request,
});

const says = (...contents: string[]) => ({
  body: { messages: contents.map((content) => ({ role: 'user', content })) },
});

const ignored: [fields: string[], yes: string[], no: string[]][] = [
  [['seed'], ['seed', 'seed.x', 'seed[0]'], ['seeds', 'a.seed', '["seed x"]']],
  [['metadata.request_id'], ['metadata.request_id'], ['metadata.user', 'metadata', 'request_id']],
  [
    ['messages.*.content'],
    ['messages[0].content', 'messages[12].content[0].text'],
    ['messages[0].role', 'messages', 'messages[0].contents', 'messages[0].x.content'],
  ],
  [
    ['messages[1].content'],
    ['messages[1].content'],
    ['messages[0].content', 'messages[11].content'],
  ],
  [
    ['messages[*].id', '*.a'],
    ['messages[3].id', 'x.a', '["x y"].a'],
    ['messages[3].idx', 'a'],
  ],
  [['["x-y"].z', 'a-b'], ['["x-y"].z', '["a-b"]'], ['x.z']],
];
/** A body that has something at this place. */
function bodyWith(place: string): unknown {
  const steps = [...place.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)];
  return steps.reduceRight<unknown>((value, [, quoted, index, name]) => {
    if (index === undefined) return { [quoted ?? name ?? '']: value };
    return [...Array.from({ length: Number(index) }, () => 'before'), value];
  }, 'here');
}

for (const [fields, yes, no] of ignored) {
  test(`ignore ${fields.join(', ')} leaves out that and what is in it, and no more`, () => {
    const comparableOf = createComparison({ ignore: fields });
    const isIgnored = (place: string) =>
      !comparableOf(asked({ body: bodyWith(place) })).leaves.has(place);
    assert.deepEqual(
      yes.filter((place) => !isIgnored(place)),
      [],
    );
    assert.deepEqual(no.filter(isIgnored), []);
  });
}

test('what is left out still tells two exchanges apart: an ignore that is too wide finds the right one', () => {
  const { find } = createMatcher([exchange('hi', says('hi')), exchange('bye', says('bye'))], {
    ignore: ['messages'],
  });
  const names = ['bye', 'bye', 'hi'].map((content) => find(asked(says(content))).name);
  assert.deepEqual(names, ['bye', 'bye', 'hi']);
  const dated = createMatcher(
    ['hi', 'bye'].map((content) => exchange(content, says('It is Monday.', content))),
    { ignore: ['messages'] },
  );
  assert.equal(dated.find(asked(says('It is Tuesday.', 'bye'))).name, 'bye');
});

test('normalize takes dates and ids out of both sides, and the caller keeps its request', () => {
  const normalize = (request: StoredRequest): StoredRequest => ({
    ...request,
    body: JSON.parse(
      JSON.stringify(request.body)
        .replace(/\d{4}-\d\d-\d\d/g, 'DATE')
        .replace(/call_\w+/g, 'CALL'),
    ),
  });
  const recorded = [
    exchange('hi', says('It is 2026-11-22. Say hi.', 'call_abc')),
    exchange('bye', says('It is 2026-11-22. Say bye.', 'call_abc')),
  ];
  const { find } = createMatcher(recorded, { normalize });
  const request = asked(says('It is 2027-01-01. Say bye.', 'call_xyz'));
  const before = structuredClone(request);
  assert.equal(find(request).name, 'bye');
  assert.deepEqual(request, before);
  assert.throws(() => find(asked(says('It is 2027-01-01. Say so.', 'call_xyz'))), {
    name: 'ReplayMiss',
    message: /messages\[0\]\.content: sent "It is DATE\. Say so\.", recorded/,
  });
});

test('normalize may change path and method, and the request that it gets is a copy', () => {
  const normalize = (request: StoredRequest): StoredRequest => {
    Object.assign(request, { body: null });
    return { ...request, path: request.path.replace(/\/user\/\d+/, '/user') };
  };
  const recorded = exchange('a', { path: '/user/1', body: { x: 1 } });
  const { find } = createMatcher([recorded], { normalize });
  assert.equal(find(asked({ path: '/user/2', body: { x: 2 } })).name, 'a');
  assert.deepEqual(recorded.request.body, { x: 1 });
});

test('a normalize that returns no request, and an ignore that is no list, are refused in words', () => {
  const recorded = [exchange('a', {})];
  // @ts-expect-error a JavaScript caller can do this
  const nothing = () => createMatcher(recorded, { normalize: () => undefined });
  assert.throws(nothing, { name: 'TypeError', message: /normalize must return the request/ });
  for (const ignore of ['seed', [1], ['']]) {
    // @ts-expect-error a JavaScript caller can do this
    assert.throws(() => replayFetch('x', { ignore }), {
      name: 'TypeError',
      message: /ignore must be a list of fields/,
    });
  }
});

test('the parameters of a query may come in any order, those of one name may not', () => {
  const { find } = createMatcher([exchange('a', { path: '/v1/x?b=2&a=1&a=2&c=%20' })]);
  assert.equal(find(asked({ path: '/v1/x?a=1&c=+&a=2&b=2' })).name, 'a');
  assert.throws(() => find(asked({ path: '/v1/x?a=2&a=1&b=2&c=%20' })), { name: 'ReplayMiss' });
});

test('a form is the same with another boundary, and another with other parts', async (t) => {
  const folder = await scratch(t);
  const origin = await startServer(t, (_, response) => response.end('heard'));
  const form = (file: string) => {
    const body = new FormData();
    body.append('model', 'whisper');
    body.append('file', new Blob([file]), 'a.wav');
    return { method: 'POST', body };
  };
  const url = `${origin}/v1/audio/transcriptions`;
  await (await recordFetch(fetch, folder, { mode: 'new' })(url, form('sound'))).text();
  const replay = replayFetch(folder);
  assert.equal(await (await replay(url, form('sound'))).text(), 'heard');
  await assert.rejects(replay(url, form('noise')), { message: /from character \d+: sent .*noise/ });
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  const served = await fetch(`${server.url}/v1/audio/transcriptions`, form('sound'));
  assert.equal(await served.text(), 'heard');
});

test('a miss shows where two long texts part, not how they begin', () => {
  const start = 'You are a helpful assistant. '.repeat(20);
  const { find } = createMatcher([exchange('a', says(`${start}Say hi to Ada, please.`))]);
  assert.throws(() => find(asked(says(`${start}Say hi to Bob, please.`))), {
    code: 'replay-miss',
    message:
      'No recording matches POST /v1/x. Nearest: a. ' +
      'It differs in messages[0].content, from character 591: ' +
      'sent …"ssistant. Say hi to Bob, please.", recorded …"ssistant. Say hi to Ada, please.".\n' +
      "To record it, ask once through recordFetch (mode 'new') or the command `record --upstream URL --to FOLDER`. " +
      'What differs each time, such as a date or an id, can be left out: see ignore and normalize.',
  });
});

test('what nobody asked for is named, by replayFetch and by the server', async (t) => {
  const folder = await scratch(t);
  await write(folder, 'a');
  await write(folder, 'b', { request: { path: '/v1/y' } });
  const replay = replayFetch(folder);
  assert.deepEqual(replay.unused(), ['a', 'b']);
  await replay('http://x/v1/chat/completions', ask());
  assert.deepEqual(replay.unused(), ['b']);
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  assert.deepEqual(server.unused(), ['a', 'b']);
  await fetch(`${server.url}/b/v1/chat/completions`, ask());
  assert.deepEqual(server.unused(), ['a']);
});
