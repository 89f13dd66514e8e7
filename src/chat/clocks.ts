/** What a clock that ran out was waiting for: see `Timeouts`; `finish` is what follows a finish reason. */
export type ClockName = 'firstToken' | 'idle' | 'finish';

/** How long a finished reply waits for usage and `[DONE]`. */
const FINISH_MS = 2000;

/** The longest that a timer takes, in ms; more would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Monotonic, unlike `Date.now()`: setting the computer's clock ends no stream. */
export const now = (): number => performance.now();

export interface Clocks {
  /** A read is pending. */
  wait(): void;
  /** It came back. */
  resume(): void;
  /** From now on it is this one that counts. */
  switchTo(clock: ClockName): void;
  /** No timer is left. */
  stop(): void;
}

/**
 * The clocks of one reply. They count only what is spent waiting: `firstToken` and `finish` over all waits, `idle`
 * each wait anew, since every read's bytes are a sign of life. A timer is not set again for each read; when it
 * fires, it looks how much of the present wait it saw, and sleeps for the rest.
 * @param limits - in ms; `0` and `Infinity` mean no limit
 */
export function createClocks(
  limits: { firstToken: number; idle: number },
  onTimeout: (clock: ClockName) => void,
): Clocks {
  let clock: ClockName = 'firstToken';
  let limit = limits.firstToken || Infinity;
  let spent = 0;
  let waitingSince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function sleep(ms: number): void {
    timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER));
  }

  function wake(): void {
    timer = undefined;
    if (waitingSince === undefined) return;
    const left = limit - spent - (now() - waitingSince);
    if (left > 0) sleep(Math.ceil(left));
    else onTimeout(clock);
  }

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    wait() {
      if (limit === Infinity) return;
      waitingSince = now();
      if (timer === undefined) sleep(limit - spent);
    },
    resume() {
      if (clock !== 'idle' && waitingSince !== undefined) spent += now() - waitingSince;
      waitingSince = undefined;
    },
    switchTo(next) {
      stop();
      clock = next;
      limit = (next === 'finish' ? FINISH_MS : limits[next]) || Infinity;
      spent = 0;
    },
    stop,
  };
}

/** The two things of undici that are used, as they were found to be. */
interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

function isDispatcher(value: unknown): value is Dispatcher {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dispatch' in value &&
    typeof value.dispatch === 'function'
  );
}

/**
 * The additions to `fetch`'s options that lift the runtime's own limits on silence. Node's `fetch` (undici) ends a
 * response after 300 s without a head or without a byte, and a local model may well need longer for its prompt. The
 * dispatcher that the process has set, a proxy perhaps, is kept and asked to wait. Its global symbol is undici's
 * own and not documented: where it is missing, `fetch` is left as it is. `timeout: false` is Bun's word for the same.
 * @see https://github.com/nodejs/undici/blob/main/lib/global.js
 * @see https://bun.sh/reference/globals/BunFetchRequestInit/timeout
 */
export function patience(): object {
  const dispatcher = [2, 1]
    .map((version) => Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`)))
    .find(isDispatcher);
  return {
    timeout: false,
    ...(dispatcher && {
      dispatcher: {
        dispatch: (options: object, handler: unknown) =>
          dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
      },
    }),
  };
}
