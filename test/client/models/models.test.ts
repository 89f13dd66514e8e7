import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import {
  defaultChatModel,
  type Fetch,
  listModels,
  loadedChatModel,
  type Model,
} from '../../../src/index.ts';
import { replayFetch } from '../../../src/replay/index.ts';
import { fixtures } from '../../replay/helpers.ts';
import { fakeClock } from '../send/fake-clock.ts';

/** A server that answers some paths, and all others as LM Studio does: with 200. */
function server(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    const answer = answers[pathname] ?? {
      error: `Unexpected endpoint or method. (GET ${pathname})`,
    };
    return answer instanceof Response ? answer : Response.json(answer);
  };
  return { fetch, asked };
}

const plain = { data: [{ id: 'm', object: 'model' }] };

test('LM Studio 0.4 and newer: type, what is loaded, its context, and who sees', async () => {
  const { fetch, asked } = server({
    '/api/v1/models': {
      models: [
        {
          type: 'llm',
          key: 'a',
          loaded_instances: [{ id: 'a', config: { context_length: 8192 } }],
          max_context_length: 131072,
          capabilities: { vision: true },
        },
        { type: 'llm', key: 'b', loaded_instances: [], max_context_length: 4096 },
        { type: 'embedding', key: 'e', loaded_instances: [] },
      ],
    },
  });
  assert.deepEqual(await listModels({ fetch }), [
    { id: 'a', type: 'chat', loaded: true, vision: true, contextLength: 8192 },
    { id: 'b', type: 'chat', loaded: false, vision: false, contextLength: 4096 },
    { id: 'e', type: 'embedding', loaded: false, vision: false },
  ]);
  assert.deepEqual(asked, ['/api/v1/models']);
});

test('LM Studio before 0.4: /api/v0', async () => {
  const { fetch, asked } = server({
    '/api/v0/models': {
      data: [
        {
          id: 'a',
          type: 'vlm',
          state: 'loaded',
          loaded_context_length: 4096,
          max_context_length: 8192,
        },
        { id: 'e', type: 'embeddings', state: 'not-loaded', max_context_length: 512 },
      ],
    },
  });
  assert.deepEqual(await listModels({ fetch }), [
    { id: 'a', type: 'chat', loaded: true, vision: true, contextLength: 4096 },
    { id: 'e', type: 'embedding', loaded: false, vision: false, contextLength: 512 },
  ]);
  assert.deepEqual(asked, ['/api/v1/models', '/api/v0/models']);
});

test('other servers: the names, and nothing that they do not tell', async () => {
  const missing = () => new Response('not found', { status: 404 });
  const { fetch } = server({
    '/api/v1/models': missing(),
    '/api/v0/models': missing(),
    '/v1/models': plain,
  });
  assert.deepEqual(await listModels({ fetch }), [{ id: 'm', type: 'unknown' }]);
});

test('the base URL’s own path is kept, with its query', async () => {
  const { fetch, asked } = server({ '/proxy/v1/models': plain });
  await listModels({ fetch, baseURL: 'http://h/proxy/v1/?a=b' });
  assert.deepEqual(asked, ['/proxy/api/v1/models', '/proxy/api/v0/models', '/proxy/v1/models']);
});

test('a server without models has an empty list, and is asked no more', async () => {
  const { fetch, asked } = server({ '/api/v0/models': { object: 'list', data: null } });
  assert.deepEqual(await listModels({ fetch }), []);
  assert.deepEqual(asked, ['/api/v1/models', '/api/v0/models']);
});

test('a list of several megabytes is read', async () => {
  const list = new Blob([JSON.stringify([{ id: 'a', description: 'x'.repeat(3 * 2 ** 20) }])]);
  const pieces = Array.from({ length: 4 }, (_, at) => list.slice(at * 2 ** 20, (at + 1) * 2 ** 20));
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
      else controller.close();
    },
  });
  const { fetch } = server({ '/v1/models': new Response(stream) });
  assert.deepEqual(await listModels({ fetch }), [{ id: 'a', type: 'unknown' }]);
});

test('of a list without an end 32 Mi characters are read, and no more', async (t) => {
  fakeClock(t); // The time for the asking does not run out first.
  const mebibyte = new Uint8Array(2 ** 20).fill(0x20);
  const read: number[] = [];
  const fetch: Fetch = async () => {
    const nth = read.push(0) - 1;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          read[nth] = (read[nth] ?? 0) + 1;
          assert.ok((read[nth] ?? 0) < 100, 'it is read without end');
          controller.enqueue(mebibyte);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body);
  };
  await assert.rejects(listModels({ fetch }), { kind: 'protocol' });
  assert.deepEqual(read, [32, 32, 32]);
});

test('a recorded listing is read', async () => {
  const fetch = replayFetch(`${fixtures}/llama.cpp-2026`);
  const only = async (url: string, init: RequestInit) =>
    url.includes('/api/') ? new Response('', { status: 404 }) : fetch(url, init);
  assert.deepEqual(await listModels({ fetch: only }), [
    { id: 'qwen3-tiny', type: 'unknown', contextLength: 4096 },
  ]);
});

