import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFolder } from '../../../src/cli/fixtures/check-folder.ts';
import { readExchange, recordFetch, replayFetch } from '../../../src/replay/index.ts';
import { readBody, scratch, sent, sizesOf, startServer, textOf } from '../helpers.ts';

// The kit keeps bytes, so that it records any API. Each test records what a scripted server says, and replays it
// without the server: the same bytes in the same chunks.

interface Shape {
  readonly what: string;
  readonly path: string;
  readonly request: object;
  readonly contentType: string;
  /** What the server writes, piece by piece. */
  readonly pieces: readonly string[];
  readonly files: readonly [head: string, body: string];
  /** Whether its reader leaves at the last piece, as a client of this API does: that is its end all the same. */
  readonly saysItsEnd: boolean;
}

const event = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const line = (value: object) => `${JSON.stringify(value)}\n`;

const shapes: readonly Shape[] = [
  {
    what: '/v1/responses',
    path: '/v1/responses',
    request: { model: 'm', input: 'Hi', stream: true },
    contentType: 'text/event-stream',
    pieces: [
      event('response.created', { response: { id: 'resp_1', status: 'in_progress' } }),
      event('response.output_text.delta', { delta: 'Hel' }),
      event('response.output_text.delta', { delta: 'lo' }),
      event('response.completed', { response: { id: 'resp_1', status: 'completed' } }),
    ],
    files: ['responses.json', 'responses.sse'],
    saysItsEnd: true,
  },
  {
    what: '/v1/messages',
    path: '/v1/messages',
    request: {
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    },
    contentType: 'text/event-stream; charset=utf-8',
    pieces: [
      event('message_start', { message: { id: 'msg_1' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } }),
      event('message_stop', {}),
    ],
    files: ['messages.json', 'messages.sse'],
    saysItsEnd: true,
  },
  {
    what: "Ollama's /api/chat, a JSON a line",
    path: '/api/chat',
    request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    contentType: 'application/x-ndjson',
    pieces: [
      line({ message: { role: 'assistant', content: 'Hel' }, done: false }),
      line({ message: { content: 'lo' }, done: false }),
      line({ message: { content: '' }, done: true, done_reason: 'stop' }),
    ],
    files: ['api-chat.json', 'api-chat.ndjson'],
    saysItsEnd: true,
  },
  {
    what: '/v1/embeddings',
    path: '/v1/embeddings',
    request: { model: 'm', input: ['Hi'] },
    contentType: 'application/json; charset=utf-8',
    pieces: ['{"object":"list","data":[{"index":0,"embedding":[0.25,', '-1.5]}]}'],
    files: ['embeddings.json', 'embeddings.body.json'],
    saysItsEnd: false,
  },
];

/** A server that writes the next piece when the one before it was read. */
function startScripted(t: { after(done: () => unknown): void }, { contentType, pieces }: Shape) {
  let next = () => {};
  const origin = startServer(t, async (_, response) => {
    response.setHeader('content-type', contentType);
    for (const piece of pieces) {
      const isRead = new Promise<void>((resolve) => {
        next = resolve;
      });
      await sent(response, piece);
      await isRead;
    }
    response.end();
  });
  return { origin, onRead: () => next() };
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

for (const shape of shapes) {
  test(`${shape.what} is recorded and replayed, with its bytes and chunks`, async (t) => {
    const folder = await scratch(t);
    const { origin, onRead } = startScripted(t, shape);
    const url = (await origin) + shape.path;
    const recorded = await recordFetch(fetch, folder, { mode: 'new' })(url, post(shape.request));
    const reader = recorded.body?.getReader();
    for (const piece of shape.pieces) {
      assert.equal(textOf([(await reader?.read())?.value ?? new Uint8Array()]), piece);
      onRead();
    }
    assert.equal((await reader?.read())?.done, true);
    const replayed = await replayFetch(folder)(url, post(shape.request));
    assert.equal(replayed.headers.get('content-type'), shape.contentType);
    const { chunks, error } = await readBody(replayed);
    assert.equal(error, undefined);
    assert.equal(textOf(chunks), shape.pieces.join(''));
    assert.deepEqual(
      sizesOf(chunks),
      shape.pieces.map((piece) => piece.length),
    );
    const exchange = await readExchange(join(folder, shape.files[0]));
    assert.equal(exchange.response.body, shape.files[1]);
    assert.deepEqual((await checkFolder(folder)).problems, []);
    // A frame is what this API sends at a time.
    const byFrame = await readBody(
      await replayFetch(folder, { rechunk: 'frame' })(url, post(shape.request)),
    );
    assert.equal(byFrame.chunks.length, shape.saysItsEnd ? shape.pieces.length : 1);
  });
}

for (const shape of shapes.filter((it) => it.saysItsEnd)) {
  test(`a client that leaves at the last word of ${shape.what} has left nothing out`, async (t) => {
    const folder = join(await scratch(t), 'here');
    await mkdir(folder);
    const { origin, onRead } = startScripted(t, shape);
    const record = recordFetch(fetch, folder, { mode: 'new' });
    const reader = (
      await record((await origin) + shape.path, post(shape.request))
    ).body?.getReader();
    for (const [index] of shape.pieces.entries()) {
      await reader?.read();
      if (index < shape.pieces.length - 1) onRead();
    }
    await reader?.cancel();
    assert.equal((await readExchange(join(folder, shape.files[0]))).end, 'complete');
  });
}
