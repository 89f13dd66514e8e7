import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttpServer } from '../../tools/http-server.ts';
import { ending, frame } from './scripted-server.ts';

/** What the server was asked, beside lists of models. */
interface Asked {
  method: string;
  path: string;
  /** The answer's id: of the header, of the query, or the one that is looked up. */
  id: string | undefined;
  body: { messages?: { role: string; content: unknown }[]; [field: string]: unknown };
}

/** An answer that is kept for readers to come back. */
interface Session {
  text: string;
  isDone: boolean;
  readers: Set<ServerResponse>;
}

/**
 * A llama.cpp that goes on with an answer when its reader is gone. Modelled after its documentation (tools/server/README-dev.md,
 * "Resumable streaming") and a run of v0.5.0. A test gives it its words.
 */
export interface LlamaServer {
  baseURL: string;
  asked: Asked[];
  /** The methods and paths that were asked for an answer that is kept, in order. */
  paths(): string[];
  /** The messages of the last question. */
  messages(): unknown[];
  /** Adds to the last answer; a text is a delta of its content. */
  emit(...deltas: (string | object)[]): void;
  /** Ends the last answer. */
  end(reason?: string): void;
  /** Breaks the connections of the last answer, which goes on. */
  cut(): void;
  /** As after a restart: no answer is known. */
  forget(): void;
  /** How many connections read the last answer. */
  readers(): number;
  /** Resolves when somebody reads an answer. */
  read(): Promise<unknown>;
  close(): Promise<void>;
}

export async function startLlama(): Promise<LlamaServer> {
  const asked: Asked[] = [];
  const sessions = new Map<string, Session>();
  let last: Session = { text: '', isDone: true, readers: new Set() };
  const { origin, close } = await startHttpServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname.endsWith('/models')) return json(response, 200, models);
    const body = await bodyOf(request);
    const id = request.headers['x-conversation-id'] ?? searchParams.get('conv_id');
    const ids = (body.conversation_ids as string[] | undefined) ?? [];
    asked.push({ method, path: pathOf(url), id: String(id ?? ids[0]), body });
    if (pathname === '/v1/streams/lookup')
      return json(
        response,
        200,
        ids.flatMap((one) => statusOf(one, sessions.get(one))),
      );
    const session = sessions.get(String(id));
    if (method === 'DELETE') {
      sessions.delete(String(id));
      if (session) finish(session);
      return void response.writeHead(204).end();
    }
    if (method === 'GET') {
      if (!session) return json(response, 404, { error: { message: 'File Not Found' } });
      return connect(session, response, Number(searchParams.get('from')));
    }
    if (pathname !== '/v1/chat/completions') return json(response, 404, {});
    last = { text: '', isDone: false, readers: new Set() };
    if (typeof id === 'string') sessions.set(id, last);
    connect(last, response, 0);
  });

  return {
    baseURL: `${origin}/v1`,
    asked,
    paths: () => asked.map(({ method, path }) => `${method} ${path}`),
    messages: () => asked.findLast(({ body }) => body.messages)?.body.messages ?? [],
    emit(...deltas) {
      for (const delta of deltas)
        add(
          last,
          frame(typeof delta === 'string' ? { content: delta } : delta, { created: ++seconds }),
        );
    },
    end(reason) {
      add(last, ending(reason));
      finish(last);
    },
    cut() {
      for (const reader of last.readers) reader.destroy();
    },
    forget: () => sessions.clear(),
    readers: () => last.readers.size,
    read: () => once(connected, 'connected'),
    close,
  };
}

/** Each chunk is a second after the one before, by the server's clock. */
let seconds = 1_795_880_000;

const connected = new EventEmitter();

const models = { data: [{ id: 'tiny', object: 'model', owned_by: 'llamacpp' }] };

/** Without the answer's id. */
const pathOf = (url: string) => url.replace(/\?.*?(?=&from|$)/, '');

function statusOf(id: string, session: Session | undefined): object[] {
  if (!session) return [];
  const total_bytes = Buffer.byteLength(session.text);
  return [{ conversation_id: id, is_done: session.isDone, total_bytes }];
}

function add(session: Session, text: string): void {
  session.text += text;
  for (const reader of session.readers) reader.write(text);
}

function connect(session: Session, response: ServerResponse, from: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const rest = Buffer.from(session.text).subarray(from);
  if (rest.length > 0) response.write(rest);
  session.readers.add(response);
  connected.emit('connected');
  response.on('close', () => session.readers.delete(response));
  if (session.isDone) response.end();
}

function finish(session: Session): void {
  session.isDone = true;
  for (const reader of session.readers) reader.end();
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Asked['body']> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString() || '{}');
}
