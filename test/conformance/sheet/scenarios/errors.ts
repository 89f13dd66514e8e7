import type { Serve } from '../server/wire.ts';
import {
  bare,
  chunk,
  data,
  done,
  finish,
  HELLO,
  hello,
  helloText,
  opening,
  role,
  text,
} from './frames.ts';
import { sends } from './framing.ts';
import { group, type Seen } from './scenario.ts';

/** Answers with a body at once. */
export const answers =
  (status: number, body: string, headers: Record<string, string> = json): Serve =>
  async (wire) => {
    await wire.head(status, {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    });
    await wire.send(body);
  };

const json = { 'content-type': 'application/json; charset=utf-8' };
const html = { 'content-type': 'text/html; charset=utf-8' };
const plain = { 'content-type': 'text/plain' };

const noModel = 'No models loaded. Please load a model in the developer page.';
const tooLong = 'request (9025 tokens) exceeds the available context size (8192 tokens)';
const crash = 'The model has crashed without additional information.';

const overflow = {
  error: { code: 400, message: tooLong, type: 'exceed_context_size_error', n_ctx: 8192 },
};
/** LM Studio puts its engine's answer into a string. */
const nested = JSON.stringify({
  error: `Engine protocol predict request returned 400: ${JSON.stringify(overflow)}`,
});

/** The server is a chat server, and has said what is wrong. */
function blamesTheBaseURL({ reason }: Seen): string | undefined {
  return reason === 'base-url' ? 'blames the base URL' : undefined;
}

/** A server that knows no `stream_options`. */
const withoutStreamOptions =
  (status: number, refusal: unknown): Serve =>
  (wire) =>
    'stream_options' in JSON.parse(wire.request.body)
      ? answers(status, JSON.stringify(refusal))(wire)
      : sends(...hello)(wire);

const unknownField = {
  error: { message: 'Unrecognized request argument supplied: stream_options', code: null },
};

/** Mistral's 422 (pydantic's words), Databricks' 400. */
export const streamOptions = group('A server without `stream_options`', [
  {
    name: '400 that names it: asked again without it',
    serve: withoutStreamOptions(400, unknownField),
    right: { text: HELLO },
    requests: 2,
  },
  {
    name: '422 that names it in a path: asked again without it',
    serve: withoutStreamOptions(422, {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'stream_options'],
          msg: 'Extra inputs are not permitted',
        },
      ],
    }),
    right: { text: HELLO },
    requests: 2,
  },
  {
    name: '400 that names it, whatever is asked: the words, after two requests at most',
    serve: answers(400, JSON.stringify(unknownField)),
    right: { error: /stream_options/ },
    requests: 2,
  },
  {
    name: '400 that names another field: asked once',
    serve: answers(400, JSON.stringify({ error: { message: 'Unknown field: max_tokens' } })),
    right: { error: /Unknown field: max_tokens/ },
    requests: 1,
  },
  {
    name: 'left out, where the program says so',
    serve: withoutStreamOptions(400, unknownField),
    ask: { usage: false },
    right: { text: HELLO },
    requests: 1,
  },
  {
    name: 'left out, where the program says so: it is in no request',
    serve: sends(...hello),
    ask: { usage: false },
    right: { text: HELLO },
    wrong: ({ requests }) =>
      requests.some(({ body }) => body.includes('stream_options')) ? 'sends it' : undefined,
  },
]);

