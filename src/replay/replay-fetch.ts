import { type Exchange, readSource } from './exchange.ts';
import { createMatcher } from './match.ts';
import { play } from './play.ts';
import { checkPlayOptions, type PlayOptions } from './play-options.ts';
import { type AnyFetch, bodyOf, readRequest } from './request.ts';

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
    opened ??= open();
    const [request, find] = await Promise.all([readRequest(input, init), opened]);
    return play(find({ ...request, body: bodyOf(request.body) }), options, request);
  };
}
