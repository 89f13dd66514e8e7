import { fieldsOf } from '../json.ts';
import { readBaseURL } from './base-url.ts';
import { type Exchange, readSource } from './exchange.ts';
import { errorResponse, type Running, startHttp } from './http.ts';
import { createMatcher, ReplayMiss } from './match.ts';
import { play } from './play.ts';
import { checkPlayOptions } from './play-options.ts';
import type { ReplayOptions } from './replay-fetch.ts';
import { bodyOf, type Incoming } from './request.ts';

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
  const { port = 0, host = '127.0.0.1', ignore, onRequest } = options;
  const source = await readSource(path);
  const exchanges = [source].flat();
  const names = exchanges.map((it) => it.name);
  const misses: string[] = [];
  const scopes = new Map<string, ReturnType<typeof scopeOf>>();

  /** What a name stands for: the one exchange that answers, and those of its folder. */
  function scopeOf(name: string) {
    const only = Array.isArray(source) ? undefined : source;
    const one = name === '' ? only : exchanges.find((it) => it.name === name);
    const folder = one ? one.name.replace(/[^/]*$/, '') : name && `${name}/`;
    const inside = exchanges.filter((it) => it.name.startsWith(folder));
    if (inside.length === 0) {
      throw new ReplayMiss(
        `there is no exchange or folder '${name}'; there is: ${names.join(', ')}`,
      );
    }
    return { one, inside, find: createMatcher(inside, ignore) };
  }

  async function answer(request: Incoming): Promise<Response> {
    const { method, path } = request;
    const tell = (words: string) => onRequest?.({ request: `${method} ${path}`, answer: words });
    const isListing = method === 'GET' && path.endsWith('/models');
    try {
      const recorded = exchanges.some((it) => it.request.path === path);
      const choice = recorded ? { name: '', options: {}, path } : readBaseURL(path, names);
      const scope = scopes.get(choice.name) ?? scopeOf(choice.name);
      scopes.set(choice.name, scope);
      const { one, inside, find } = scope;
      const isOwn = (it: Exchange | undefined) => it?.request.path === choice.path;
      if (isListing && choice.path === '/v1/models' && !inside.some(isOwn)) {
        tell('made from the recorded requests');
        return Response.json(modelsOf(inside));
      }
      const asked = { method, path: choice.path, body: bodyOf(request.body) };
      const exchange = one && (!isListing || isOwn(one)) ? one : find(asked);
      tell(exchange.name);
      return await play(exchange, { ...options, ...choice.options }, request);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const words = error instanceof Error ? error.message : String(error);
      const missed = error instanceof ReplayMiss;
      // A client that looks for LM Studio's own listing is to learn that there is none: that is no miss.
      if (missed && !isListing) misses.push(words);
      tell(words);
      return errorResponse(missed ? 404 : error instanceof TypeError ? 400 : 500, words);
    }
  }

  return { ...(await startHttp(answer, port, host)), exchanges, misses };
}

/** The listing of the models that the recorded requests name, in OpenAI's shape. */
function modelsOf(exchanges: readonly Exchange[]): unknown {
  const named = exchanges.map(({ request }) => fieldsOf(request.body).model);
  const ids = new Set(named.filter((model) => typeof model === 'string'));
  const data = [...ids].map((id) => ({ id, object: 'model', owned_by: 'local-llm serve' }));
  return { object: 'list', data };
}
