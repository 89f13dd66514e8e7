import type { Fetch } from '../chat/types.ts';
import { listExchanges } from './exchange.ts';
import { createRecorder, type RecorderOptions } from './recorder.ts';
import { type ReplayOptions, replayFetch } from './replay-fetch.ts';
import { type AnyFetch, readRequest } from './request.ts';

/** What is recorded and what replayed; and, for a replay, how. */
export interface RecordOptions extends ReplayOptions, Pick<RecorderOptions, 'name' | 'server'> {
  /**
   * `none`: replay only. `once` (default): a folder that holds exchanges is replayed, an empty one recorded into.
   * `all`: every exchange is recorded, replacing one of the same name. With `CI=true` the default is `none`.
   */
  readonly mode?: 'none' | 'once' | 'all' | undefined;
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
  const stored = { folder, name, server, replace: mode === 'all', strict: true };
  const recorder = createRecorder(fetch, stored);
  const record: AnyFetch = async (input, init) => {
    const request = await readRequest(input, init);
    const { body, ...rest } = init ?? {};
    // A text is given on as such, as not every `fetch` takes bytes; anything else has been read.
    return recorder.record(request, request.url, typeof body === 'string' ? init : rest);
  };
  let chosen: Promise<AnyFetch> | undefined;
  const choose = async () => {
    const recorded = mode === 'once' ? await listExchanges(folder).catch(() => []) : [];
    return mode === 'none' || recorded.length > 0 ? replay : record;
  };
  return async (input, init) => {
    chosen ??= choose();
    return (await chosen)(input, init);
  };
}
