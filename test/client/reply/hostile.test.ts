/** A server that means harm: what it costs is bounded, what it learns is nothing, and the process stays sound. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ChatError, Fetch, StreamOptions } from '../../../src/index.ts';
import { streamChat } from '../../../src/index.ts';
import { nodeFetch } from '../../../src/node-fetch.ts';
import { startHttpServer } from '../../tools/http-server.ts';

const encoder = new TextEncoder();
const MIB = 2 ** 20;

/** A `fetch` whose reply gives these reads, and how many bytes of it were asked for. */
function serving(
  reads: Iterable<string | Uint8Array>,
  init: ResponseInit = { headers: { 'content-type': 'text/event-stream' } },
): { fetch: Fetch; pulled: () => number; cancelled: () => boolean } {
  const iterator = reads[Symbol.iterator]();
  let pulled = 0;
  let cancelled = false;
  const fetch: Fetch = async () => {
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const { done, value } = iterator.next();
          if (done) return controller.close();
          const bytes = typeof value === 'string' ? encoder.encode(value) : value;
          pulled += bytes.length;
          controller.enqueue(bytes);
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, init);
  };
  return { fetch, pulled: () => pulled, cancelled: () => cancelled };
}

/** The same piece again and again. */
function* endless(piece: string, first = ''): Generator<string> {
  if (first !== '') yield first;
  const block = piece.repeat(Math.ceil(65_536 / piece.length));
  for (;;) yield block;
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (fields: object): string => data({ choices: [{ index: 0, delta: fields }] });
const finish = data({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const done = 'data: [DONE]\n\n';
const messages = [{ role: 'user', content: 'Hello' }];

/** Reads a reply that must fail, and gives its error. */
async function failure(options: StreamOptions): Promise<ChatError> {
  const reply = streamChat({ messages }, options);
  try {
    for await (const _ of reply);
  } catch (error) {
    assert.ok(error instanceof Error);
    return error as ChatError;
  }
  return assert.fail('it did not fail');
}

/** Reads a reply of a sound server: the process has taken no harm. */
async function stillWorks(): Promise<void> {
  const { fetch } = serving([delta({ content: 'Hi' }), finish, done]);
  const { text, verdict } = await streamChat({ messages }, { fetch }).result;
  assert.deepEqual([text, verdict], ['Hi', 'complete']);
}

describe('what never ends is given up, and its connection closed', () => {
  const limits = { maxEventBytes: 200_000, maxResultBytes: 200_000 };
  const cases: [what: string, piece: string, first?: string][] = [
    ['a line', 'x', 'data: '],
    ['a line without a field', 'x'],
    ['a comment', 'x', ': '],
    ['an event', `data: ${'x'.repeat(500)}\n`],
    ['a run of bare JSON without an end', '{"a":'],
    ['lines of no field', 'no field\n'],
    ['text', delta({ content: 'x'.repeat(100) })],
    ['reasoning', delta({ reasoning_content: 'x'.repeat(100) })],
    ['thinking in the content', delta({ content: 'x'.repeat(100) }), delta({ content: '<think>' })],
    [
      'tool arguments',
      delta({ tool_calls: [{ index: 0, function: { name: 'f', arguments: 'x'.repeat(100) } }] }),
    ],
    ['tool fragments without a byte', delta({ tool_calls: [{ index: 0, function: {} }] })],
    [
      'tool names',
      delta({ tool_calls: [{ function: { name: 'x'.repeat(1000), arguments: '' } }] }),
    ],
  ];
  for (const [what, piece, first] of cases) {
    test(what, async () => {
      const { fetch, pulled, cancelled } = serving(endless(piece, first));
      const { name, kind } = await failure({ fetch, ...limits });
      assert.deepEqual([name, kind], ['ChatError', 'too-large']);
      assert.ok(pulled() < 60 * 200_000, `${pulled()} bytes were read`);
      assert.ok(cancelled(), 'the body is still open');
    });
  }

  test('new tool calls', async () => {
    let index = 0;
    const reads = (function* () {
      for (;;) {
        yield Array.from({ length: 500 }, () =>
          delta({ tool_calls: [{ index: index++, id: `c${index}`, function: { name: 'f' } }] }),
        ).join('');
      }
    })();
    const { fetch, cancelled } = serving(reads);
    assert.equal((await failure({ fetch, ...limits })).kind, 'too-large');
    assert.ok(cancelled());
  });

  test('the body of an error: about 1 MiB of it is read', async () => {
    const init = { status: 400, headers: { 'content-type': 'text/plain' } };
    const { fetch, pulled, cancelled } = serving(endless('No models loaded. '), init);
    const { kind, status } = await failure({ fetch });
    assert.deepEqual([kind, status], ['http', 400]);
    assert.ok(pulled() < 2 * MIB, `${pulled()} bytes were read`);
    assert.ok(cancelled());
  });

  test('JSON in the place of a stream', async () => {
    const { fetch, cancelled } = serving(endless('{"error":"x"},', '['), {
      headers: { 'content-type': 'application/json' },
    });
    await failure({ fetch, ...limits });
    assert.ok(cancelled());
  });

  for (const [name, fetch] of [
    ['fetch', undefined],
    ['nodeFetch', nodeFetch],
  ] as const) {
    test(`headers, over ${name}`, async () => {
      let closed: () => void = () => {};
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const server = await startHttpServer((request) => {
        const { socket } = request;
        socket.on('error', () => {}).on('close', closed);
        socket.write('HTTP/1.1 200 OK\r\n');
        const send = () => {
          while (!socket.destroyed && socket.write(`x-${Math.random()}: ${'x'.repeat(1000)}\r\n`));
          socket.once('drain', send);
        };
        send();
      });
      try {
        const { kind } = await failure({ baseURL: `${server.origin}/v1`, fetch });
        assert.equal(kind, 'connection');
        await gone;
      } finally {
        await server.close();
      }
    });
  }
});

describe('whatever is kept counts for maxResultBytes', () => {
  const maxResultBytes = 200_000;
  /** Each frame is little more than what is kept of it. */
  const mostRead = 4 * maxResultBytes;

  /** The same frame again and again; `#` in it is a number of its own. */
  function* numbered(frame: string, first = ''): Generator<string> {
    if (first !== '') yield first;
    for (let nth = 0; ; nth++) yield frame.replace('#', String(nth));
  }

  const long = 'x'.repeat(1000);
  const call = (fields: object) => delta({ tool_calls: [fields] });
  const cases: [what: string, frame: string, first?: string][] = [
    ['the name of a call, in pieces', call({ index: 0, function: { name: `#${long}` } })],
    ['the ids of calls', call({ id: `#${long}`, function: { name: 'f' } })],
    ['a header of harmony', delta({ content: long }), delta({ content: '<|channel|>analysis' })],
  ];
  for (const [what, frame, first] of cases) {
    test(what, async () => {
      const { fetch, pulled, cancelled } = serving(numbered(frame, first));
      assert.equal((await failure({ fetch, maxResultBytes })).kind, 'too-large');
      assert.ok(pulled() < mostRead, `${pulled()} bytes were read`);
      assert.ok(cancelled());
    });
  }

  for (const [what, frame] of [
    ['text', delta({ content: 'x' })],
    ['progress', data({ prompt_progress: { processed: 1, total: 2 } })],
  ] as const) {
    test(`${what} that waits for a reader who awaits the result`, async () => {
      const { fetch, pulled } = serving(numbered(frame, delta({ content: 'Hi' })));
      const reply = streamChat({ messages }, { fetch, maxResultBytes });
      const iterator = reply.events();
      await iterator.next();
      await assert.rejects(reply.result, { kind: 'too-large' });
      assert.ok(pulled() < mostRead, `${pulled()} bytes were read`);
    });
  }
});

test('a quarter of a GiB of comments and unread fields leaves nothing in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const held = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  let during = 0;
  const comments = `: ${'x'.repeat(1000)}\n\nid: 7\nretry: 1\n\ndata:\n\n${delta({})}`.repeat(60);
  const reads = (function* () {
    yield delta({ content: 'Hi' });
    for (let bytes = 0; bytes < 256 * MIB; bytes += comments.length) yield comments;
    during = held();
    yield finish;
  })();
  const { text } = await streamChat({ messages }, { fetch: serving(reads).fetch }).result;
  assert.equal(text, 'Hi');
  assert.ok(during - before < 32 * MIB, `${during - before} bytes are held`);
});

describe('JSON that is made to hurt', () => {
  const deep = (levels: number, open: string, close: string) =>
    `${open.repeat(levels)}1${close.repeat(levels)}`;

  test('nested 100,000 levels deep: in a field that nobody reads', async () => {
    const nested = deep(1e5, '[', ']');
    const { fetch } = serving([`data: {"x":${nested}}\n\n`, delta({ content: 'Hi' }), finish]);
    assert.equal((await streamChat({ messages }, { fetch }).result).text, 'Hi');
  });

  for (const [what, frame] of [
    [
      'usage, and the stream breaks off',
      `data: {"usage":{"total_tokens":1,"x":${deep(1e5, '[', ']')}}}\n\n`,
    ],
    ['an error', `data: {"error":${deep(1e5, '{"message":', '}')}}\n\n`],
    ['an error in lists', `data: {"error":${deep(1e5, '[', ']')}}\n\n`],
    ['an error in text', `data: {"error":${JSON.stringify('{"error":'.repeat(1e5))}}\n\n`],
    ['detail', `data: {"detail":${deep(1e5, '[{"msg":', '}]')}}\n\n`],
    [
      'arguments',
      delta({ tool_calls: [] }).replace(
        '[]',
        `[{"index":0,"function":{"name":"f","arguments":${deep(1e5, '[', ']')}}}]`,
      ),
    ],
    ['a line of its own', `${deep(1e5, '{"error":', '}')}\n`],
  ] as const) {
    test(`nested 100,000 levels deep: in ${what}`, async () => {
      const { fetch } = serving([delta({ content: 'Hi' }), frame]);
      const { name, partial, message } = await failure({ fetch });
      assert.equal(name, 'ChatError', message);
      assert.equal(partial?.text, 'Hi');
      assert.ok(message.length < 10_000, `${message.length} characters`);
      await stillWorks();
    });
  }

  test('nested 100,000 levels deep: in the body of an error', async () => {
    for (const body of [deep(1e5, '{"error":', '}'), deep(1e5, '[', ']'), '{'.repeat(1e6)]) {
      const { name, kind } = await failure({ fetch: serving([body], { status: 400 }).fetch });
      assert.deepEqual([name, kind], ['ChatError', 'http']);
    }
  });

  test('a message of 10 MiB is shown in part', async () => {
    const long = 'x'.repeat(10 * MIB);
    for (const reads of [[data({ error: { message: long } })], [`data: ${long}\n\n`], [long]]) {
      const { message } = await failure({ fetch: serving(reads).fetch });
      assert.ok(message.length < 10_000, `${message.length} characters`);
    }
  });

  test('numbers beyond any range', async () => {
    const frames = [
      '{"created":1e999,"choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":{"completion_tokens":1e999,"total_tokens":-1e999}}',
      '{"prompt_progress":{"total":-1,"processed":1e999},"choices":[]}',
      ...['1e9', '4294967295', '1e999', '-1', '0.5', 'null', '"0"', '"__proto__"', '[]'].map(
        (index) =>
          `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":${index},"id":"i${index.replaceAll('"', '')}","function":{"name":"f","arguments":"{}"}}]}}]}`,
      ),
    ];
    const { fetch } = serving([...frames.map((frame) => `data: ${frame}\n\n`), finish]);
    const { text, toolCalls, timing } = await streamChat({ messages }, { fetch }).result;
    assert.equal(text, 'Hi');
    assert.equal(toolCalls.length, 9);
    for (const call of toolCalls) assert.equal(typeof call.name, 'string');
    assert.equal(timing.tokensPerSecond, undefined);
  });

  test('prototype keys', async () => {
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const { fetch } = serving([
      `data: {"__proto__":{"choices":[]},"choices":[{"index":0,"delta":{"content":"Hi","__proto__":{"polluted":1}}}],"usage":{"total_tokens":1,"__proto__":{"polluted":1}}}\n\n`,
      delta({
        tool_calls: [
          { index: 0, id: '__proto__', function: { name: '__proto__', arguments: evil } },
          { index: 1, id: 'constructor', function: { name: 'hasOwnProperty', arguments: '{}' } },
        ],
      }),
      `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"__proto__":{"id":"x"},"index":2,"function":{"name":"f","arguments":${evil}}}]}}]}\n\n`,
      finish,
    ]);
    const { toolCalls, text, usage } = await streamChat({ messages }, { fetch }).result;
    assert.equal(text, 'Hi');
    assert.deepEqual(
      toolCalls.slice(0, 2).map(({ id, name }) => [id, name]),
      [
        ['__proto__', '__proto__'],
        ['constructor', 'hasOwnProperty'],
      ],
    );
    assert.equal(toolCalls.length, 3);
    for (const value of [{}, [], '', toolCalls, toolCalls[0], () => {}]) {
      assert.equal(Reflect.get(Object(value), 'polluted'), undefined);
    }
    assert.equal(Object.getPrototypeOf(usage), Object.prototype);
  });

  test('fields that are functions by name only: `then`, `toJSON`, `toString`', async () => {
    const { fetch } = serving([
      data({ then: 'x', toString: 1, choices: [{ delta: { content: 'Hi', toJSON: 1 } }] }),
      data({ error: { message: { toString: 1 }, code: { valueOf: 1 }, toJSON: 'x' } }),
    ]);
    assert.equal((await failure({ fetch })).name, 'ChatError');
  });
});

describe('a key is shown nowhere', () => {
  const KEY = 'sk-lm-9f8e7d6c5b4a39281706';
  const HEADER = 'tenant-5f4e3d2c1b0a9988';
  const shows = (value: unknown): string[] => {
    const shown = inspect(value, { depth: 20, showHidden: true, getters: true });
    const text = `${shown} ${JSON.stringify(value)} ${String(value)}`;
    return [KEY, HEADER, KEY.slice(0, 10), KEY.slice(-9), HEADER.slice(3, 14)].filter((secret) =>
      text.includes(secret),
    );
  };
  const echoes: [where: string, reads: string[], init?: ResponseInit][] = [
    [
      'an error',
      [JSON.stringify({ error: { message: `Wrong key ${KEY}`, code: KEY } })],
      { status: 401 },
    ],
    [
      'a string error, in part',
      [JSON.stringify({ error: `Malformed token ${KEY.slice(0, 10)}...` })],
      { status: 401 },
    ],
    ['plain text', [`${HEADER}: no such tenant, ${KEY}`], { status: 403 }],
    ['HTML', [`<html><title>${KEY}</title><pre>${KEY}</pre></html>`], { status: 500 }],
    ['a redirect', [''], { status: 302, headers: { location: `http://127.0.0.1:9/?key=${KEY}` } }],
    [
      'an error in the stream',
      [delta({ content: 'Hi' }), data({ error: { message: KEY, code: KEY } })],
    ],
    ['the `error:` field', [`error: {"message":"${KEY}"}\n\n`]],
    ['bare JSON', [`{"error":{"message":"${KEY}"}}\n`]],
    ['a broken frame', [`data: {"x": ${KEY}\n\n`]],
    ['text that is no stream', [`${KEY} ${HEADER}`]],
    ['the text so far', [delta({ content: `Your key is ${KEY}, ` }), delta({ content: HEADER })]],
    ['reasoning so far', [delta({ reasoning_content: KEY })]],
    [
      'a tool call',
      [
        delta({
          tool_calls: [{ index: 0, id: KEY, function: { name: KEY, arguments: `{"k":"${KEY}"}` } }],
        }),
      ],
    ],
    [
      'the model and the usage',
      [
        data({
          model: KEY,
          choices: [{ delta: { content: 'Hi' } }],
          usage: { total_tokens: 1, [KEY]: HEADER },
        }),
      ],
    ],
  ];
  for (const [where, reads, init] of echoes) {
    test(`where the server repeats it in ${where}`, async () => {
      const { fetch } = serving(reads, init);
      const error = await failure({ fetch, apiKey: KEY, headers: { 'x-tenant-key': HEADER } });
      assert.equal(error.name, 'ChatError');
      assert.deepEqual(shows(error), []);
    });
  }

  test('where it is cut over two deltas', async () => {
    const { fetch } = serving([
      delta({ content: KEY.slice(0, 7) }),
      delta({ content: KEY.slice(7) }),
    ]);
    assert.deepEqual(shows(await failure({ fetch, apiKey: KEY })), []);
  });

  for (const [name, fetch] of [
    ['fetch', undefined],
    ['nodeFetch', nodeFetch],
  ] as const) {
    test(`where it cannot be a header, over ${name}`, async () => {
      for (const key of [`${KEY}\n`, `${KEY}\nx`, `${KEY}好`]) {
        let error: unknown;
        try {
          await streamChat({ messages }, { apiKey: key, baseURL: 'http://127.0.0.1:9/v1', fetch })
            .result;
        } catch (thrown) {
          error = thrown;
        }
        assert.ok(error instanceof Error);
        assert.deepEqual(shows(error), [], inspect(error));
      }
    });

    test(`where nothing listens, over ${name}`, async () => {
      const error = await failure({
        baseURL: `http://user:${KEY}@127.0.0.1:9/v1?token=${HEADER}`,
        apiKey: KEY,
        headers: { 'x-tenant-key': HEADER },
        fetch,
      });
      assert.deepEqual(shows(error), []);
      assert.match(error.message, /127\.0\.0\.1:9/);
    });

    test(`and is not sent on to another origin, nor within the own one, over ${name}`, async () => {
      const paths: string[] = [];
      const stranger = await startHttpServer((request, response) => {
        paths.push(`stranger ${request.url}`);
        response.end();
      });
      const server = await startHttpServer((request, response) => {
        paths.push(String(request.url));
        const status = [301, 302, 303, 307, 308][paths.length - 1] ?? 307;
        response.writeHead(status, { location: `${stranger.origin}/v1/chat/completions` });
        response.end();
      });
      try {
        for (let nth = 0; nth < 5; nth++) {
          const baseURL = `${server.origin}/v1`;
          const { kind, message } = await failure({ baseURL, apiKey: KEY, fetch });
          assert.equal(kind, 'http');
          assert.ok(message.includes(String(stranger.port)), message);
        }
        assert.deepEqual(paths, Array(5).fill('/v1/chat/completions'));
      } finally {
        await Promise.all([server.close(), stranger.close()]);
      }
    });
  }
});

describe('a `fetch` of its own mind', () => {
  const stream = (source: UnderlyingDefaultSource) => new Response(new ReadableStream(source));
  const locked = () => {
    const response = new Response('x');
    response.body?.getReader();
    return response;
  };
  const cases: [what: string, fetch: () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    [
      'throws no error',
      () => {
        throw 'no';
      },
    ],
    ['rejects with nothing', () => Promise.reject()],
    ['gives nothing', async () => undefined],
    ['gives an empty object', async () => ({})],
    ['gives a response without a body', async () => new Response(null)],
    ['gives a response with status 0', async () => Response.error()],
    ['gives a body that is read already', async () => locked()],
    ['gives a body of strings', async () => stream({ pull: (to) => to.enqueue(finish) })],
    [
      'gives a body of other things',
      async () => stream({ pull: (to) => to.enqueue({ length: 5 }) }),
    ],
    ['gives a body that fails with nothing', async () => stream({ pull: (to) => to.error() })],
    [
      'gives a body of empty reads, and ends',
      async () => {
        let left = 1000;
        return stream({ pull: (to) => (left-- > 0 ? to.enqueue(new Uint8Array()) : to.close()) });
      },
    ],
  ];
  for (const [what, fetch] of cases) {
    test(`${what}: an error, and no hanging`, async () => {
      const error = await failure({ fetch: fetch as Fetch });
      assert.notEqual(error.message, '');
    });
  }
});

test('what `onChunk` does to a chunk, or throws, is its own affair', async () => {
  const { fetch, cancelled } = serving([delta({ content: 'Hi' }), ': ping\n\n', done]);
  const thrown = new Error('mine');
  const onChunk = () => {
    throw thrown;
  };
  assert.equal(await failure({ fetch, onChunk }), thrown);
  assert.ok(cancelled());
});
