import type { Fetch } from '../chat/types.ts';
import { type End, listExchanges } from './exchange.ts';
import { type AnyFetch, fetchRequest } from './fetch-request.ts';
import { wait } from './play.ts';
import { type Capture, createRecorder, LINGER } from './recorder.ts';
import { type ReplayOptions, replayFetch } from './replay-fetch.ts';

/** What is recorded and what replayed; and, for a replay, how. */
export interface RecordOptions extends ReplayOptions {
  /**
   * `none`: replay only. `once` (default): a folder that holds exchanges is replayed, an empty one recorded into.
   * `all`: every exchange is recorded, replacing one of the same name. With `CI=true` the default is `none`.
   */
  readonly mode?: 'none' | 'once' | 'all' | undefined;
  /** What the exchange is called; a second one gets `-2`. Default: after the path, `chat-completions`. */
  readonly name?: string | undefined;
  /** Which server is recorded, with its version: `LM Studio 0.4.24`. Default: its `server` header, or its address. */
  readonly server?: string | undefined;
}

/**
 * Wraps a `fetch` so that what it gets is stored, byte for byte, with chunk boundaries, times and the way it ended,
 * and later replayed without it. Every chunk is passed on as it comes. An exchange is on disk when its body has
 * ended; one that the reader leaves is stored as `client-abort`, unless the server had said `[DONE]`. No header of
 * the request is stored but `content-type`.
 * @param fetch - what sends the requests; not called while replaying
 * @param folder - made where it is missing
 * @returns a `fetch`. While recording it rejects a request that holds a secret, naming the place, before it is
 * sent; a response that holds one errors at its end, and nothing is stored. While replaying it is `replayFetch`.
 * @throws {TypeError} where an option has a wrong value
 */
export function recordFetch(fetch: Fetch, folder: string, options: RecordOptions = {}): AnyFetch {
  const inCI = process.env.CI === 'true' || process.env.CI === '1';
  const { mode = inCI ? 'none' : 'once', name, server } = options;
  if (!['none', 'once', 'all'].includes(mode)) {
    throw new TypeError("mode must be 'none', 'once' or 'all'");
  }
  const replay = replayFetch(folder, options);
  const recorder = createRecorder({ folder, name, server, replace: mode === 'all' });

  const record: AnyFetch = async (input, init) => {
    const request = await fetchRequest(input, init);
    const { url, method, headers, body, signal } = request;
    signal?.throwIfAborted();
    headers.set('accept-encoding', 'identity');
    const path = url.pathname + url.search;
    const capture = recorder.begin({ method, path, headers, body, origin: url.origin });
    if (capture.refused) {
      capture.drop(capture.refused);
      throw new Error(`not recorded, and not sent: ${capture.refused}`);
    }
    const upstream = new AbortController();
    const abort = () => upstream.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const response = await fetch(url.href, {
        ...init,
        method,
        headers,
        ...(body.length > 0 && { body: typeof init?.body === 'string' ? init.body : body }),
        signal: upstream.signal,
      });
      capture.head(response.status, response.headers);
      return await relay(response, capture, upstream, signal);
    } catch (error) {
      capture.drop('there was no response');
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };

  let chosen: Promise<AnyFetch> | undefined;
  const choose = async () => {
    if (mode !== 'once') return mode === 'all' ? record : replay;
    const recorded = await listExchanges(folder).catch(() => []);
    return recorded.length > 0 ? replay : record;
  };
  return async (input, init) => {
    chosen ??= choose();
    return (await chosen)(input, init);
  };
}

/** Passes a response on, and what is seen of it to the capture. */
async function relay(
  response: Response,
  capture: Capture,
  upstream: AbortController,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { status, statusText, headers } = response;
  const store = async (end: End) => {
    const outcome = await capture.end(end);
    if (outcome.stored === undefined) throw new Error(`not recorded: ${outcome.reason}`);
  };
  if (!response.body) {
    await store('complete');
    return new Response(null, { status, statusText, headers });
  }
  const reader = response.body.getReader();
  let left = false;

  /** The next chunk; at the end, when it is stored, `undefined`. */
  async function next(): Promise<Uint8Array | undefined> {
    const read = await reader.read().catch(async (error: unknown) => {
      await store(upstream.signal.aborted ? 'client-abort' : 'disconnect');
      throw error;
    });
    if (read.done) await store('complete');
    else capture.chunk(read.value);
    return read.value;
  }

  /** The reader has left: the server is to stop at once, unless it has only the end left to say. */
  async function leave(reason: unknown): Promise<void> {
    left = true;
    if (capture.done) {
      const ended = new AbortController();
      const drain = async () => {
        while (await next());
      };
      drain().then(
        () => ended.abort(),
        () => ended.abort(),
      );
      await wait(LINGER, ended.signal).catch(() => {});
    }
    const stored = store('client-abort');
    upstream.abort(reason);
    reader.cancel(reason).catch(() => {});
    await stored;
  }

  let onAbort: () => void = () => {};
  const settle = () => signal?.removeEventListener('abort', onAbort);
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason);
          leave(signal?.reason).catch((error) => process.emitWarning(error));
        };
        if (signal?.aborted) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          const chunk = await next();
          if (left) return;
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
  return new Response(body, { status, statusText, headers });
}
