import type { Head } from '../exchange/exchange.ts';
import { arrivalsOf, formOf, frameEnds } from '../exchange/frames.ts';
import type { PlayOptions } from './play-options.ts';

/** Where the pieces end. */
function* pieceEnds(
  exchange: Head,
  body: Uint8Array,
  rechunk: PlayOptions['rechunk'],
): Generator<number> {
  if (rechunk === 'byte') {
    for (let end = 1; end <= body.length; end++) yield end;
  } else if (typeof rechunk === 'object') {
    let end = 0;
    for (let state = rechunk.seed; end < body.length; ) {
      // Park and Miller's generator: the same numbers for the same seed.
      state = (Math.max(state, 1) * 48271) % 2147483647;
      end += 1 + (state % 97);
      yield end;
    }
  } else if (exchange.chunks && rechunk === 'recorded') {
    for (const { to } of arrivalsOf(exchange, body)) yield to;
  } else {
    yield* frameEnds(formOf(exchange), body);
  }
}

/**
 * The pieces in which the body is sent, each with the time when it is due, in ms since the request: the time of the
 * recorded chunk that holds its last byte. Without recorded chunks all are due at once, a frame each.
 */
export function* pieces(
  exchange: Head,
  body: Uint8Array,
  { rechunk = 'recorded', cut }: PlayOptions = {},
): Generator<{ due: number; from: number; to: number }, undefined> {
  const last = Math.min(cut?.at ?? body.length, body.length);
  const arrivals = arrivalsOf(exchange, body);
  let from = 0;
  let chunk = 0;
  for (const end of pieceEnds(exchange, body, rechunk)) {
    const to = Math.min(end, last);
    while ((arrivals[chunk]?.to ?? to) < to) chunk++;
    if (to > from) yield { due: arrivals[chunk]?.due ?? 0, from, to };
    from = to;
    if (from === last) return;
  }
}
