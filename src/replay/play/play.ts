// An exchange comes in, with options, and a Response goes out that behaves as the server did.
//
//   replayFetch (replay-fetch.ts), or the server ─▶ player.ts (an error first, if `status` says so; else what matches)
//     ─▶ play.ts (head, pieces in time, end) ◀─ rechunk.ts (where the pieces end, and when they are due)
//
// play-options.ts checks the options; base-url.ts reads them from the path of a request; model-reply.ts makes an exchange
// that nobody has recorded.

import { once } from 'node:events';
import { LONGEST_TIMER_MS } from '../../client/option-values.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Incoming } from '../match/request.ts';
import type { PlayOptions } from './play-options.ts';
import { pieces } from './rechunk.ts';

/** What follows the last byte. */
const endings = { complete: 'close', disconnect: 'reset', 'client-abort': 'hang' } as const;

/** Waits by the timers of the globals, which a test may have replaced. An abort ends it with the signal's reason. */
export async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (ms <= 0) return;
  await new Promise<void>((done, fail) => {
    const onAbort = () => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const onTime = () => {
      signal?.removeEventListener('abort', onAbort);
      done();
    };
    const timer = setTimeout(onTime, Math.min(ms, LONGEST_TIMER_MS));
    signal?.addEventListener('abort', onAbort);
  });
}

/**
 * Makes the clock of a request. A test that has replaced the timers has replaced one of these two clocks with them, or
 * both; the other one then hardly moves.
 */
function createElapsed(start: number): () => number {
  const startDate = Date.now() - (performance.now() - start);
  return () => Math.max(performance.now() - start, Date.now() - startDate);
}

/**
 * Answers a request with an exchange: its head, then its body, each piece at its time. The times count from the
 * request, so that delays do not add up. One piece is sent a read: boundaries stay, and nothing waits in a queue that
 * an error would throw away.
 * @returns the response. Where the connection breaks, its body errors as that of Node's `fetch` does when the other
 * side closes the socket; after an abort, with the signal's reason.
 * @throws what is wrong with the fixture, or with the cut for it; the signal's reason
 */
export async function play(
  exchange: Exchange,
  options: PlayOptions,
  { method, signal, start }: Pick<Incoming, 'method' | 'signal' | 'start'>,
): Promise<Response> {
  const { speed = 'instant', firstDelay = 0, cut } = options;
  const { status, headers } = exchange.response;
  const then = cut?.then ?? endings[exchange.end];
  const elapsed = createElapsed(start);
  signal?.throwIfAborted();
  const over = new AbortController();
  // Its own abort removes the listener: a signal may outlive many requests.
  signal?.addEventListener('abort', () => over.abort(signal.reason), { signal: over.signal });
  await wait(firstDelay, over.signal);
  // A broken fixture rejects the call, so that it does not look like a broken connection.
  const body = await exchange.readBody();
  over.signal.throwIfAborted();
  if (cut && cut.at > body.length) {
    throw new TypeError(`cut.at is ${cut.at}, but ${exchange.name} has ${body.length} bytes`);
  }
  const list = pieces(exchange, body, options);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        over.signal.throwIfAborted();
        const { value: piece } = list.next();
        if (piece) {
          const due = speed === 'instant' ? 0 : firstDelay + piece.due / speed;
          await wait(due - elapsed(), over.signal);
          // A copy: the body is shared, and a reader may do with its chunks what it likes.
          return controller.enqueue(body.slice(piece.from, piece.to));
        }
        if (then === 'hang') {
          await once(over.signal, 'abort');
          throw over.signal.reason;
        }
        over.abort();
        if (then === 'close') return controller.close();
        const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
        throw new TypeError('terminated', { cause });
      },
      cancel: (reason) => over.abort(reason),
    },
    { highWaterMark: 0 },
  );
  const hasBody = method !== 'HEAD' && ![204, 205, 304].includes(status);
  return new Response(hasBody ? stream : null, { status, headers });
}