test('a missing token is named as such', async () => {
  const fetch = async () =>
    Response.json({ error: { message: 'An API token is required' } }, { status: 401 });
  await assert.rejects(listModels({ fetch }), { kind: 'http', reason: 'token', status: 401 });
});

test('a server without any listing is named as such, whatever the older paths answered', async () => {
  const noList = { name: 'ChatError', kind: 'protocol', message: /\/v1.* has no list of models/ };
  const { fetch, asked } = server({});
  await assert.rejects(listModels({ fetch }), noList);
  assert.deepEqual(asked, ['/api/v1/models', '/api/v0/models', '/v1/models']);
  const missing = () => new Response('not found', { status: 404 });
  const other = server({ '/api/v1/models': missing(), '/api/v0/models': missing() });
  await assert.rejects(listModels({ fetch: other.fetch }), noList);
});

test('a server that has no such path at all is named with its status', async () => {
  const fetch = async () => new Response('not found', { status: 404 });
  await assert.rejects(listModels({ fetch }), { kind: 'http', status: 404 });
});

test('a refused connection is an error at once, after one request', async () => {
  let asked = 0;
  const fetch = () => {
    asked++;
    return Promise.reject(
      new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
    );
  };
  await assert.rejects(listModels({ fetch }), { kind: 'connection', reason: 'refused' });
  assert.equal(asked, 1);
});

test('after an abort it rejects with the reason, and asks nothing more', async () => {
  const mine = new Error('mine');
  await assert.rejects(listModels({ signal: AbortSignal.abort(mine) }), (error) => error === mine);
  const controller = new AbortController();
  const fetch = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      controller.abort(mine);
    });
  await assert.rejects(listModels({ fetch, signal: controller.signal }), (error) => error === mine);
});

test('a server that does not answer is given 2 s, and then the request is aborted', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let request: AbortSignal | null | undefined;
  const fetch = (_: string, { signal }: RequestInit) => {
    request = signal;
    return new Promise<Response>(() => {});
  };
  const listed = assert.rejects(listModels({ fetch }), { name: 'ChatError', kind: 'timeout' });
  t.mock.timers.tick(2000);
  await listed;
  assert.ok(request?.aborted);
});

test('when it has an answer, nothing of it is left: no clock, and no listener on the signal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { signal } = new AbortController();
  const own: (AbortSignal | null | undefined)[] = [];
  const fetch = async (_: string, init: RequestInit) => {
    own.push(init.signal);
    return Response.json(plain);
  };
  await Promise.all(Array.from({ length: 20 }, () => listModels({ fetch, signal })));
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    own.map((one) => one?.aborted),
    Array(20).fill(false),
  );
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

/** Models by what matters for the choice. */
const embedding: Model = { id: 'embedding', type: 'embedding', loaded: true };
const loaded: Model = { id: 'loaded', type: 'chat', loaded: true };
const alsoLoaded: Model = { id: 'also loaded', type: 'unknown', loaded: true };
const unloaded: Model = { id: 'unloaded', type: 'chat', loaded: false };
const alsoUnloaded: Model = { id: 'also unloaded', type: 'chat', loaded: false };
const sleeping: Model = { id: 'sleeping', type: 'unknown', loaded: false, state: 'sleeping' };
const loading: Model = { id: 'loading', type: 'unknown', loaded: false, state: 'loading' };
const failed: Model = { id: 'failed', type: 'unknown', loaded: false, state: 'failed' };
const untold: Model = { id: 'untold', type: 'unknown' };
const alsoUntold: Model = { id: 'also untold', type: 'unknown' };

type Choice = [rule: string, models: Model[], loaded?: Model | undefined, chosen?: Model];
const choices: readonly Choice[] = [
  ['no model at all', []],
  ['an embedding model is never it, also when it is loaded', [embedding]],
  ['the one that is loaded', [embedding, unloaded, loaded, sleeping, failed], loaded, loaded],
  ['of two that are loaded the first', [alsoLoaded, loaded], alsoLoaded, alsoLoaded],
  ['none is loaded: the one that sleeps', [unloaded, loading, sleeping], undefined, sleeping],
  ['none is loaded: the one that is coming', [unloaded, loading, failed], undefined, loading],
  ['the only one, though it is not loaded', [embedding, unloaded], undefined, unloaded],
  ['the only one that has not failed', [failed, unloaded], undefined, unloaded],
  ['the only one, though it has failed', [failed], undefined, failed],
  ['several, none loaded: the user has to choose', [unloaded, alsoUnloaded]],
  ['several, all failed: likewise', [failed, { ...failed, id: 'too' }]],
  ['nothing is told: the first', [embedding, untold, alsoUntold], undefined, untold],
];
for (const [rule, models, inMemory, chosen] of choices) {
  test(`which model is asked: ${rule}`, () => {
    assert.equal(loadedChatModel(models), inMemory);
    assert.equal(defaultChatModel(models), chosen);
  });
}
