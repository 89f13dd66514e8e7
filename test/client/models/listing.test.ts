import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Model, readListing } from '../../../src/client/models/listing.ts';

/** Each server's list, written by hand after what the server's documentation or source says of it. */
const servers: readonly [server: string, body: unknown, models: Model[]][] = [
  [
    'LM Studio 0.4, /api/v1/models',
    {
      models: [
        {
          type: 'llm',
          key: 'publisher/thinker',
          loaded_instances: [
            { id: 'publisher/thinker', config: { context_length: 8192, parallel: 4 } },
            { id: 'publisher/thinker:2', config: { context_length: 4096 } },
          ],
          max_context_length: 131072,
          capabilities: {
            vision: true,
            trained_for_tool_use: true,
            reasoning: { allowed_options: ['off', 'low', 'on'], default: 'on' },
          },
        },
        {
          type: 'llm',
          key: 'writer',
          loaded_instances: [],
          max_context_length: 4096,
          capabilities: { vision: false, trained_for_tool_use: false },
        },
        {
          type: 'embedding',
          key: 'text-embedding-of-something',
          loaded_instances: [],
          max_context_length: 2048,
        },
      ],
    },
    [
      {
        id: 'publisher/thinker',
        type: 'chat',
        loaded: true,
        contextLength: 8192,
        vision: true,
        reasoning: ['off', 'low', 'on'],
      },
      { id: 'writer', type: 'chat', loaded: false, contextLength: 4096, vision: false },
      {
        id: 'text-embedding-of-something',
        type: 'embedding',
        loaded: false,
        contextLength: 2048,
        vision: false,
      },
    ],
  ],
  [
    'LM Studio before 0.4, /api/v0/models',
    {
      object: 'list',
      data: [
        {
          id: 'seer',
          type: 'vlm',
          state: 'loaded',
          max_context_length: 8192,
          loaded_context_length: 4096,
          capabilities: ['tool_use'],
        },
        { id: 'writer', type: 'llm', state: 'loading', max_context_length: 8192 },
        { id: 'other', type: 'embeddings', state: 'not-loaded', max_context_length: 512 },
      ],
    },
    [
      { id: 'seer', type: 'chat', loaded: true, contextLength: 4096, vision: true },
      {
        id: 'writer',
        type: 'chat',
        loaded: false,
        state: 'loading',
        contextLength: 8192,
        vision: false,
      },
      { id: 'other', type: 'embedding', loaded: false, contextLength: 512, vision: false },
    ],
  ],
  [
    'LM Studio, /v1/models',
    {
      object: 'list',
      data: [
        { id: 'writer', object: 'model', owned_by: 'organization_owner' },
        { id: 'text-embedding-nomic', object: 'model', owned_by: 'organization_owner' },
      ],
    },
    [
      { id: 'writer', type: 'unknown' },
      { id: 'text-embedding-nomic', type: 'embedding' },
    ],
  ],
  [
    'llama.cpp as router',
    {
      object: 'list',
      data: [
        {
          id: 'ready',
          status: { value: 'loaded', args: ['--ctx-size', '4096'] },
          architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
          meta: { n_ctx: 2048, n_ctx_train: 32768 },
        },
        {
          id: 'resting',
          status: { value: 'unloaded' },
          architecture: { input_modalities: ['text'] },
          meta: null,
        },
        { id: 'coming', status: { value: 'loading' } },
        { id: 'asleep', status: { value: 'sleeping' }, meta: { n_ctx_train: 32768 } },
        { id: 'broken', status: { value: 'unloaded', exit_code: 1, failed: true } },
        { id: 'broken too', status: { value: 'failed', exit_code: 139 } },
      ],
    },
    [
      { id: 'ready', type: 'unknown', loaded: true, contextLength: 2048, vision: true },
      { id: 'resting', type: 'unknown', loaded: false, vision: false },
      { id: 'coming', type: 'unknown', loaded: false, state: 'loading' },
      { id: 'asleep', type: 'unknown', loaded: false, state: 'sleeping', contextLength: 32768 },
      { id: 'broken', type: 'unknown', loaded: false, state: 'failed' },
      { id: 'broken too', type: 'unknown', loaded: false, state: 'failed' },
    ],
  ],
  [
    'llama.cpp with one model that sees',
    {
      models: [
        { name: 'seer', model: 'seer', type: 'model', capabilities: ['completion', 'multimodal'] },
      ],
      object: 'list',
      data: [{ id: 'seer', object: 'model', owned_by: 'llamacpp', meta: { n_ctx_train: 32768 } }],
    },
    [{ id: 'seer', type: 'unknown', contextLength: 32768, vision: true }],
  ],
  [
    'llama.cpp with one model that does not',
    {
      models: [{ name: 'writer', type: 'model', capabilities: ['completion'] }],
      object: 'list',
      data: [{ id: 'writer', meta: { n_ctx: 8192, n_ctx_train: 32768 } }],
    },
    [{ id: 'writer', type: 'unknown', contextLength: 8192, vision: false }],
  ],
  [
    'llama.cpp with an embedding model',
    { data: [{ id: 'nomic-embed-text', meta: null }], models: [{ name: 'nomic-embed-text' }] },
    [{ id: 'nomic-embed-text', type: 'embedding' }],
  ],
  [
    'Ollama, /v1/models',
    { object: 'list', data: [{ id: 'llama3.2:latest', object: 'model', owned_by: 'library' }] },
    [{ id: 'llama3.2:latest', type: 'unknown' }],
  ],
  ['Ollama without any model', { object: 'list', data: null }, []],
  [
    'Ollama, its own list',
    { models: [{ name: 'mxbai-embed-large:latest' }, { name: 'llama3.2:latest' }] },
    [
      { id: 'mxbai-embed-large:latest', type: 'embedding' },
      { id: 'llama3.2:latest', type: 'unknown' },
    ],
  ],
  [
    'vLLM',
    { object: 'list', data: [{ id: 'Qwen/Qwen3-8B', owned_by: 'vllm', max_model_len: 40960 }] },
    [{ id: 'Qwen/Qwen3-8B', type: 'unknown', contextLength: 40960 }],
  ],
  [
    'Together, a bare list',
    [
      { id: 'a/chat', object: 'model', type: 'chat', context_length: 32768 },
      { id: 'a/Embed', object: 'model', type: 'embedding', context_length: 512 },
      { id: 'a/painter', object: 'model', type: 'image', running: false },
    ],
    [
      { id: 'a/chat', type: 'chat', contextLength: 32768 },
      { id: 'a/Embed', type: 'embedding', contextLength: 512 },
      { id: 'a/painter', type: 'unknown' },
    ],
  ],
  ['one-api, a bare list', [{ id: 'gpt-4o' }], [{ id: 'gpt-4o', type: 'unknown' }]],
  [
    'OpenAI',
    {
      object: 'list',
      data: [
        { id: 'text-embedding-3-small', object: 'model' },
        { id: 'gpt-5', object: 'model' },
      ],
    },
    [
      { id: 'text-embedding-3-small', type: 'embedding' },
      { id: 'gpt-5', type: 'unknown' },
    ],
  ],
  [
    'mlx_lm.server',
    { object: 'list', data: [{ id: 'mlx-community/a', object: 'model', created: 1 }] },
    [{ id: 'mlx-community/a', type: 'unknown' }],
  ],
  ['a list without models', { data: [] }, []],
  ['a bare list without models', [], []],
  ['LM Studio without models', { models: [] }, []],
];
for (const [server, body, models] of servers) {
  test(server, () => assert.deepEqual(readListing(body), models));
}

