import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../chat/guards.ts';
import type { Exchange } from './exchange.ts';
import { frameEnds } from './frames.ts';

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

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && isAmount(value);

/** What each option must be, where it is given. */
const rules: readonly [option: string, holds: (value: unknown) => boolean, be: string][] = [
  [
    'speed',
    (it) => it === 'instant' || (isAmount(it) && it !== 0),
    "'instant' or a number above 0",
  ],
  [
    'rechunk',
    (it) =>
      ['recorded', 'frame', 'byte'].includes(String(it)) || (isObject(it) && isWhole(it.seed)),
    "'recorded', 'frame', 'byte' or { seed: a whole number }",
  ],
  ['firstDelay', isAmount, 'a number of ms'],
  [
    'cut',
    (it) => isObject(it) && isWhole(it.at) && /^(reset|close|hang)$/.test(String(it.then)),
    "{ at: a number of bytes, then: 'reset', 'close' or 'hang' }",
  ],
];

/** @throws {TypeError} naming the option that has a wrong value */
export function checkPlayOptions(options: object): asserts options is PlayOptions {
  const given = new Map(Object.entries(options));
  for (const [option, holds, be] of rules) {
    const value = given.get(option);
    if (value !== undefined && !holds(value)) throw new TypeError(`${option} must be ${be}`);
  }
}

/** A piece of the body, and when it is due: ms since the request, at recorded speed. */
export interface Piece {
  readonly due: number;
  readonly from: number;
  readonly to: number;
}

/** Where the pieces end. */
function* borders(exchange: Exchange, body: Uint8Array, rechunk: PlayOptions['rechunk']) {
  const { chunks, response } = exchange;
  let end = 0;
  if (rechunk === 'byte') {
    while (end < body.length) yield ++end;
  } else if (typeof rechunk === 'object') {
    for (let state = rechunk.seed; end < body.length; ) {
      // Park and Miller's generator: the same numbers for the same seed.
      state = (Math.max(state, 1) * 48271) % 2147483647;
      end = Math.min(body.length, end + 1 + (state % 97));
      yield end;
    }
  } else if (chunks && rechunk === 'recorded') {
    for (const [, bytes] of chunks) {
      end += bytes;
      yield end;
    }
  } else if (response.body.endsWith('.sse')) {
    yield* frameEnds(body);
  } else {
    yield body.length;
  }
}

/**
 * The pieces in which the body is sent. Each is due when the recorded chunk was that holds its last byte; without
 * recorded chunks all are due at once, one a frame.
 */
export function* pieces(
  exchange: Exchange,
  body: Uint8Array,
  { rechunk = 'recorded', cut }: PlayOptions = {},
): Generator<Piece> {
  const last = Math.min(cut?.at ?? body.length, body.length);
  const chunks = exchange.chunks ?? [[0, body.length]];
  let from = 0;
  let due = 0;
  let chunk = 0;
  let arrived = 0;
  for (const border of borders(exchange, body, rechunk)) {
    const to = Math.min(border, last);
    for (; arrived < to; chunk++) {
      const [ms, bytes] = chunks[chunk] ?? [0, to];
      due += ms;
      arrived += bytes;
    }
    if (to > from) yield { due, from, to };
    from = to;
    if (from === last) return;
  }
}

/** What follows the last byte that is sent: the body's end, a broken connection, or silence. */
export function ending({ end }: Exchange, { cut }: PlayOptions): 'close' | 'reset' | 'hang' {
  if (cut) return cut.then;
  return end === 'complete' ? 'close' : end === 'disconnect' ? 'reset' : 'hang';
}

// What a timer can wait for at most; more would fire at once.
const LONGEST_WAIT = 2 ** 31 - 1;

/** Waits; an abort of `signal` ends it with a rejection and leaves no timer. */
export function wait(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(Math.min(ms, LONGEST_WAIT), undefined, { signal });
}

/**
 * Plays an exchange's body, each piece at its time. The times count from `start`, so that delays do not add up.
 * The pieces are views of the body.
 * @param start - `performance.now()` at the request
 * @param signal - ends what is pending, with a rejection
 * @throws {TypeError} after the last byte, where the connection breaks: what Node's `fetch` says of a socket that the
 * other side closed inside a body
 */
export async function* play(
  exchange: Exchange,
  options: PlayOptions,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { speed = 'instant' } = options;
  const body = await exchange.readBody();
  for (const { due, from, to } of pieces(exchange, body, options)) {
    signal.throwIfAborted();
    const ms = speed === 'instant' ? 0 : start + due / speed - performance.now();
    if (ms > 0) await wait(ms, signal);
    yield body.subarray(from, to);
  }
  const then = ending(exchange, options);
  if (then === 'reset') {
    const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    throw new TypeError('terminated', { cause });
  }
  if (then === 'hang' && !signal.aborted) await once(signal, 'abort');
  signal.throwIfAborted();
}
