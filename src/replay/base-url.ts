import { checkPlayOptions, type PlayOptions } from './play-options.ts';

/**
 * Takes a path apart: `/llama.cpp-2026/hello,cut=658/v1/chat/completions` chooses the exchange `llama.cpp-2026/hello`,
 * with a fault, for `/v1/chat/completions`.
 * @param names - those of all exchanges
 * @returns the name of an exchange or a folder, empty where nothing was chosen; how it is played; the path that is left
 * @throws {TypeError} naming the fault that is wrong
 */
export function readBaseURL(path: string, names: readonly string[]) {
  const [, ...segments] = path.split('/');
  const chosen = (count: number) =>
    decodeURIComponent(segments.slice(0, count).join('/')).split(',');
  const isThere = ([name, ...words]: string[]) =>
    !words.join().includes('/') && names.some((it) => `${it}/`.startsWith(`${name}/`));
  // A server's own paths begin so. Where none does, the choice goes as far as there is something of that name.
  let count = segments.findIndex((segment) => /^(v1|api)(\?|$)/.test(segment));
  if (count === -1) {
    count = segments.length - 1;
    while (count > 0 && !isThere(chosen(count))) count--;
  }
  const [name = '', ...words] = chosen(count);
  return { name, options: readOptions(words), path: `/${segments.slice(count).join('/')}` };
}

const known = ['cut', 'then', 'speed', 'rechunk', 'firstDelay'];

/** Options as a base URL has them: `speed=1`, `cut=658`, `then=hang` (default: `reset`), `rechunk=7` for a seed. */
function readOptions(words: readonly string[]): PlayOptions {
  const given: Record<string, unknown> = {};
  for (const word of words) {
    const [name = '', text = ''] = word.split('=');
    if (!known.includes(name)) {
      throw new TypeError(`there is no '${name}'; there are ${known.join(', ')}`);
    }
    given[name] = text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  }
  const { then, ...options } = given;
  if ('then' in given || 'cut' in given) options.cut = { at: given.cut, then: then ?? 'reset' };
  if (typeof given.rechunk === 'number') options.rechunk = { seed: given.rechunk };
  checkPlayOptions(options);
  return options;
}