export const errorsBefore = group(
  'Errors before the stream',
  [
    {
      name: '400 `{"error":{"message"}}`',
      serve: answers(
        400,
        JSON.stringify({ error: { message: noModel, param: 'model', code: null } }),
      ),
      right: { error: /No models loaded/ },
    },
    {
      name: '400 `{"error":"…"}`',
      serve: answers(400, JSON.stringify({ error: "'messages' field is required" })),
      right: { error: /field is required/ },
    },
    {
      name: '400 JSON inside the text of an error',
      serve: answers(400, nested),
      right: { error: /exceeds the available context size/ },
      wrong: ({ error = '' }) => (error.includes('{\\"') ? 'raw JSON' : undefined),
    },
    {
      name: '400 `{"message"}`',
      serve: answers(
        400,
        JSON.stringify({ object: 'error', message: 'bad request body', code: 400 }),
      ),
      right: { error: /bad request body/ },
    },
    {
      name: '413 `{"statusCode","error":"Payload Too Large","message"}` (Fastify)',
      serve: answers(
        413,
        JSON.stringify({
          statusCode: 413,
          error: 'Payload Too Large',
          message: 'Request body is too large',
        }),
      ),
      right: { error: /Request body is too large/ },
      requests: 1,
    },
    {
      name: '422 `{"detail":[{"msg"}]}`',
      serve: answers(
        422,
        JSON.stringify({
          detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'missing' }],
        }),
      ),
      right: { error: /field required/ },
    },
    {
      name: '429 with `Retry-After: 1`: asked once',
      serve: answers(429, JSON.stringify({ error: 'Too many requests' }), {
        ...json,
        'retry-after': '1',
      }),
      right: { error: /too many requests/i },
      requests: 1,
      limit: 10_000,
    },
    {
      name: '502 an HTML page of a proxy',
      serve: answers(
        502,
        '<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>',
        html,
      ),
      right: { error: /Bad Gateway/ },
      wrong: ({ error = '' }) => (error.includes('<title>') ? 'raw HTML' : undefined),
      limit: 10_000,
    },
    {
      name: '400 JSON called `text/plain`',
      serve: answers(400, JSON.stringify({ error: { message: noModel } }), plain),
      right: { error: /No models loaded/ },
    },
    {
      name: '404 plain text',
      serve: answers(404, 'Not Found', plain),
      right: { error: /not found|404/i },
      requests: 1,
    },
    {
      name: '400 an event stream with `event: error`',
      serve: answers(
        400,
        `event: error\ndata: ${JSON.stringify({ error: { message: noModel } })}\n\n`,
        { 'content-type': 'text/event-stream' },
      ),
      right: { error: /No models loaded/ },
    },
    {
      name: '400 an empty body',
      serve: answers(400, ''),
      right: { error: /400/ },
    },
    {
      name: '400 JSON that is cut off',
      serve: answers(400, '{"error":{"message":"No models loa'),
      right: { error: /No models loa/ },
    },
    {
      name: '400 a body that never ends',
      async serve(wire) {
        await wire.head(400, json);
        await wire.send('{"error":"No models loaded"');
        await wire.hold();
      },
      ask: { patience: 1000 },
      right: { error: true },
    },
    {
      name: '400 a body that breaks off',
      async serve(wire) {
        await wire.head(400, json);
        await wire.send('{"error":"No models loaded"');
        await wire.reset();
      },
      right: { error: /400|No models/ },
    },
    {
      name: '500 `{"error":{"message"}}`: its words, and asked once, for every try is a run of the model',
      serve: answers(500, JSON.stringify({ error: { message: crash, type: 'internal_error' } })),
      right: { error: /model has crashed/ },
      requests: 1,
      limit: 10_000,
    },
    {
      name: '503 while loading, twice, then the reply',
      async serve(wire) {
        if (wire.request.nth > 2) return sends(...hello)(wire);
        await answers(
          503,
          JSON.stringify({ error: { message: 'Loading model', code: 503 } }),
        )(wire);
      },
      right: { text: HELLO },
      limit: 10_000,
    },
    {
      name: '503 with `Retry-After: 1`, then the reply',
      async serve(wire) {
        if (wire.request.nth > 1) return sends(...hello)(wire);
        await answers(503, JSON.stringify({ error: 'busy' }), { ...json, 'retry-after': '1' })(
          wire,
        );
      },
      right: { text: HELLO },
      limit: 10_000,
    },
    {
      name: '503 with `Retry-After: 99999999`, beyond any timer: not asked in a loop',
      serve: answers(503, JSON.stringify({ error: { message: 'Loading model', code: 503 } }), {
        ...json,
        'retry-after': '99999999',
      }),
      use: 'abort',
      ask: { patience: 0 },
      right: [{ aborts: true }, { error: /loading|503/i }],
      requests: 3,
    },
    {
      name: '503 while loading, for ever',
      serve: answers(503, JSON.stringify({ error: { message: 'Loading model', code: 503 } })),
      ask: { patience: 2000 },
      right: { error: /loading|503/i },
      requests: 20,
      limit: 12_000,
    },
    {
      name: '503 of another kind',
      serve: answers(503, JSON.stringify({ error: 'The backend is gone' })),
      right: { error: /backend is gone/ },
      requests: 1,
      limit: 12_000,
    },
    {
      name: '200 `{"error":"Unexpected endpoint"}`: no /v1 in the base URL',
      serve: answers(
        200,
        JSON.stringify({ error: 'Unexpected endpoint or method. (POST /chat/completions)' }),
      ),
      baseURL: (port) => `http://127.0.0.1:${port}`,
      right: { error: /Unexpected endpoint/ },
    },
    {
      name: '200 `{"error":{"message"}}` as JSON',
      serve: answers(200, JSON.stringify({ error: { message: noModel } })),
      right: { error: /No models loaded/ },
    },
    {
      name: '200 pretty-printed error, called an event stream',
      serve: sends(JSON.stringify({ error: { message: noModel } }, undefined, 2)),
      right: { error: /No models loaded/ },
    },
    {
      name: '200 an HTML page',
      serve: answers(
        200,
        '<html><head><title>Sign in to Proxy</title></head><body>…</body></html>',
        html,
      ),
      right: { error: /Sign in to Proxy|HTML/i },
    },
    {
      name: '200 a bare line, called an event stream (llama.cpp: its model died)',
      serve: sends('proxy error: Failed to read connection\n'),
      right: { error: /Failed to read connection/ },
      wrong: blamesTheBaseURL,
      cuts: true,
    },
    {
      name: '200 plain text',
      serve: answers(200, 'Ollama is running', plain),
      right: { error: /Ollama is running/ },
    },
    { name: '200 an empty body', serve: answers(200, ''), right: { error: true } },
    {
      name: '200 JSON of another kind',
      serve: answers(200, JSON.stringify({ object: 'list', data: [] })),
      right: { error: true },
    },
    {
      name: '200 JSON that is cut off',
      serve: answers(200, '{"choices":[{"message":{"content":"Hel'),
      right: { error: true },
    },
    {
      name: '204 no content',
      serve: (wire) => wire.raw('HTTP/1.1 204 No Content\r\n\r\n'),
      right: { error: true },
    },
  ],
  { transport: true },
);

