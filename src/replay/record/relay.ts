import type { End } from '../exchange/format.ts';
import { wordsOf } from '../exchange/thrown.ts';

/** What watches an exchange. Where it cannot store what it must, its functions throw what the reader is to get. */
export interface Capture {
  head(status: number, headers: Headers): void;
  chunk(bytes: Uint8Array): void;
  /** The response has ended, or the client has left: stores the exchange before it returns. */
  end(end: End): void;
  /** Nothing can be stored. */
  drop(reason: string): void;
}

/**
 * Sends a request and passes the response on as it comes, while the capture sees all of it: also what the reader is
 * slow to take, and when it came. The exchange is stored when the reader sees the end.
 * @param signal - its abort is the client's leaving
 */
export async function relay(
  send: (signal: AbortSignal) => Promise<Response>,
  capture: Capture,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const upstream = new AbortController();
  let onLeave = (reason: unknown) => upstream.abort(reason);
  const onAbort = () => onLeave(signal?.reason);
  const stopListening = () => signal?.removeEventListener('abort', onAbort);
  signal?.addEventListener('abort', onAbort);

  const response = await send(upstream.signal).catch((error: unknown) => {
    stopListening();
    capture.drop(signal?.aborted ? 'the client left before the response began' : wordsOf(error));
    throw error;
  });
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (headers.has('content-encoding')) {
    // `fetch` has decoded the body.
    for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  }
  capture.head(status, headers);
  const reader = response.body?.getReader();
  if (!reader) {
    stopListening();
    capture.end('complete');
    return new Response(null, { status, statusText, headers });
  }

  const queue: Uint8Array[] = [];
  let isOver = false;
  let failure: { error: unknown } | undefined;
  let wake = () => {};

  async function readAll(from: ReadableStreamDefaultReader<Uint8Array>) {
    for (;;) {
      const read = await from.read().catch((error: unknown) => ({ error }));
      if (isOver) return;
      if ('error' in read) {
        capture.end('disconnect');
        throw read.error;
      }
      if (read.done) return capture.end('complete');
      capture.chunk(read.value);
      queue.push(read.value);
      wake();
    }
  }

  function finish() {
    isOver = true;
    stopListening();
    wake();
  }

  /** @throws what cannot be stored */
  function leave(reason: unknown) {
    if (isOver) return;
    finish();
    try {
      capture.end('client-abort');
    } finally {
      upstream.abort(reason);
      // Its own `fetch` may not know of the abort.
      reader?.cancel(reason).catch(() => {});
    }
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onLeave = (reason) => {
          controller.error(reason);
          try {
            leave(reason);
          } catch (error) {
            // The reader has its reason already, and nobody else is there to be told.
            process.emitWarning(wordsOf(error));
          }
        };
      },
      async pull(controller) {
        while (queue.length === 0 && !isOver) {
          await new Promise<void>((go) => {
            wake = go;
          });
        }
        const chunk = queue.shift();
        if (chunk) controller.enqueue(chunk);
        else if (failure) throw failure.error;
        else controller.close();
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
  readAll(reader)
    .catch((error: unknown) => {
      failure = { error };
      upstream.abort(error);
    })
    .finally(finish);
  return new Response(stream, { status, statusText, headers });
}
