import { checkPlayOptions, type PlayOptions } from './play.ts';

/** What a base URL chose, and the path that is left of it. */
export interface Choice {
  /** An exchange's name, or a folder's. */
  readonly name: string;
  readonly options: PlayOptions;
  readonly path: string;
}

/** The base URL cannot be understood: what is sent back for it. */
export class BadChoice extends Error {
  override name = 'BadChoice';
  readonly status: 400 | 404;
  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/** `instant`, or a factor; as `--speed` and a base URL have it. */
export const speedOf = (text: string): 'instant' | number =>
  text === 'instant' ? text : numberOf(text);

const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

/**
 * Reads the faults of a base URL: `cut=658`, `then=hang`, `speed=1`.
 * @throws {TypeError} naming the one that is wrong
 */
function faultsOf(words: readonly string[]): PlayOptions {
  const given = new Map(words.map((word) => [word.split('=')[0], word.split('=')[1] ?? '']));
  const known = ['cut', 'then', 'speed', 'rechunk', 'firstDelay'];
  const unknown = [...given.keys()].find((key) => !known.includes(key ?? ''));
  if (unknown !== undefined)
    throw new TypeError(`there is no '${unknown}'; there are ${known.join(', ')}`);
  const [cut, then = 'reset', speed, rechunk, firstDelay] = known.map((key) => given.get(key));
  if (cut === undefined && given.has('then')) throw new TypeError("'then' needs 'cut', in bytes");
  const options: object = {
    ...(cut !== undefined && { cut: { at: numberOf(cut), then } }),
    ...(speed !== undefined && { speed: speedOf(speed) }),
    ...(rechunk !== undefined && {
      rechunk: /\d/.test(rechunk) ? { seed: Number(rechunk) } : rechunk,
    }),
    ...(firstDelay !== undefined && { firstDelay: numberOf(firstDelay) }),
  };
  checkPlayOptions(options);
  return options;
}

/**
 * Finds the exchange or folder that a base URL chooses: in `/llama.cpp-2026/hello,cut=658/v1/chat/completions` the
 * exchange `llama.cpp-2026/hello`, with a fault, for the path `/v1/chat/completions`.
 * @param path - the request's, with its query
 * @param names - those of all exchanges
 * @returns `undefined` where the path chooses nothing
 * @throws {BadChoice} where it tries to, but names nothing that there is
 */
export function choose(path: string, names: readonly string[]): Choice | undefined {
  const segments = path.split('/').slice(1);
  // Where a server's own paths begin. Before that there is a choice, or a mistake.
  const own = segments.findIndex((segment) => segment === 'v1' || segment === 'api');
  for (let count = own === -1 ? segments.length - 1 : own; count > 0; count--) {
    const words = decodeURIComponent(segments.slice(0, count).join('/')).split(',');
    const [name = ''] = words;
    if (names.some((known) => known === name || known.startsWith(`${name}/`))) {
      const rest = `/${segments.slice(count).join('/')}`;
      try {
        return { name, options: faultsOf(words.slice(1)), path: rest };
      } catch (error) {
        throw new BadChoice(400, `${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (own !== -1) {
      const there = names.join(', ');
      throw new BadChoice(404, `there is no exchange or folder '${name}'; there is: ${there}`);
    }
  }
  return undefined;
}