const computeError = { error: { message: 'Compute error.' }, message: 'Compute error.' };

/** The server fails after some text. */
const afterText = (...frames: string[]): Serve => sends(...helloText.slice(0, 2), ...frames);
const told = { error: /Compute error/, keeps: 'Hello, ' };

export const errorsInside = group('Errors inside the stream', [
  {
    name: '`event: error` before the first token, 200',
    serve: sends(`event: error\n${data(JSON.stringify(computeError))}`),
    right: { error: /Compute error/ },
  },
  {
    name: '`event: error` after some text',
    serve: afterText(`event: error\n${data(JSON.stringify(computeError))}`),
    right: told,
  },
  {
    name: '`event: error` with plain text',
    serve: afterText('event: error\ndata: Compute error.\n\n'),
    right: told,
  },
  {
    name: '`event: error` with JSON that names no error',
    serve: afterText('event: error\ndata: {"code":500,"reason":"Compute error."}\n\n'),
    right: told,
  },
  {
    name: '`event: error` without data, then the end',
    serve: afterText('event: error\n\n'),
    right: { error: true, keeps: 'Hello, ' },
  },
  {
    name: '`data: [{"error":{"message"}}]`, in a list',
    serve: afterText(
      data(JSON.stringify([{ error: { code: 503, message: 'Compute error.' } }])),
      done,
    ),
    right: told,
  },
  {
    name: '`data: {"error":{"message"}}`, the stream ends',
    serve: afterText(data(JSON.stringify({ error: computeError.error }))),
    right: told,
  },
  {
    name: '`data: {"error":{…}}`, then `[DONE]`',
    serve: afterText(data(JSON.stringify({ error: { ...computeError.error, code: 500 } })), done),
    right: told,
  },
  {
    name: 'an error beside `choices: []`',
    serve: afterText(
      data(bare({ choices: [], error: { message: 'Compute error.', code: 502 } })),
      done,
    ),
    right: told,
  },
  {
    name: 'an error beside a choice with `finish_reason: "error"`',
    serve: afterText(
      data(chunk({ content: '' }, 'error', { error: { message: 'Compute error.' } })),
      done,
    ),
    right: told,
  },
  {
    name: '`data: {"object":"error","message"}`',
    serve: afterText(
      data(JSON.stringify({ object: 'error', message: 'Compute error.', code: 500 })),
      done,
    ),
    right: told,
  },
  {
    name: '`data: {"detail":"…"}`',
    serve: afterText(data(JSON.stringify({ detail: 'Compute error.' }))),
    right: told,
  },
  {
    name: 'the `error:` field, then `[DONE]`',
    serve: afterText('error: {"code":400,"message":"Compute error."}\n\n', done),
    right: told,
    cuts: true,
  },
  {
    name: 'JSON without `data:` after some text, no line end',
    serve: afterText('{"error":{"mess', 'age":"Compute error."}}'),
    right: told,
    cuts: true,
  },
  {
    name: 'an error frame, and the socket stays open',
    async serve(wire) {
      for (const frame of helloText.slice(0, 2)) await wire.send(frame);
      await wire.send(data(JSON.stringify(computeError)));
      await wire.hold();
    },
    right: told,
  },
  {
    name: 'an error frame, then a reset',
    async serve(wire) {
      for (const frame of helloText.slice(0, 2)) await wire.send(frame);
      await wire.send(data(JSON.stringify(computeError)));
      await wire.reset();
    },
    right: told,
  },
  {
    name: 'an error frame without a blank line at the end of the body',
    serve: afterText(`data: ${JSON.stringify(computeError)}`),
    right: told,
  },
  {
    name: 'an error frame after the finish frame',
    serve: sends(...helloText, finish(), data(JSON.stringify(computeError)), done),
    right: { error: /Compute error/, keeps: HELLO },
  },
  {
    name: 'an error without words: `{"error":{"type"}}`',
    serve: afterText(data(JSON.stringify({ error: { type: 'internal_error', code: 500 } }))),
    right: { error: /internal_error|500/, keeps: 'Hello, ' },
  },
  {
    name: '`{"error":true}`',
    serve: afterText(data('{"error":true}'), done),
    right: { error: true, keeps: 'Hello, ' },
  },
  {
    name: '`{"error":false}` and `{"error":""}` on text frames are harmless',
    serve: sends(
      data(chunk({ role: 'assistant', content: 'Hello' }, null, { error: false })),
      data(chunk({ content: ', ' }, null, { error: '' })),
      ...hello.slice(2),
    ),
    right: { text: HELLO },
  },
  {
    name: 'a bare line after some text, and a clean end (llama.cpp: its model died)',
    serve: afterText('proxy error: Failed to read connection'),
    right: { error: /Failed to read connection/, keeps: 'Hello, ' },
    wrong: blamesTheBaseURL,
    cuts: true,
  },
  {
    name: 'an HTML page after some text',
    serve: afterText('<html><head><title>502 Bad Gateway</title></head></html>\n'),
    right: { error: true, keeps: 'Hello, ' },
  },
]);

