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

const isSpeed = (speed: unknown) => speed === 'instant' || (isAmount(speed) && speed !== 0);
const isRechunk = (rechunk: unknown) =>
  isOneOf('recorded', 'frame', 'byte')(rechunk) || isCount(fieldsOf(rechunk).seed);
const isCut = (cut: unknown) =>
  isCount(fieldsOf(cut).at) && isOneOf('reset', 'close', 'hang')(fieldsOf(cut).then);
const isErrorStatus = (status: unknown) =>
  isCount(status) && Number(status) >= 400 && Number(status) <= 599;
/** What only a response with an error status has. */
const besideStatus =
  (holds: (value: unknown) => boolean): Rule['holds'] =>
  (value, { status }) =>
    status !== undefined && holds(value);

const rules: readonly Rule[] = [
  optional('speed', isSpeed, "'instant' or a number above 0"),
  optional('rechunk', isRechunk, "'recorded', 'frame', 'byte' or { seed: a whole number }"),
  optional('firstDelay', isAmount, 'a number of ms'),
  optional('cut', isCut, "{ at: a number of bytes, then: 'reset', 'close' or 'hang' }"),
  optional('status', isErrorStatus, 'a number from 400 to 599'),
  optional('retryAfter', besideStatus(isAmount), 'a number of seconds, beside a status'),
  optional('times', besideStatus(isCount), 'a number of requests, beside a status'),
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
  const names = [...rules.map(({ field }) => field), ...others];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name)) continue;
    throw new TypeError(`there is no option '${name}'; there are ${names.join(', ')}`);
  }
  assertRules<PlayOptions>(options, rules);
}

/**
 * Reads options as a base URL and a command line have them, each a text by its name: `cut=658` and `then=hang`
 * (default: `reset`) are one option, and a number for `rechunk` is a seed.
 * @throws {TypeError} naming the option that is unknown or has a wrong value
 */
export function readPlayOptions(given: Readonly<Record<string, string>>): PlayOptions {
  const values = Object.entries(given).map(([name, text]): [string, unknown] => {
    const isNumber = text !== '' && !Number.isNaN(Number(text));
    return [name, isNumber ? Number(text) : text];
  });
  const { cut, then, rechunk, ...options } = Object.fromEntries(values);
  if (cut !== undefined || then !== undefined) options.cut = { at: cut, then: then ?? 'reset' };
  if (rechunk !== undefined) {
    options.rechunk = typeof rechunk === 'number' ? { seed: rechunk } : rechunk;
  }
  checkPlayOptions(options, ['then']);
  return options;
}
