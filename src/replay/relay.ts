import { setTimeout as sleep } from 'node:timers/promises';
import type { End } from './exchange.ts';

/** What watches an exchange. */
export interface Capture {
  head(status: number, headers: Headers): void;
  chunk(bytes: Uint8Array): void;
  /** Whether the server has said all that there is to say (`[DONE]`), though the body may be open. */
  isDone(): boolean;
  /** Stores it; what was called first, this or `drop`, counts. An error is what the reader gets for an end. */
  end(end: End): Promise<void>;
  /** Stores nothing. */
  drop(reason: string): Promise<unknown>;
}

/** How long the end that follows `[DONE]` is waited for, in ms, when the client has left already. */
const LINGER = 1000;

/**
 * Sends a request and passes the response on as it comes, while the capture sees all of it: also what the reader is
 * slow to take, and when it came. It has stored the exchange when the reader sees the end.
 * @param signal - its abort is the client's leaving
 */
export async function relay(
  send: (signal: AbortSignal) => Promise<Response>,
  capture: Capture,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const upstream = new AbortController();
  const over = new AbortController();
  let leave = async (reason: unknown) => upstream.abort(reason);
  const onAbort = () => leave(signal?.reason).catch((error) => process.emitWarning(error));
  signal?.addEventListener('abort', onAbort, { signal: over.signal });
  const response = await send(upstream.signal).catch(async (error) => {
    over.abort();
    const left = signal?.aborted && 'the client left before the response began';
    await capture.drop(left || wordsOf(error));
    throw error;
  });
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (headers.has('content-encoding')) {
    // `fetch` has decoded the body.
    for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  }
  capture.head(status, headers);

  const store = (end: End) => capture.end(upstream.signal.aborted ? 'client-abort' : end);
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let wake = () => {};
  async function readAll() {
    try {
      for (;;) {
        const read = await reader?.read();
        if (!read || read.done) break;
        capture.chunk(read.value);
        chunks.push(read.value);
        wake();
      }
    } catch (error) {
      await store('disconnect');
      throw error;
    }
    await store('complete');
  }
  const stored = readAll().finally(() => {
    over.abort();
    wake();
  });
  stored.catch(() => {});

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        leave = async (reason) => {
          controller.error(reason);
          // The server is to stop at once, unless it has only the end left to say.
          const linger = capture.isDone() ? sleep(LINGER, undefined, { ref: false }) : undefined;
          await Promise.race([stored, linger]).catch(() => {});
          upstream.abort(reason);
          reader?.cancel(reason).catch(() => {});
          await store('client-abort');
        };
      },
      async pull(controller) {
        while (chunks.length === 0 && !over.signal.aborted) {
          await new Promise<void>((go) => {
            wake = go;
          });
        }
        const chunk = chunks.shift();
        if (chunk) return controller.enqueue(chunk);
        await stored;
        controller.close();
      },
      cancel: (reason) => leave(reason),
    },
    { highWaterMark: 0 },
  );
  if (!reader) await stored;
  return new Response(reader ? stream : null, { status, statusText, headers });
}

/** An error in words, with the system's own where `fetch` hides them in its cause. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
