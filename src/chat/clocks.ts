import { LONGEST_TIMER_MS } from '../defaults.ts';
import type { Fetch } from './types.ts';

/** Monotonic, unlike `Date.now()`: setting the computer's clock ends no stream. */
export const now = (): number => performance.now();

/** Waits for `ms`, or until the signal aborts; then neither timer nor listener is left. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

/** A clock that counts only what is spent waiting for the server. */
export interface Clock {
  /**
   * Starts over with another limit, in ms, and without a timer; 0 is none. With `each` every wait has the whole of it,
   * otherwise all waits together.
   */
  limit(ms: number, each?: boolean): void;
  /** A read is pending. */
  wait(): void;
  /** It came back. */
  resume(): void;
}

/**
 * A slow reader is not a slow server: only waits count. A timer is not set again for each read; when it fires, it looks
 * how much of the present wait it saw, and sleeps for the rest.
 */
export function createClock(onTimeout: () => void): Clock {
  let left = Infinity;
  let renewed = false;
  let waiting = false;
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    timer = undefined;
    const rest = left - (now() - since);
    if (!waiting) return;
    if (rest <= 0) onTimeout();
    else if (rest < Infinity) timer = setTimeout(look, Math.min(rest, LONGEST_TIMER_MS));
  }

  return {
    limit(ms, each = false) {
      clearTimeout(timer);
      timer = undefined;
      left = ms || Infinity;
      renewed = each;
    },
    wait() {
      waiting = true;
      since = now();
      if (!timer) look();
    },
    resume() {
      waiting = false;
      if (!renewed) left -= now() - since;
    },
  };
}

/**
 * `fetch` without the runtime's own limits on silence. Node's (undici) ends a response after 300 s without a head or
 * without a byte, and a local model may well need longer for its prompt. The dispatcher that the process has set, a
 * proxy perhaps, is kept and asked to wait. Its global symbol is undici's own: where it is missing, `fetch` is
 * left as it is. `timeout: false` is Bun's word for the same.
 * @see https://github.com/nodejs/undici/blob/main/lib/global.js
 * @see https://bun.sh/reference/globals/BunFetchRequestInit/timeout
 */
export const patientFetch: Fetch = (url, init) => {
  const [dispatcher] = [2, 1].flatMap(
    (version) => Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`)) ?? [],
  );
  const options = {
    ...init,
    timeout: false,
    dispatcher: dispatcher?.dispatch && {
      dispatch: (request: object, handler: unknown) =>
        dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler),
    },
  };
  return fetch(url, options);
};