const none: readonly [name: string, body: unknown][] = [
  [
    'LM Studio on an unknown path',
    { error: 'Unexpected endpoint or method. (GET /api/v1/models)' },
  ],
  ['no JSON', undefined],
  ['null', null],
  ['a text', 'models'],
  ['a number', 7],
  ['an object without a list', { object: 'list' }],
  ['an error whose data is null', { success: false, message: 'no token', data: null }],
  ['a list by name', { data: { a: {} }, models: 'a' }],
];
for (const [name, body] of none) {
  test(`${name} is no list`, () => assert.equal(readListing(body), undefined));
}

test('an embedding model is known by its name only if it has no type', () => {
  const types = {
    'nomic-embed-text': 'embedding',
    'Qwen3-Embedding-0.6B': 'embedding',
    'text-embedding-ada-002': 'embedding',
    embeddinggemma: 'embedding',
    'embedded-coder': 'unknown',
    'gemma-3': 'unknown',
  } as const;
  for (const [id, type] of Object.entries(types)) {
    assert.deepEqual(readListing([{ id }]), [{ id, type }]);
    assert.deepEqual(readListing([{ id, type: null }]), [{ id, type }]);
    assert.deepEqual(readListing([{ id, type: 'llm' }]), [{ id, type: 'chat' }]);
    assert.deepEqual(readListing([{ id, type: 'embedding' }]), [{ id, type: 'embedding' }]);
    assert.deepEqual(readListing([{ id, type: 'rerank' }]), [{ id, type: 'unknown' }]);
  }
});

