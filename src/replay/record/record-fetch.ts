import type { Fetch } from '../../client/types.ts';
import { isInCI } from '../match/miss.ts';
import { type AnyFetch, readRequest } from '../match/request.ts';
import { checkReplayOptions, type ReplayOptions } from '../play/replay-fetch.ts';
import { checkMode, openFolder } from './modes.ts';
import { createRecorder, type Recorded } from './record.ts';
import type { RecorderOptions } from './recording.ts';

/** What is recorded and what replayed; and, for a replay, how. */
export interface RecordOptions extends ReplayOptions, Pick<RecorderOptions, 'name' | 'server'> {
  /**
   * - `new` (default): what the folder holds is replayed, what it does not hold is recorded.
   * - `none`: replay only; what was not recorded is an error. With `CI=true` this is the default.
   * - `once`: a folder that holds exchanges is replayed, an empty one recorded into.
   *
   * To record anew, delete the folder.
   */
  readonly mode?: RecordMode | undefined;
}

/** See {@link RecordOptions}. */
export type RecordMode = 'none' | 'once' | 'new';

/** A `fetch` that records and replays. */
export interface RecordingFetch extends AnyFetch {
  /**
   * Waits until everything that was asked for is on disk, or will not be.
   * @param within - ms, default 10,000; what has not ended by then has that for its `reason`
   * @returns what came of each request that was recorded, in their order: the name under which it is `stored`, or
   * the `reason` why it is not
   */
  settled(within?: number): Promise<readonly Recorded[]>;
  /** The names of the exchanges that the folder held before, and that nobody has asked for. */
  unused(): readonly string[];
}

/**
 * Wraps a `fetch` so that what it gets is stored, byte for byte, with chunk boundaries, times and the way it ended,
 * and later replayed without it. Every chunk is passed on as it comes. An exchange is on disk when its reader sees
 * the end or the last event, such as `[DONE]`: a process may end right then. One that the reader leaves before that is
 * stored as `client-abort`. No header of the request is stored but `content-type`. Any number of recorders, in any
 * number of processes, can record into one folder.
 * @param fetch - what sends the requests; not called for what is replayed
 * @param folder - is made if it is missing
 * @returns a `fetch`. While recording it rejects a request that holds a secret, naming the place, before it is
 * sent; a response that holds one errors before its end, and nothing is stored. What is replayed is as
 * `replayFetch` gives it.
 * @throws {TypeError} if an option has a wrong value
 */
export function recordFetch(
  fetch: Fetch,
  folder: string,
  options: RecordOptions = {},
): RecordingFetch {
  const { mode = isInCI() ? 'none' : 'new', name, server } = options;
  checkMode(mode, ['none', 'once', 'new']);
  checkReplayOptions(options, ['mode', 'name', 'server']);
  const recorder = createRecorder(fetch, { folder, name, server, strict: true });
  let opened: ReturnType<typeof openFolder> | undefined;
  let unused: () => readonly string[] = () => [];

  async function recordingFetch(input: string | URL | Request, init?: RequestInit) {
    opened ??= openFolder(mode, folder, options);
    const [request, found] = await Promise.all([readRequest(input, init), opened]);
    unused = found.unused;
    return found.answer(request, () => {
      const { body, ...rest } = init ?? {};
      // A text is passed on as a text, as not every `fetch` takes bytes; anything else has been read.
      return recorder.record(request, request.url, typeof body === 'string' ? init : rest);
    });
  }
  return Object.assign(recordingFetch, {
    settled: (within?: number) => recorder.settled(within),
    unused: () => unused(),
  });
}
