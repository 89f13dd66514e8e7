import { bodyStream } from './body-stream.ts';
import { type Exchange, readSource } from './exchange.ts';
import { bodyOf, createMatcher } from './match.ts';
import { checkPlayOptions, type PlayOptions, play, wait } from './play.ts';

/** `fetch`, in all the ways in which a foreign client may call it. */
export type AnyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How exchanges are matched and played. */
export interface ReplayOptions extends PlayOptions {
  /** Fields of the request's body that are not compared: `seed`, `stream_options`. */
  readonly ignore?: readonly string[] | undefined;
}

/**
 * Makes a `fetch` that answers from recorded exchanges, without a network: the same status, headers, bytes and
 * chunk boundaries, and the same end. A broken connection errors the body as Node's `fetch` does (`TypeError:
 * terminated`, its cause with the code `UND_ERR_SOCKET`); a `client-abort` stays open after its last byte.
 * @param source - a folder: each exchange answers the request that it was recorded with (method, path and JSON
 * body), once and in the order of the names, the last one again and again. One exchange, or the path of its
 * `.json`: it answers every request.
 * @param options - how it is played; default: as recorded, but without the waiting
 * @returns a `fetch` that honours `signal`. It rejects with `ReplayMiss` where nothing matches, and with an Error
 * naming file and field where a fixture is broken.
 * @throws {TypeError} where an option has a wrong value
 */
export function replayFetch(source: string | Exchange, options: ReplayOptions = {}): AnyFetch {
  checkPlayOptions(options);
  const open = async () =>
    createMatcher(typeof source === 'string' ? await readSource(source) : source, options.ignore);
  let opened: ReturnType<typeof open> | undefined;
  return async (input, init) => {
    const start = performance.now();
    const signal = signalOf(input, init);
    signal?.throwIfAborted();
    const request = new Request(input, { ...init, signal: null });
    const { method } = request;
    const { pathname, search } = new URL(request.url);
    opened ??= open();
    const [find, text] = await Promise.all([opened, request.text()]);
    const exchange = find({ method, path: pathname + search, body: bodyOf(text) });
    return answer(exchange, method, options, start, signal);
  };
}

/** The caller's own signal: a Request's copy of it can be lost with the Request. */
export function signalOf(input: unknown, init: RequestInit | undefined): AbortSignal | undefined {
  return init?.signal ?? (input instanceof Request ? input.signal : undefined);
}

async function answer(
  exchange: Exchange,
  method: string,
  options: ReplayOptions,
  start: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const left = new AbortController();
  const { status, headers } = exchange.response;
  const { firstDelay = 0 } = options;
  const chunks = play(exchange, options, start + firstDelay, left.signal);
  async function next() {
    const { done, value } = await chunks.next();
    // A copy: the body is shared, and a reader may do with its chunks what it likes.
    return done ? undefined : value.slice();
  }
  const hasBody = method !== 'HEAD' && ![204, 205, 304].includes(status);
  if (firstDelay > 0) {
    await wait(firstDelay, signal ?? left.signal).catch((error) => {
      throw signal?.aborted ? signal.reason : error;
    });
  }
  // A broken fixture is to reject the call, not to look like a broken connection.
  await exchange.readBody();
  signal?.throwIfAborted();
  const source = { next, leave: (reason: unknown) => left.abort(reason) };
  return new Response(hasBody ? bodyStream(source, signal) : null, { status, headers });
}