test('the context is the one that is loaded, else the most there can be', () => {
  const item = {
    loaded_instances: [{ config: { context_length: 1 } }],
    loaded_context_length: 2,
    meta: { n_ctx: 3, n_ctx_train: 7 },
    max_context_length: 4,
    max_model_len: 5,
    context_length: 6,
  };
  const found = (less: object) => readListing([{ id: 'a', ...item, ...less }])?.[0]?.contextLength;
  const none = undefined;
  assert.equal(found({}), 1);
  assert.equal(found({ loaded_instances: none }), 2);
  assert.equal(found({ loaded_instances: none, loaded_context_length: 0 }), 3);
  const meta = { n_ctx: '3', n_ctx_train: 7 };
  const without = { loaded_instances: [{}], loaded_context_length: null, meta };
  assert.equal(found(without), 4);
  assert.equal(found({ ...without, max_context_length: -1 }), 5);
  assert.equal(found({ ...without, max_context_length: none, max_model_len: [5] }), 6);
  const last = { max_context_length: none, max_model_len: none, context_length: Number.NaN };
  assert.equal(found({ ...without, ...last }), 7);
  assert.equal(found({ ...without, ...last, meta: {} }), none);
});

test('a model sees where the server says so, and does not where it says that', () => {
  const cases: [item: object, vision: boolean | undefined][] = [
    [{}, undefined],
    [{ type: 'vlm' }, true],
    [{ type: 'llm' }, undefined],
    [{ type: 'llm', loaded_instances: [] }, false],
    [{ type: 'vlm', capabilities: { vision: false } }, false],
    [{ type: 'llm', state: 'loaded', capabilities: { vision: true } }, true],
    [{ architecture: { input_modalities: ['text', 'image'] } }, true],
    [{ architecture: { input_modalities: ['text', 'audio'] } }, false],
    [{ architecture: { input_modalities: [] } }, false],
    [{ capabilities: ['completion'] }, false],
    [{ capabilities: ['completion', 'multimodal'] }, true],
    [{ capabilities: ['tool_use'] }, undefined],
    [{ capabilities: ['multimodal'], architecture: { input_modalities: ['text'] } }, false],
  ];
  for (const [item, vision] of cases) {
    assert.equal(readListing([{ id: 'a', ...item }])?.[0]?.vision, vision, JSON.stringify(item));
  }
});

test('a name that comes twice is one model: a loaded one, else the first, in its place', () => {
  const a = { id: 'a', state: 'not-loaded', max_context_length: 1 };
  const first = { id: 'a', type: 'unknown', loaded: false, contextLength: 1, vision: false };
  const b = { id: 'b' };
  const loaded = { id: 'a', state: 'loaded', max_context_length: 2 };
  const other = { id: 'a', state: 'loaded', max_context_length: 3 };
  const plainB = { id: 'b', type: 'unknown' };
  assert.deepEqual(readListing([a, b, { ...a, max_context_length: 9 }]), [first, plainB]);
  const best = { ...first, loaded: true, contextLength: 2 };
  assert.deepEqual(readListing([a, b, other, loaded]), [best, plainB]);
  assert.deepEqual(readListing([loaded, b, a]), [best, plainB]);
});

test('what is no model is left out', () => {
  const junk = [null, 7, 'a', [], {}, { id: 7 }, { id: '' }, { id: null }, { id: { id: 'a' } }];
  assert.deepEqual(readListing([...junk, { id: 'a' }]), [{ id: 'a', type: 'unknown' }]);
  assert.deepEqual(readListing(junk), []);
});

test('fields of other kinds than expected tell nothing', () => {
  const kinds = [
    null,
    7,
    'a',
    true,
    [],
    [[null]],
    [{ config: 7 }],
    {},
    { value: {} },
    { reasoning: 7 },
  ];
  const fields =
    `type state status loaded_instances capabilities architecture meta max_context_length
    loaded_context_length max_model_len context_length`.split(/\s+/);
  for (const field of fields) {
    for (const kind of kinds) {
      const [model] = readListing([{ id: 'a', [field]: kind }]) ?? [];
      assert.equal(model?.id, 'a', field);
      if (!/state|loaded_instances|_len/.test(field)) {
        assert.deepEqual(model, { id: 'a', type: 'unknown' }, `${field}: ${JSON.stringify(kind)}`);
      }
    }
  }
  const reasoning = { allowed_options: ['low', 7, null, 'high'] };
  assert.deepEqual(readListing([{ id: 'a', capabilities: { reasoning } }])?.[0]?.reasoning, [
    'low',
    'high',
  ]);
});

test('names that are fields of every object are names like others', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const body = JSON.parse(`[${names.map((id) => `{"id":"${id}"}`)}]`);
  assert.deepEqual(
    readListing(body),
    names.map((id) => ({ id, type: 'unknown' })),
  );
});

test('a hundred thousand models are read', () => {
  const data = Array.from({ length: 100_000 }, (_, index) => ({ id: `model ${index}` }));
  const models = data.map(({ id }) => ({ name: id, capabilities: ['completion'] }));
  const read = readListing({ data, models });
  assert.equal(read?.length, 100_000);
  assert.deepEqual(read?.at(-1), { id: 'model 99999', type: 'unknown', vision: false });
});
