/** Where a body comes from. */
export interface BodySource {
  /** The next chunk; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** The reader cancels, or its signal aborts: ends what is pending. */
  leave(reason: unknown): void | Promise<void>;
}

/**
 * Makes a response's body as `fetch` gives it: an abort of `signal` errors it with the signal's reason. One chunk is
 * asked for a read: boundaries stay, nothing waits in a queue that an error would throw away, and a slow reader
 * slows the source.
 */
export function bodyStream(
  { next, leave }: BodySource,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  let onAbort = () => {};
  const settle = () => signal?.removeEventListener('abort', onAbort);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason);
          Promise.resolve(leave(signal?.reason)).catch((error) => process.emitWarning(error));
        };
        if (signal?.aborted) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          const chunk = await next();
          // The reader has left meanwhile: there is nobody to tell.
          if (signal?.aborted) return;
          if (chunk) return controller.enqueue(chunk);
          settle();
          controller.close();
        } catch (error) {
          settle();
          controller.error(error);
        }
      },
      cancel(reason) {
        settle();
        return leave(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
