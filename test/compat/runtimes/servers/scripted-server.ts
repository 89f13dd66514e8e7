import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, startHttpServer } from '../../../tools/http-server.ts';
import type { Observed } from '../promises/harness.ts';

/** A local model server that plays a part: `http://HOST/PART/v1` is the base URL of the part's name. */
export interface ScriptedServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): void;
}

type Part = (response: ServerResponse, request: IncomingMessage) => unknown;

const chunk = (delta: object, finishReason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'scripted',
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});
const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

function frames(...data: readonly (object | string)[]): string {
  return data
    .map((item) => `data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`)
    .join('');
}

const hello = frames(
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hello' }),
  chunk({ content: ', 世界 ' }),
  chunk({ content: '👋🏽!' }),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage },
  '[DONE]',
);
const begin = frames(chunk({ role: 'assistant', content: 'Hello' }));

function stream(response: ServerResponse, text = ''): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  response.write(text);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const encoded = (text: string) => new TextEncoder().encode(text);

/** Each piece in a write of its own, with a pause that keeps the kernel from joining them. */
async function pieces(response: ServerResponse, bytes: Uint8Array, size: number): Promise<void> {
  stream(response);
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await sleep(2);
  }
  response.end();
}

const parts: Record<string, Part> = {
  hello: (response) => {
    stream(response, hello);
    response.end();
  },
  bytes: (response) => pieces(response, encoded(hello), 1),
  crlf: (response) => pieces(response, encoded(hello.replaceAll('\n', '\r\n')), 7),
  cr: (response) => pieces(response, encoded(hello.replaceAll('\n', '\r')), 7),
  'half-characters': (response) => {
    stream(response);
    const escaped = '{"choices":[{"index":0,"delta":{"content":"PIECE"}}]}';
    response.end(
      frames(
        escaped.replace('PIECE', 'a \\ud83d'),
        escaped.replace('PIECE', '\\ude00 b'),
        '[DONE]',
      ),
    );
  },
  'event-error': (response) => {
    stream(response, begin);
    response.end(
      `event: error\ndata: {"error":{"message":"The model has crashed."}}\n\n${frames('[DONE]')}`,
    );
  },
  'error-under-200': (response) =>
    json(response, 200, { error: 'Unexpected endpoint or method. (POST /chat/completions)' }),
  'no-token': (response, request) =>
    json(response, 401, {
      error: { message: `Incorrect API key: ${request.headers.authorization}`, code: 'bad_key' },
    }),
  'string-error': (response) => json(response, 400, { error: 'Model does not exist.' }),
  redirect: (response, request) => {
    if (request.url?.includes('elsewhere')) return parts.hello?.(response, request);
    response.writeHead(307, { location: '/redirect/elsewhere' });
    response.end();
  },
  'goes-silent': (response) => stream(response, begin),
  'never-begins': (response) => stream(response, ': ping\n\n'),
  'no-head': () => {},
  'ends-early': (response) => {
    stream(response, begin);
    response.end();
  },
  'breaks-off': (response) => {
    stream(response);
    response.write(begin, () => sleep(20).then(() => response.destroy()));
  },
  'done-but-open': (response) => stream(response, hello),
  long: (response) => {
    stream(response);
    const line = frames(chunk({ content: 'All work and no play makes Jack a dull boy. 🪓\n' }));
    response.end(line.repeat(20_000) + frames(chunk({}, 'length'), '[DONE]'));
  },
  'long-line': (response) => {
    stream(response, begin);
    response.write(`data: ${'x'.repeat(100_000)}`);
  },
  reasoning: (response) => {
    stream(response);
    response.end(
      frames(
        chunk({ reasoning_content: 'Let me ' }),
        chunk({ reasoning_content: 'think.' }),
        chunk({ content: '\n\n391' }),
        chunk({}, 'stop'),
        '[DONE]',
      ),
    );
  },
  'think-tags': (response) => {
    stream(response);
    response.end(
      frames(
        chunk({ content: '<thi' }),
        chunk({ content: 'nk>Let me think.</th' }),
        chunk({ content: 'ink>\n\n391' }),
        chunk({}, 'stop'),
        '[DONE]',
      ),
    );
  },
  tools: (response) => {
    stream(response);
    const call = (fields: object) => chunk({ tool_calls: [{ index: 0, ...fields }] });
    response.end(
      frames(
        call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
        call({ function: { arguments: '{"city":' } }),
        call({ function: { arguments: '"Köln"}' } }),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ),
    );
  },
  models: (response, request) => {
    if (request.url !== '/models/api/v1/models') return json(response, 404, { error: 'no' });
    const loaded = [{ id: 'gemma', config: { context_length: 4096 } }];
    json(response, 200, {
      models: [
        {
          type: 'llm',
          key: 'gemma',
          loaded_instances: loaded,
          max_context_length: 131_072,
          capabilities: { vision: true, trained_for_tool_use: true },
        },
        { type: 'embedding', key: 'nomic', loaded_instances: [], max_context_length: 2048 },
      ],
    });
  },
  'plain-models': (response, request) =>
    request.url === '/plain-models/v1/models'
      ? json(response, 200, { object: 'list', data: [{ id: 'qwen', object: 'model' }] })
      : json(response, 200, { error: `Unexpected endpoint or method. (GET ${request.url})` }),
};

/**
 * Starts it on a free port of the loopback. What a part has seen is told by `GET /PART/observed`, which answers when
 * every connection of that part is over; `GET /PART/requests` answers at once. `GET /closed-port` names a port where
 * nothing listens.
 */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen = new Map<string, { requests: Observed['requests']; open: Promise<unknown>[] }>();

  const closedPort = await findFreePort();
  const server = await startHttpServer(async (request, response) => {
    // Any page may read it: the browser's tests come from another origin.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('cache-control', 'no-store');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'authorization, content-type, x-test');
      response.end();
      return;
    }
    const [, name = '', rest] = (request.url ?? '').split('/');
    let log = seen.get(name);
    if (log === undefined) {
      log = { requests: [], open: [] };
      seen.set(name, log);
    }
    if (name === 'closed-port') return json(response, 200, closedPort);
    if (rest === 'observed' || rest === 'requests') {
      if (rest === 'observed') await Promise.all(log.open);
      json(response, 200, { requests: log.requests } satisfies Observed);
      return;
    }
    log.open.push(once(response, 'close'));
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { method = '', url = '', headers } = request;
    log.requests.push({ method, url, headers, body });
    const part = parts[name];
    if (part === undefined) json(response, 404, { error: `There is no part '${name}'` });
    else await part(response, request);
  });
  return server;
}
