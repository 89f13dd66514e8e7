import type { Fetch } from '../chat/types.ts';
import { bodyStream } from './body-stream.ts';
import type { End } from './exchange.ts';
import { wait } from './play.ts';
import type { Capture, Outcome, Sent } from './recorder.ts';

/** What is sent, and what is watched while it is answered. */
export interface Relayed {
  readonly fetch: Fetch;
  readonly url: string;
  readonly init: RequestInit;
  readonly asked: Sent;
  readonly capture: Capture;
  /** Its abort is the client's leaving. */
  readonly signal: AbortSignal | undefined;
  /** Is given what came of the exchange before the reader sees the end; may throw, and then that is the end. */
  readonly accept: (outcome: Outcome) => void;
}

/** Long enough for the end that follows `[DONE]`, in ms, when the client has left already. */
const LINGER = 1000;

/**
 * Sends a request and passes the response on as it comes, while the capture sees all of it: also what the reader is
 * slow to take, and when it came.
 */
export async function relay(relayed: Relayed): Promise<Response> {
  const { fetch, url, init, asked, capture, signal, accept } = relayed;
  const upstream = new AbortController();
  const abort = () => upstream.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const headers = new Headers(asked.headers);
  headers.set('accept-encoding', 'identity');
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers, signal: upstream.signal });
  } catch (error) {
    const reason = signal?.aborted ? 'the client left before the response began' : wordsOf(error);
    await capture.drop(reason);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  const { status, statusText } = response;
  const sent = new Headers(response.headers);
  if (sent.has('content-encoding')) {
    // `fetch` has decoded the body.
    for (const name of ['content-encoding', 'content-length']) sent.delete(name);
  }
  capture.head(status, sent);
  const store = async (end: End) => accept(await capture.end(end));
  const reader = response.body?.getReader();
  if (!reader) {
    await store('complete');
    return new Response(null, { status, statusText, headers: sent });
  }

  const over = new AbortController();
  const chunks: Uint8Array[] = [];
  let wake = () => {};
  async function readAll() {
    for (;;) {
      const read = await reader?.read();
      if (!read || read.done) return;
      capture.chunk(read.value);
      chunks.push(read.value);
      wake();
    }
  }
  const end = readAll()
    .then(
      () => store('complete'),
      async (error) => {
        await store(upstream.signal.aborted ? 'client-abort' : 'disconnect');
        throw error;
      },
    )
    .finally(() => {
      over.abort();
      wake();
    });
  end.catch(() => {});

  async function next(): Promise<Uint8Array | undefined> {
    while (chunks.length === 0) {
      if (over.signal.aborted) return void (await end);
      await new Promise<void>((go) => {
        wake = go;
      });
    }
    return chunks.shift();
  }
  async function leave(reason: unknown): Promise<void> {
    // The server is to stop at once, unless it has only the end left to say.
    if (capture.isDone()) await wait(LINGER, over.signal).catch(() => {});
    const stored = store('client-abort');
    upstream.abort(reason);
    reader?.cancel(reason).catch(() => {});
    await stored;
  }
  return new Response(bodyStream({ next, leave }, signal), {
    status,
    statusText,
    headers: sent,
  });
}

/** An error in words, with the system's own where `fetch` hides them in its cause. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
