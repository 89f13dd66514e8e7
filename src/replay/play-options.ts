import { fieldsOf } from '../json.ts';
import { assertRules, matches, type Rule } from './exchange.ts';

/** How an exchange is played. Faults (`firstDelay`, `cut`) are never stored in a fixture. */
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
}

const isAmount = (it: unknown) => typeof it === 'number' && it >= 0;
const isWhole = (it: unknown) => Number.isSafeInteger(it) && isAmount(it);
const isSpeed = (it: unknown) => it === 'instant' || (isAmount(it) && it !== 0);
const isRechunk = (it: unknown) =>
  matches(/^(recorded|frame|byte)$/)(it) || isWhole(fieldsOf(it).seed);
const isCut = (it: unknown) =>
  isWhole(fieldsOf(it).at) && matches(/^(reset|close|hang)$/)(fieldsOf(it).then);

const rules: readonly Rule[] = [
  ['speed?', isSpeed, "'instant' or a number above 0"],
  ['rechunk?', isRechunk, "'recorded', 'frame', 'byte' or { seed: a whole number }"],
  ['firstDelay?', isAmount, 'a number of ms'],
  ['cut?', isCut, "{ at: a number of bytes, then: 'reset', 'close' or 'hang' }"],
];

/** @throws {TypeError} naming the option that has a wrong value */
export function checkPlayOptions(options: object): asserts options is PlayOptions {
  assertRules<PlayOptions>(options, rules);
}
