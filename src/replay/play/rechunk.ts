import type { Head } from '../exchange/format.ts';
import type { PlayOptions } from './play-options.ts';

const LF = 10;
const CR = 13;

/**
 * Where each frame of an event stream ends: behind its blank line, whatever its line ends are (LF, CRLF, CR); and
 * where the body ends, if that is inside one. For showing and cutting bytes; reading a stream is the parser's job.
 */
export function* frameEnds(body: Uint8Array): Generator<number> {
  let start = 0;
  let lineStart = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== LF && body[i] !== CR) continue;
    const blank = i === lineStart;
    if (body[i] === CR && body[i + 1] === LF) i++;
    lineStart = i + 1;
    if (!blank) continue;
    start = lineStart;
    yield start;
  }
  if (start < body.length) yield body.length;
}

/** Where each line of a body of NDJSON ends. */
function* lineEnds(body: Uint8Array): Generator<number> {
  let end = 0;
  while (end < body.length) {
    const next = body.indexOf(LF, end);
    end = next === -1 ? body.length : next + 1;
    yield end;
  }
}

/** Where the frames of a body end: its events, its lines, or itself. */
export function frameEndsOf({ response }: Head, body: Uint8Array): Iterable<number> {
  if (response.body.endsWith('.sse')) return frameEnds(body);
  return response.body.endsWith('.ndjson') ? lineEnds(body) : [body.length];
}

/** Where the pieces end. */
function* borders(exchange: Head, body: Uint8Array, rechunk: PlayOptions['rechunk']) {
  const { chunks } = exchange;
  let end = 0;
  if (rechunk === 'byte') {
    while (end < body.length) yield ++end;
  } else if (typeof rechunk === 'object') {
    for (let state = rechunk.seed; end < body.length; ) {
      // Park and Miller's generator: the same numbers for the same seed.
      state = (Math.max(state, 1) * 48271) % 2147483647;
      end += 1 + (state % 97);
      yield end;
    }
  } else if (chunks && rechunk === 'recorded') {
    for (const [, bytes] of chunks) {
      end += bytes;
      yield end;
    }
  } else {
    yield* frameEndsOf(exchange, body);
  }
}

/**
 * The pieces in which the body is sent, each with the time when it is due, in ms since the request: when the recorded
 * chunk was that holds its last byte. Without recorded chunks all are due at once, one a frame.
 */
export function* pieces(
  exchange: Head,
  body: Uint8Array,
  { rechunk = 'recorded', cut }: PlayOptions = {},
): Generator<{ due: number; from: number; to: number }, undefined> {
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
