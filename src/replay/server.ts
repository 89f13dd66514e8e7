import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createAnswerer } from './answer.ts';
import { BadChoice } from './choose.ts';
import { type Exchange, readSource } from './exchange.ts';
import { breakOff, listen, sendError, stop, written } from './http.ts';
import { isLoopbackOrigin } from './loopback.ts';
import { bodyOf, ReplayMiss } from './match.ts';
import { BrokenOff, checkPlayOptions, type PlayOptions, play, wait } from './play.ts';
import type { ReplayOptions } from './replay-fetch.ts';

/** How the server listens and plays. */
export interface ReplayServerOptions extends ReplayOptions {
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Is told of every request: what answered it, the name of an exchange or the words of an error. */
  readonly onRequest?: ((line: { request: string; answer: string }) => void) | undefined;
}

/** A running replay server. */
export interface ReplayServer {
  /** `http://127.0.0.1:PORT`; a client's base URL is this and `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly exchanges: readonly Exchange[];
  /** The requests that no exchange answered, each with the nearest one. */
  readonly misses: readonly string[];
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Starts a server that any client can point its base URL at, and that answers from recorded exchanges as
 * `replayFetch` does, over real HTTP. A miss is answered with 404 and told; `GET /v1/models` is answered from the
 * requests where it was not recorded.
 *
 * A base URL may choose an exchange, which then answers every request, or a folder, and faults:
 * `http://127.0.0.1:8089/llama.cpp-2026/hello,cut=658,then=hang,speed=1/v1`.
 * @param path - a folder of exchanges, or one exchange
 * @throws {TypeError} where an option has a wrong value
 * @throws {Error} where the folder holds no exchange or a broken one, or the port is in use
 */
export async function startReplayServer(
  path: string,
  options: ReplayServerOptions = {},
): Promise<ReplayServer> {
  checkPlayOptions(options);
  const { port: wanted = 0, host = '127.0.0.1', onRequest } = options;
  const source = await readSource(path);
  const answerTo = createAnswerer(source, options);
  const misses: string[] = [];
  const server = createServer(async (request, response) => {
    const asked = { method: request.method ?? 'GET', path: request.url ?? '/' };
    const tell = (answer: string) =>
      onRequest?.({ request: `${asked.method} ${asked.path}`, answer });
    // Node ends the connection of a handler that throws, and the process with it.
    try {
      allowLoopbackPages(request, response);
      const body = bodyOf(await text(request));
      if (asked.method === 'OPTIONS' && response.hasHeader('access-control-allow-origin')) {
        response.writeHead(204).end();
        return;
      }
      const answer = answerTo({ ...asked, body });
      if ('json' in answer) {
        tell('made from the recorded requests');
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(answer.json));
      } else {
        tell(answer.exchange.name);
        await send(answer.exchange, answer.options, response);
      }
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (error instanceof ReplayMiss) misses.push(words);
      tell(words);
      const status =
        error instanceof BadChoice ? error.status : error instanceof ReplayMiss ? 404 : 500;
      if (response.headersSent) response.destroy();
      else sendError(response, status, 'replay_error', words);
    }
  });
  const port = await listen(server, wanted, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    exchanges: [source].flat(),
    misses,
    close: () => stop(server),
  };
}

/** Lets the pages of this machine read what we answer; for another's, the browser keeps it. */
function allowLoopbackPages(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined || !isLoopbackOrigin(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'GET, POST');
  const wanted = request.headers['access-control-request-headers'];
  if (wanted !== undefined) response.setHeader('access-control-allow-headers', wanted);
}

/** Sends an exchange, each chunk at its time, until its end or until the client leaves. */
async function send(exchange: Exchange, options: PlayOptions, response: ServerResponse) {
  const start = performance.now();
  const left = new AbortController();
  response.once('close', () => left.abort());
  const { status, headers } = exchange.response;
  const { firstDelay = 0 } = options;
  try {
    if (firstDelay > 0) await wait(firstDelay, left.signal);
    await exchange.readBody();
    for (const [name, value] of Object.entries(headers)) {
      // What a page of this machine needs stands already.
      if (!response.hasHeader(name)) response.setHeader(name, value);
    }
    response.writeHead(status).flushHeaders();
    for await (const bytes of play(exchange, options, start + firstDelay, left.signal)) {
      await written(response, bytes);
    }
    response.end();
  } catch (error) {
    if (left.signal.aborted) return;
    if (!(error instanceof BrokenOff)) throw error;
    await breakOff(response);
  }
}
