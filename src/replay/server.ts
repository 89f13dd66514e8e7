import { createAnswerer } from './answer.ts';
import { BadChoice } from './choose.ts';
import { type Exchange, readSource } from './exchange.ts';
import { errorResponse, type Incoming, isLoopbackOrigin, type Running, startHttp } from './http.ts';
import { bodyOf, ReplayMiss } from './match.ts';
import { checkPlayOptions } from './play.ts';
import { type ReplayOptions, replayFetch } from './replay-fetch.ts';

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
export interface ReplayServer extends Running {
  readonly exchanges: readonly Exchange[];
  /** The requests that no exchange answered, each with the nearest one. */
  readonly misses: readonly string[];
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
  const { port = 0, host = '127.0.0.1', onRequest } = options;
  const source = await readSource(path);
  const answerTo = createAnswerer(source, options);
  const misses: string[] = [];

  async function answer({ method, path, body, signal }: Incoming): Promise<Response> {
    const tell = (words: string) => onRequest?.({ request: `${method} ${path}`, answer: words });
    try {
      const asked = { method, path, body: bodyOf(new TextDecoder().decode(body)) };
      const found = answerTo(asked);
      tell('json' in found ? 'made from the recorded requests' : found.exchange.name);
      if ('json' in found) return Response.json(found.json);
      return await replayFetch(found.exchange, found.options)('http://replay/', { method, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const words = error instanceof Error ? error.message : String(error);
      const missed = error instanceof ReplayMiss;
      if (missed) misses.push(words);
      tell(words);
      return errorResponse(error instanceof BadChoice ? error.status : missed ? 404 : 500, words);
    }
  }

  /** Lets the pages of this machine read the answers; for another's, the browser keeps them. */
  async function answerPages(request: Incoming): Promise<Response> {
    const { headers, method } = request;
    const origin = headers.get('origin') ?? '';
    if (!isLoopbackOrigin(origin)) return answer(request);
    const preflight = method === 'OPTIONS';
    const response = preflight ? new Response(null, { status: 204 }) : await answer(request);
    response.headers.set('access-control-allow-origin', origin);
    const wanted = headers.get('access-control-request-headers');
    if (wanted !== null) response.headers.set('access-control-allow-headers', wanted);
    return response;
  }

  const running = await startHttp(answerPages, port, host);
  return { ...running, exchanges: [source].flat(), misses };
}
