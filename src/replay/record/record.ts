// A request comes in and is sent on; its response goes out as it comes, and to disk.
//
//   recordFetch (record-fetch.ts), or the proxy ─▶ modes.ts: replayed, or recorded?
//     ─▶ record.ts (a name for the exchange) ─▶ relay.ts (the response on its way, with five ways to end)
//     ─▶ recording.ts (its bytes, times and end) ─▶ exchange/store.ts, unless secrets.ts finds what clues.ts describes

import type { Fetch } from '../../client/types.ts';
import { checkName, nameAfterPath } from '../exchange/names.ts';
import { createNumbering } from '../exchange/slot.ts';
import type { Incoming } from '../match/request.ts';
import { type RecorderOptions, Recording, type RecordingOutcome } from './recording.ts';
import { relay } from './relay.ts';

/** What came of a request that was recorded, or was not. */
export type Recorded = RecordingOutcome & {
  /** `POST /v1/chat/completions` */
  readonly request: string;
};

const DEFAULT_SETTLED_WITHIN = 10_000;

/**
 * Makes what sends requests on, and turns them and their responses into exchanges on disk.
 * @throws {TypeError} if `name` is not fit for a file
 */
export function createRecorder(fetch: Fetch, options: RecorderOptions) {
  const { folder, name } = options;
  if (name !== undefined) checkName(name);

  const slotFor = createNumbering(folder);
  const recordings: Recording[] = [];

  return {
    /** Sends a request to `url`, with what else `init` says, and passes the response on as it comes. */
    async record(asked: Incoming, url: URL, init?: RequestInit): Promise<Response> {
      const slot = slotFor(name ?? nameAfterPath(asked.path));
      const recording = new Recording(asked, { ...options, slot, origin: url.origin });
      recordings.push(recording);
      recording.throwIfRefused();
      const { method, body } = asked;
      const headers = new Headers(asked.headers);
      headers.set('accept-encoding', 'identity');
      const whole = { ...(body.length > 0 && { body }), ...init, method, headers };
      return relay((signal) => fetch(url.href, { ...whole, signal }), recording, asked.signal);
    },
    /** As that of `recordFetch`. */
    async settled(within = DEFAULT_SETTLED_WITHIN): Promise<readonly Recorded[]> {
      const begun = [...recordings];
      let timer: NodeJS.Timeout | undefined;
      const timeIsUp = new Promise<void>((done) => {
        timer = setTimeout(done, within);
      });
      await Promise.race([Promise.all(begun.map((it) => it.settled)), timeIsUp]);
      clearTimeout(timer);
      const notEnded = { reason: `it had not ended after ${within} ms` };
      return begun.map((it) => ({ request: it.request, ...(it.outcome ?? notEnded) }));
    },
    /** Leaves out what has not ended. */
    stop(): void {
      for (const it of recordings) it.drop('it had not ended when the recorder was stopped');
    },
  };
}