/** The body ends (in the way of `end`) after these pieces. */
const cutAfter =
  (end: 'end' | 'close' | 'reset', ...pieces: string[]): Serve =>
  async (wire) => {
    await wire.head();
    for (const piece of pieces) await wire.send(piece);
    await wire[end]();
  };

const half = text('world.').slice(0, 150);
const fragment = data(
  chunk({
    tool_calls: [
      {
        index: 0,
        id: 'c1',
        type: 'function',
        function: { name: 'get_weather', arguments: '{"ci' },
      },
    ],
  }),
);
const ways = [
  { end: 'end', words: 'a clean end' },
  { end: 'close', words: 'closed' },
  { end: 'reset', words: 'reset' },
] as const;

export const ends = group(
  'The stream breaks off',
  [
    {
      name: 'closed before the head',
      serve: (wire) => wire.close(),
      right: { error: true },
      limit: 12_000,
    },
    {
      name: 'reset before the head',
      serve: (wire) => wire.reset(),
      right: { error: true },
      limit: 12_000,
    },
    {
      name: 'closed inside the head',
      async serve(wire) {
        await wire.raw('HTTP/1.1 200 OK\r\ncontent-ty');
        await wire.close();
      },
      right: { error: true },
      limit: 12_000,
    },
    {
      name: 'a `101 Switching Protocols` that nobody asked for',
      serve: (wire) =>
        wire
          .raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n')
          .then(() => wire.hold()),
      right: { error: true },
    },
    {
      name: 'no HTTP at all',
      async serve(wire) {
        await wire.raw('SSH-2.0-OpenSSH_9.2\r\n');
        await wire.close();
      },
      right: { error: true },
      limit: 12_000,
    },
    ...ways.flatMap(({ end, words }) => [
      {
        name: `after the head: ${words}`,
        serve: cutAfter(end),
        right: { error: true as const, keeps: '' },
      },
      {
        name: `after the role frame: ${words}`,
        serve: cutAfter(end, role),
        right: { error: true as const, keeps: '' },
      },
      {
        name: `after some text: ${words}`,
        serve: cutAfter(end, ...helloText.slice(0, 2)),
        right: { error: true as const, keeps: 'Hello, ' },
      },
      {
        name: `inside a frame: ${words}`,
        serve: cutAfter(end, ...helloText.slice(0, 2), half),
        right: { error: true as const, keeps: 'Hello, ' },
      },
      {
        name: `inside tool arguments: ${words}`,
        serve: cutAfter(end, fragment),
        ask: { tools: true },
        right: { error: true as const },
      },
    ]),
    {
      name: 'inside `[DONE]`: a clean end',
      serve: cutAfter('end', ...helloText, 'data: [DO'),
      right: { error: true, keeps: HELLO },
    },
    {
      name: 'inside a character: a clean end',
      serve: sends(
        ...helloText,
        Buffer.from(text('世')).subarray(0, Buffer.from(text('世')).indexOf(0xe4) + 1),
      ),
      right: { error: true, keeps: HELLO },
    },
    {
      name: 'after a whole JSON without its blank line, no finish: a clean end',
      serve: cutAfter('end', ...helloText.slice(0, 2), text('world.').trimEnd()),
      right: { error: true },
    },
    {
      name: 'inside the finish frame: a clean end',
      serve: cutAfter('end', ...helloText, finish().slice(0, -8)),
      right: { error: true, keeps: HELLO },
    },
    {
      name: 'only comments, then a clean end',
      serve: cutAfter('end', ': ping\n\n', ': ping\n\n'),
      right: { error: true, keeps: '' },
    },
    {
      name: 'fewer bytes than `content-length`',
      async serve(wire) {
        await wire.head(200, { 'content-type': 'text/event-stream', 'content-length': '5000' });
        for (const frame of helloText.slice(0, 2)) await wire.send(frame);
        await wire.close();
      },
      right: { error: true, keeps: 'Hello, ' },
    },
    {
      name: 'HTTP/1.0, the connection ends before the finish frame',
      async serve(wire) {
        await wire.raw('HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n');
        for (const frame of helloText.slice(0, 2)) await wire.raw(frame);
        await wire.close();
      },
      right: { error: true, keeps: 'Hello, ' },
    },
    {
      name: 'an HTTP chunk size that is no number: the message says so',
      async serve(wire) {
        for (const frame of helloText.slice(0, 2)) await wire.send(frame);
        await wire.raw('zz\r\n');
        await wire.hold();
      },
      right: { error: /chunk/i, keeps: 'Hello, ' },
    },
    {
      name: 'Ollama swallows its error: an empty delta, then the end',
      serve: sends(...helloText.slice(0, 2), text('')),
      right: { error: true, keeps: 'Hello, ' },
    },
  ],
  { transport: true },
);

