import type { Fetch } from './types.ts';

/** How long a finished reply waits for usage and `[DONE]`, in ms. */
export const FINISH_MS = 2000;

/** The longest that a timer takes, in ms; more would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Monotonic, unlike `Date.now()`: setting the computer's clock ends no stream. */
export const now = (): number => performance.now();

/** A clock that counts only what is spent waiting for the server. */
export interface Clock {
  /** Starts over with another limit, in ms; `each` counts every wait anew, otherwise all waits together. */
  limit(ms: number, each?: boolean): void;
  /** A read is pending. */
  wait(): void;
  /** It came back. */
  resume(): void;
  /** No timer is left. */
  stop(): void;
}

/**
 * A slow reader is not a slow server: only waits count. A timer is not set again for each read; when it fires, it looks
 * how much of the present wait it saw, and sleeps for the rest.
 */
export function createClock(onTimeout: () => void): Clock {
  let limit = Infinity;
  let eachWait = false;
  let spent = 0;
  let waiting = false;
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function sleep(): void {
    const left = limit - spent - (now() - since);
    if (left <= 0) onTimeout();
    else if (left < Infinity) timer = setTimeout(wake, Math.min(Math.ceil(left), LONGEST_TIMER));
  }

  function wake(): void {
    timer = undefined;
    if (waiting) sleep();
  }

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    limit(ms, each = false) {
      stop();
      limit = ms;
      eachWait = each;
      spent = 0;
    },
    wait() {
      waiting = true;
      since = now();
      if (timer === undefined) sleep();
    },
    resume() {
      if (!eachWait) spent += now() - since;
      waiting = false;
    },
    stop,
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
  const patience = {
    dispatch: (options: object, handler: unknown) =>
      dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
  };
  const options = {
    ...init,
    timeout: false,
    ...(dispatcher?.dispatch && { dispatcher: patience }),
  };
  return fetch(url, options);
};
