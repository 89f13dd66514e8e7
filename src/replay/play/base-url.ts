import { type PlayOptions, readPlayOptions } from './play-options.ts';

/** What a path chooses, and what it asks for. */
export interface BaseURLChoice {
  /** The name of an exchange or of a folder; empty if nothing was chosen. */
  readonly name: string;
  /** The part of the path that chooses. Two requests with the same one share their faults' count. */
  readonly chosenBy: string;
  readonly options: PlayOptions;
  /** The path that is left. */
  readonly path: string;
}

/** Faults are set off by commas, behind the name. */
const wordsIn = (segments: readonly string[]) => decodeURIComponent(segments.join('/')).split(',');

/**
 * Takes a path apart: `/llama.cpp-2026/hello,cut=658/v1/chat/completions` chooses the exchange `llama.cpp-2026/hello`,
 * with a fault, for `/v1/chat/completions`.
 * @param names - those of all exchanges
 * @throws {TypeError} naming the fault that is wrong
 * @throws {URIError} if a `%` encodes nothing
 */
export function readBaseURL(path: string, names: readonly string[]): BaseURLChoice {
  const [, ...segments] = path.split('/');
  const count = countChoosing(segments, names);
  const choosing = segments.slice(0, count);
  const [name = '', ...words] = wordsIn(choosing);
  const faults = new URLSearchParams(words.join('&'));
  return {
    name,
    chosenBy: choosing.join('/'),
    options: readPlayOptions(Object.fromEntries(faults)),
    path: `/${segments.slice(count).join('/')}`,
  };
}

/** How many segments of a path choose an exchange. */
function countChoosing(segments: readonly string[], names: readonly string[]): number {
  // A server's own paths begin so.
  const own = segments.findIndex((segment) => /^(v1|api)(\?|$)/.test(segment));
  if (own !== -1) return own;
  // If none does, the choice goes as far as there is something of that name.
  let count = segments.length - 1;
  while (count > 0 && !isThere(wordsIn(segments.slice(0, count)), names)) count--;
  return count;
}

function isThere([name, ...words]: readonly string[], names: readonly string[]): boolean {
  return !words.join().includes('/') && names.some((it) => `${it}/`.startsWith(`${name}/`));
}
