import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttpServer } from '../../tools/http-server.ts';

/** A request as it arrived. */
export interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  body: {
    model?: string;
    messages: { role: string; content: unknown }[];
    [field: string]: unknown;
  };
  /** Resolves when the client has closed the connection before the answer was finished. */
  left: Promise<void>;
}

/** How a chat completion is answered; the head is sent by the script. */
export type Script = (response: ServerResponse, seen: Seen) => void | Promise<void>;

/** A local model's server, as a test wants it. */
export interface ScriptedServer {
  baseURL: string;
  /** The chat completions that were asked for. */
  seen: Seen[];
  /** How many requests there were for a list of models. */
  listings(): number;
  /** Answers the following chat completions. */
  script(answer: Script): void;
  close(): Promise<void>;
}

/** One chunk of a reply, as the wire has it. */
export function frame(delta: object, more: object = {}): string {
  const choice = { index: 0, delta, finish_reason: null };
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'tiny', choices: [choice], ...more })}\n\n`;
}

/** What ends a reply: the finish reason, the usage, `[DONE]`. */
export function ending(finish_reason = 'stop'): string {
  const choices = [{ index: 0, delta: {}, finish_reason }];
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  return `data: ${JSON.stringify({ model: 'tiny', choices })}\n\ndata: ${JSON.stringify({ model: 'tiny', choices: [], usage })}\n\ndata: [DONE]\n\n`;
}

/** A script: these frames, then the end. */
export const say =
  (...deltas: (string | object)[]): Script =>
  (response) => {
    begin(response);
    for (const delta of deltas) {
      response.write(frame(typeof delta === 'string' ? { content: delta } : delta));
    }
    response.end(ending());
  };

export function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

/** A script: this body. */
export const raw =
  (body: string, type = 'text/event-stream'): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': type });
    response.end(body);
  };

/** A script: an error with a status. */
export const refuse =
  (status: number, body: object): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

/**
 * @param models - what LM Studio's `/api/v0/models` lists; without it there are no lists
 * @param another - a path with the same list
 * @param token - without it, every request is answered with 401
 */
export async function startServer(
  models?: object[],
  another?: string,
  token?: string,
): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  let listings = 0;
  let answer: Script = say('Hello');
  const { origin, close } = await startHttpServer(async (request, response) => {
    const path = request.url ?? '';
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end('{"error":{"message":"An API token is required"}}');
      return;
    }
    if (request.method === 'GET') {
      listings++;
      const isKnown = models !== undefined && (path === '/api/v0/models' || path === another);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          isKnown
            ? { object: 'list', data: models }
            : { error: `Unexpected endpoint or method. (GET ${path})` },
        ),
      );
      return;
    }
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const left = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
    const one = {
      path,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(pieces).toString()),
      left,
    };
    seen.push(one);
    await answer(response, one);
  });
  return {
    baseURL: `${origin}/v1`,
    seen,
    listings: () => listings,
    script(script) {
      answer = script;
    },
    close,
  };
}

/** LM Studio's list: an embedding model, a model that is not loaded, and one that is. */
export const lmStudioModels = [
  { id: 'text-embedding-nomic', object: 'model', type: 'embeddings', state: 'loaded' },
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 4096 },
];

/** A port on which nothing listens. */
export async function deadURL(): Promise<string> {
  const { baseURL, close } = await startServer();
  await close();
  return baseURL;
}
