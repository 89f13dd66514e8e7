import { wordsOf } from '../exchange/in-words.ts';
import type { Recording } from './recording.ts';

/**
 * Sends a request and passes the response on as it comes, while the recording gets all of it, even what the reader is slow
 * to take. The exchange is stored when the reader sees the end.
 * @param signal - its abort is the client's leaving
 */
export async function relay(
  send: (signal: AbortSignal) => Promise<Response>,
  recording: Recording,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const upstream = new AbortController();
  let onLeave = (reason: unknown) => upstream.abort(reason);
  const onAbort = () => onLeave(signal?.reason);
  const stopListening = () => signal?.removeEventListener('abort', onAbort);
  signal?.addEventListener('abort', onAbort);

  const response = await send(upstream.signal).catch((error: unknown) => {
    stopListening();
    recording.drop(signal?.aborted ? 'the client left before the response began' : wordsOf(error));
    throw error;
  });
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (headers.has('content-encoding')) {
    // `fetch` has decoded the body.
    for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  }
  recording.head(status, headers);
  if (!response.body) {
    stopListening();
    recording.end('complete');
    return new Response(null, { status, statusText, headers });
  }
  const body = new RelayedBody(response.body, recording, upstream, stopListening);
  onLeave = (reason) => body.abort(reason);
  return new Response(body.stream, { status, statusText, headers });
}

/** A body on its way: it is read as fast as the server sends it, and given out as the reader asks for it. */
class RelayedBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #recording: Recording;
  readonly #upstream: AbortController;
  readonly #stopListening: () => void;
  readonly #queue: Uint8Array[] = [];
  /** The server has ended or failed, or the reader has left. */
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #wake = () => {};

  constructor(
    body: ReadableStream<Uint8Array>,
    recording: Recording,
    upstream: AbortController,
    stopListening: () => void,
  ) {
    this.#reader = body.getReader();
    this.#recording = recording;
    this.#upstream = upstream;
    this.#stopListening = stopListening;
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => this.#leave(reason),
      },
      { highWaterMark: 0 },
    );
    this.#readAll()
      .catch((error: unknown) => {
        this.#failure = { error };
        upstream.abort(error);
      })
      .finally(() => this.#finish());
  }

  /** The client leaves by its signal. */
  abort(reason: unknown): void {
    this.#queue.length = 0;
    this.#failure = { error: reason };
    try {
      this.#leave(reason);
    } catch (error) {
      // The reader has its reason already, and nobody else listens.
      process.emitWarning(wordsOf(error));
    }
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const read = await this.#reader.read().catch((error: unknown) => ({ error }));
      if (this.#isOver) return;
      if ('error' in read) {
        this.#recording.end('disconnect');
        throw read.error;
      }
      if (read.done) return this.#recording.end('complete');
      this.#recording.chunk(read.value);
      this.#queue.push(read.value);
      this.#wake();
    }
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#queue.length === 0 && !this.#isOver) {
      await new Promise<void>((go) => {
        this.#wake = go;
      });
    }
    const chunk = this.#queue.shift();
    if (chunk) controller.enqueue(chunk);
    else if (this.#failure) throw this.#failure.error;
    else controller.close();
  }

  /** @throws what cannot be stored */
  #leave(reason: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    try {
      this.#recording.end('client-abort');
    } finally {
      this.#upstream.abort(reason);
      // Its own `fetch` may not know of the abort.
      this.#reader.cancel(reason).catch(() => {});
    }
  }

  #finish(): void {
    this.#isOver = true;
    this.#stopListening();
    this.#wake();
  }
}
