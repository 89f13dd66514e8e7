import type { Exchange } from '../exchange/exchange.ts';
import { listExchanges, readSource } from '../exchange/folder.ts';
import { createComparison, type MatchOptions, matchOptionNames } from '../match/comparison.ts';
import { createMatcher, createSequence, type Matcher } from '../match/match.ts';
import { type AnyFetch, readRequest } from '../match/request.ts';
import { checkPlayOptions, type PlayOptions } from './play-options.ts';
import { createPlayer } from './player.ts';

/** How exchanges are matched and played. */
export interface ReplayOptions extends PlayOptions, MatchOptions {}

/** Where the answers are from: the path of a folder or of one exchange, an exchange, or a list of them. */
export type ReplaySource = string | Exchange | readonly Exchange[];

/** A `fetch` that answers from exchanges. */
export interface ReplayFetch extends AnyFetch {
  /** The names of the exchanges that nobody has asked for. Default: of all that there are. */
  unused(): readonly string[];
}

/**
 * Makes a `fetch` that answers from recorded exchanges, without a network: the same status, headers, bytes and
 * chunk boundaries, and the same end. A broken connection errors the body as Node's `fetch` does (`TypeError:
 * terminated`, its cause with the code `UND_ERR_SOCKET`); a `client-abort` stays open after its last byte.
 * @param source - a folder: each exchange answers the request that it was recorded with (method, path and JSON
 * body), once and in the order of the names, the last one again and again. One exchange, or the path of its
 * `.json`: it answers every request. A list of exchanges: one answers after the other, whatever is asked.
 * @param options - how it is matched and played; default: as recorded, but without the waiting
 * @returns a `fetch` that honours `signal`. It rejects with `ReplayMiss` if nothing matches, and with an Error
 * that names file and field if a fixture is broken. The folder is read by its first call.
 * @throws {TypeError} if an option has a wrong value
 */
export function replayFetch(source: ReplaySource, options: ReplayOptions = {}): ReplayFetch {
  checkReplayOptions(options);
  let matcher: Matcher | undefined;
  let opened: Promise<ReturnType<typeof createPlayer>> | undefined;
  async function open() {
    matcher = createSourceMatcher(await openSource(source), options);
    return createPlayer(matcher, options);
  }
  async function replayingFetch(input: string | URL | Request, init?: RequestInit) {
    opened ??= open();
    const [request, play] = await Promise.all([readRequest(input, init), opened]);
    return play(request);
  }
  return Object.assign(replayingFetch, {
    unused: () => matcher?.unused() ?? namesOf(source),
  });
}

/**
 * Checks how exchanges are matched and played, so that a mistake is an error now, and not when the folder is read.
 * @param others - the names of the options that have nothing to do with that
 * @throws {TypeError} naming the option that is unknown or has a wrong value
 */
export function checkReplayOptions(options: ReplayOptions, others: readonly string[] = []): void {
  checkPlayOptions(options, [...matchOptionNames, ...others]);
  createComparison(options);
}

/** The exchanges of a source. */
export interface OpenSource {
  readonly exchanges: readonly Exchange[];
  /** One answers after the other, whatever is asked. */
  readonly isSequence: boolean;
}

/** @throws {Error} if there is no exchange, or one that cannot be read */
export async function openSource(source: ReplaySource): Promise<OpenSource> {
  if (typeof source !== 'string') return { exchanges: [source].flat(), isSequence: true };
  const read = await readSource(source);
  return { exchanges: [read].flat(), isSequence: 'readBody' in read };
}

export const createSourceMatcher = (
  { exchanges, isSequence }: OpenSource,
  options: MatchOptions,
): Matcher => (isSequence ? createSequence(exchanges) : createMatcher(exchanges, options));

/** The names of all exchanges: none has been asked for. */
function namesOf(source: ReplaySource): readonly string[] {
  if (typeof source !== 'string') return [source].flat().map((it) => it.name);
  try {
    return listExchanges(source).map((it) => it.name);
  } catch {
    return [];
  }
}
