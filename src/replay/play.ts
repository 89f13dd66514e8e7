import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** The recorded server, or a cut, broke off the response here. */
export class BrokenOff extends Error {
  override name = 'BrokenOff';
}

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** @throws {TypeError} naming the option that has a wrong value */
export function checkPlayOptions({ speed, rechunk, firstDelay, cut }: PlayOptions): void {
  const must = (holds: boolean, option: string, be: string) => {
    if (!holds) throw new TypeError(`${option} must be ${be}`);
  };
  const speeds = speed === undefined || speed === 'instant' || (isAmount(speed) && speed > 0);
  must(speeds, 'speed', "'instant' or a number above 0");
  const seeded = typeof rechunk === 'object' && Number.isSafeInteger(rechunk?.seed);
  must(
    seeded || [undefined, 'recorded', 'frame', 'byte'].some((name) => name === rechunk),
    'rechunk',
    "'recorded', 'frame', 'byte' or { seed: a whole number }",
  );
  must(firstDelay === undefined || isAmount(firstDelay), 'firstDelay', 'a number of ms');
  if (cut === undefined) return;
  must(isAmount(cut.at) && Number.isSafeInteger(cut.at), 'cut.at', 'a number of bytes');
  must(['reset', 'close', 'hang'].includes(cut.then), 'cut.then', "'reset', 'close' or 'hang'");
}

/** A piece of the body, and when it is due: ms since the request, at recorded speed. */
export interface Piece {
  readonly due: number;
  readonly from: number;
  readonly to: number;
}

/** Where the chunks end when nobody recorded it or something else is asked for. */
function* borders(exchange: Exchange, body: Uint8Array, rechunk: PlayOptions['rechunk']) {
  if (rechunk === 'byte') {
    for (let end = 1; end <= body.length; end++) yield end;
  } else if (typeof rechunk === 'object') {
    const random = randomFrom(rechunk.seed);
    let end = 0;
    while (end < body.length) {
      end = Math.min(body.length, end + 1 + Math.floor(random() * 97));
      yield end;
    }
  } else if (exchange.response.body.endsWith('.sse')) {
    yield* frameEnds(body);
  } else if (body.length > 0) {
    yield body.length;
  }
}

/** Numbers from 0 to 1 that depend on the seed alone (the mulberry32 generator). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
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
  if (rechunk === 'recorded' && exchange.chunks) {
    for (const [ms, bytes] of chunks) {
      if (cut && from >= last) return;
      const to = Math.min(from + bytes, last);
      due += ms;
      yield { due, from, to };
      from = to;
    }
    return;
  }
  let chunk = 0;
  let arrived = 0;
  for (const border of borders(exchange, body, rechunk)) {
    if (from >= last) return;
    const to = Math.min(border, last);
    for (; arrived < to; chunk++) {
      const [ms, bytes] = chunks[chunk] ?? [0, to - arrived];
      due += ms;
      arrived += bytes;
    }
    yield { due, from, to };
    from = to;
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
 * @throws {BrokenOff} after the last byte, where the connection is to break
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
    if (to > from) yield body.subarray(from, to);
  }
  const then = ending(exchange, options);
  if (then === 'reset') throw new BrokenOff(`the connection of ${exchange.name} ends here`);
  if (then === 'hang' && !signal.aborted) await once(signal, 'abort');
  signal.throwIfAborted();
}
