import { fieldsOf } from '../../client/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { readSource } from '../exchange/folder.ts';
import { wordsOf } from '../exchange/in-words.ts';
import { createMatcher, createSequence, ReplayMiss } from '../match/match.ts';
import type { Incoming } from '../match/request.ts';
import { type Choice, readBaseURL } from '../play/base-url.ts';
import { checkPlayOptions } from '../play/play-options.ts';
import { createPlayer } from '../play/player.ts';
import type { ReplayOptions } from '../play/replay-fetch.ts';
import { allowPage, answerPreflight } from './cors.ts';
import { errorResponse, type Running, startHttp } from './http.ts';
import { answerPage } from './page.ts';

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
  /** The names of the exchanges that nobody has asked for. */
  unused(): readonly string[];
}

/**
 * Starts a server that any client can point its base URL at, and that answers from recorded exchanges as
 * `replayFetch` does, over real HTTP. A miss is answered with 404 and told; `GET /v1/models` is answered from the
 * requests where it was not recorded. Its own address, opened in a browser, shows what it serves. It is for this
 * machine's programs and web pages only: what comes from a foreign page is refused.
 *
 * A base URL may choose an exchange, which then answers every request, or a folder, and faults:
 * `http://127.0.0.1:8089/llama.cpp-2026/hello,cut=658,then=hang,speed=1/v1`.
 * @param source - a folder of exchanges; one exchange, which answers everything; or a list of exchanges: one answers
 * after the other
 * @throws {TypeError} where an option has a wrong value
 * @throws {Error} where the folder holds no exchange or a broken one, or the port is in use
 */
export async function startReplayServer(
  source: string | Exchange | readonly Exchange[],
  options: ReplayServerOptions = {},
): Promise<ReplayServer> {
  checkPlayOptions(options);
  const { port = 0, host = '127.0.0.1', onRequest } = options;
  const opened = typeof source === 'string' ? await readSource(source) : source;
  const exchanges = [opened].flat();
  const names = exchanges.map((it) => it.name);
  const answered = new Set<string>();
  const misses: string[] = [];

  /** What a name stands for: the one exchange that answers, and those of its folder. */
  function scopeOf(name: string) {
    const only = 'readBody' in opened ? opened : undefined;
    const one = name === '' ? only : exchanges.find((it) => it.name === name);
    const folder = one ? one.name.replace(/[^/]*$/, '') : name && `${name}/`;
    const inside = exchanges.filter((it) => it.name.startsWith(folder));
    if (inside.length === 0) {
      throw new ReplayMiss(
        `there is no exchange or folder '${name}'; there is: ${names.join(', ')}`,
      );
    }
    const isList = typeof source !== 'string' && !('readBody' in source) && name === '';
    const all = isList ? createSequence(inside) : createMatcher(inside, options);
    return { one, inside, all, matcher: one ? createMatcher(one) : all };
  }
  const scopes = new Map<string, ReturnType<typeof scopeOf>>();
  const players = new Map<string, ReturnType<typeof createPlayer>>();
  const playWhole = createPlayer({});

  function choose(choice: Choice) {
    const scope = scopes.get(choice.name) ?? scopeOf(choice.name);
    scopes.set(choice.name, scope);
    const play = players.get(choice.chosenBy) ?? createPlayer({ ...options, ...choice.options });
    players.set(choice.chosenBy, play);
    return { ...scope, play };
  }

  async function answer(request: Incoming): Promise<Response> {
    const { method, path } = request;
    const tell = (words: string) => onRequest?.({ request: `${method} ${path}`, answer: words });
    const isListing = method === 'GET' && path.endsWith('/models');
    try {
      const isRecorded = exchanges.some((it) => it.request.path === path);
      const page = isRecorded ? undefined : await answerPage(request, exchanges);
      if (page) return page;
      const choice = isRecorded
        ? { name: '', chosenBy: '', options: {}, path }
        : readBaseURL(path, names);
      const { one, inside, all, matcher, play } = choose(choice);
      const isOwn = (it: Exchange | undefined) => it?.request.path === choice.path;
      if (isListing && choice.path === '/v1/models' && !inside.some(isOwn)) {
        tell('made from the recorded requests');
        return Response.json(modelsOf(inside));
      }
      const asked = { ...request, path: choice.path };
      const onFound = (exchange: Exchange) => {
        answered.add(exchange.name);
        tell(exchange.name);
      };
      // A client that looks for the models is not at its request yet, which is what a fault is for.
      if (isListing) return await playWhole(isOwn(one) ? matcher : all, asked, onFound);
      return await play(matcher, asked, onFound);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const words = wordsOf(error);
      tell(words);
      if (!(error instanceof ReplayMiss)) return errorResponse(statusOf(error), words);
      // A client that looks for LM Studio's own listing is to learn that there is none: that is no miss.
      if (!isListing) misses.push(words);
      return errorResponse(404, words, error.code);
    }
  }
  const answerAnyPage = async (request: Incoming) =>
    allowPage(answerPreflight(request) ?? (await answer(request)), request);
  return {
    ...(await startHttp({ answer: answerAnyPage, port, host })),
    exchanges,
    misses,
    unused: () => names.filter((name) => !answered.has(name)),
  };
}

/** A request that cannot be read is the client's mistake; anything else is a broken fixture. */
const statusOf = (error: unknown): number =>
  error instanceof TypeError || error instanceof URIError ? 400 : 500;

/** The listing of the models that the recorded requests name, in OpenAI's shape. */
function modelsOf(exchanges: readonly Exchange[]): unknown {
  const named = exchanges.map(({ request }) => fieldsOf(request.body).model);
  const ids = new Set(named.filter((model) => typeof model === 'string'));
  const data = [...ids].map((id) => ({ id, object: 'model', owned_by: 'local-llm-stream-agent' }));
  return { object: 'list', data };
}
