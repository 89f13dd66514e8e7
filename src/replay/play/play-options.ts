import { fieldsOf } from '../../client/json.ts';
import { assertRules, isAmount, isCount, isOneOf, optional, type Rule } from '../exchange/rules.ts';

/** How an exchange is played. Faults (`status`, `firstDelay`, `cut`) are never stored in a fixture. */
export interface PlayOptions {
  /** `'instant'` (default: no timers at all), or a factor: 1 as recorded, 2 twice as fast. */
  readonly speed?: 'instant' | number | undefined;
  /**
   * Where chunks end: `'recorded'` (default) as they came; `'frame'` one event a chunk; `'byte'`; or `{ seed }`,
   * at pseudo-random places, the same for the same seed.
   */
  readonly rechunk?: 'recorded' | 'frame' | 'byte' | { readonly seed: number } | undefined;
  /** Silence before the response's head, in ms, at any speed. Default 0. */
  readonly firstDelay?: number | undefined;
  /**
   * After so many bytes of the body: `reset` breaks the connection, `close` ends the body as if it were whole,
   * `hang` sends no more and stays open.
   */
  readonly cut?: { readonly at: number; readonly then: 'reset' | 'close' | 'hang' } | undefined;
  /** Answers with this status, from 400 to 599, and an error in OpenAI's shape. */
  readonly status?: number | undefined;
  /** The `retry-after` of such an answer, in seconds. */
  readonly retryAfter?: number | undefined;
  /** How many requests are answered so, before the recorded reply comes. Default: all. */
  readonly times?: number | undefined;
}

/** The names of the options that say how an exchange is played, in a base URL and on a command line. */
export const playOptionNames = [
  'speed',
  'rechunk',
  'firstDelay',
  'cut',
  'then',
  'status',
  'retryAfter',
  'times',
] as const;

/** The names as an object has them: `then` is a part of `cut`. */
const optionNames = playOptionNames.filter((name) => name !== 'then');

const isSpeed = (speed: unknown) => speed === 'instant' || (isAmount(speed) && speed !== 0);
const isRechunk = (rechunk: unknown) =>
  isOneOf('recorded', 'frame', 'byte')(rechunk) || isCount(fieldsOf(rechunk).seed);
const isCut = (cut: unknown) =>
  isCount(fieldsOf(cut).at) && isOneOf('reset', 'close', 'hang')(fieldsOf(cut).then);
const isErrorStatus = (status: unknown) =>
  isCount(status) && Number(status) >= 400 && Number(status) <= 599;

const rules: readonly Rule[] = [
  optional('speed', isSpeed, "'instant' or a number above 0"),
  optional('rechunk', isRechunk, "'recorded', 'frame', 'byte' or { seed: a whole number }"),
  optional('firstDelay', isAmount, 'a number of ms'),
  optional('cut', isCut, "{ at: a number of bytes, then: 'reset', 'close' or 'hang' }"),
  optional('status', isErrorStatus, 'a number from 400 to 599'),
  optional('retryAfter', isAmount, 'a number of seconds'),
  optional('times', isCount, 'a number of requests'),
];

/**
 * Checks the options of a function.
 * @param others - the names of those that have nothing to do with playing
 * @throws {TypeError} naming the option that is unknown or has a wrong value
 */
export function checkPlayOptions(
  options: object,
  others: readonly string[] = [],
): asserts options is PlayOptions {
  const names = [...optionNames, ...others];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name)) continue;
    throw new TypeError(`there is no option '${name}'; there are ${names.join(', ')}`);
  }
  assertRules<PlayOptions>(options, rules);
  const { status, retryAfter, times } = fieldsOf(options);
  for (const [name, value] of Object.entries({ retryAfter, times })) {
    if (value !== undefined && status === undefined) {
      throw new TypeError(`${name} needs a status: 429 or 503`);
    }
  }
}

/**
 * Reads options as a base URL and a command line have them, each a text by its name: `cut=658` and `then=hang`
 * (default: `reset`) are one option, and a number for `rechunk` is a seed.
 * @throws {TypeError} naming the option that is unknown or has a wrong value
 */
export function readPlayOptions(given: Readonly<Record<string, string>>): PlayOptions {
  const names: readonly string[] = playOptionNames;
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(given)) {
    if (!names.includes(name)) {
      throw new TypeError(`there is no '${name}'; there are ${names.join(', ')}`);
    }
    values[name] = text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  }
  const { cut, then, rechunk, ...options } = values;
  if (cut !== undefined || then !== undefined) options.cut = { at: cut, then: then ?? 'reset' };
  if (rechunk !== undefined)
    options.rechunk = typeof rechunk === 'number' ? { seed: rechunk } : rechunk;
  checkPlayOptions(options);
  return options;
}