export const malformed = group('Malformed frames', [
  {
    name: 'a frame with broken JSON between two good ones',
    serve: sends(
      ...helloText.slice(0, 2),
      'data: {"choices":[{"delta":{"con\n\n',
      ...hello.slice(2),
    ),
    right: { error: true, keeps: 'Hello, ' },
  },
  {
    name: 'the message shows the start of the broken frame',
    serve: sends(opening('Hello'), 'data: {"choices":[{"delta":oops}]}\n\n', ...hello.slice(1)),
    right: { error: /"choices":\[/, keeps: 'Hello' },
  },
  {
    name: 'plain text in the place of JSON',
    serve: sends(opening('Hello'), 'data: hello there\n\n', ...hello.slice(1)),
    right: { error: true, keeps: 'Hello' },
  },
  {
    name: '`NaN` in the JSON',
    serve: sends(opening('Hello'), 'data: {"logprob": NaN, "choices": []}\n\n', ...hello.slice(1)),
    right: { error: true, keeps: 'Hello' },
  },
  {
    name: 'two frames glued on one `data:` line',
    serve: sends(
      opening('Hello'),
      `data: ${chunk({ content: 'a' })}${chunk({ content: 'b' })}\n\n`,
      done,
    ),
    right: { error: true, keeps: 'Hello' },
  },
  {
    name: '`choices` is an object, `delta` a string, `content` a number',
    serve: sends(
      opening('Hello'),
      data(bare({ choices: { 0: { delta: { content: 'x' } } } })),
      data(chunk('text')),
      data(chunk({ content: 5 })),
      ...hello.slice(1),
    ),
    right: [{ text: HELLO }, { error: /choices|delta|content|chat completion/i, keeps: 'Hello' }],
  },
]);
