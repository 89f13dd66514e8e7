import { LONGEST_TIMER_MS } from '../option-values.ts';

/** Once a limit has run out, bytes that wait in the socket get so long to be read; in ms. */
const LAST_LOOK_MS = 20;

/** If a timer fires so late, in ms, the process did not run: the computer slept, or the process was stopped. */
const SLEPT_MS = 5000;

/** Monotonic, unlike `Date.now()`: setting the computer's clock ends no stream. */
export const now = (): number => performance.now();

/**
 * Waits for `ms`, at most {@link LONGEST_TIMER_MS}, or until the signal aborts; then neither timer nor listener is
 * left.
 */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS));
    signal.addEventListener('abort', done);
  });

/**
 * A clock that counts only what is spent waiting for the server: a slow reader is not a slow server. A timer is not set
 * again for each read; when it fires, it looks how much of the present wait it saw, and sleeps for the rest.
 *
 * It never runs out while bytes are there to be read. A process that was busy, stopped or asleep finds its timer due
 * before it has looked at its sockets: so it looks once more, and after a long sleep it starts over.
 */
export class Clock {
  readonly #onTimeout: () => void;
  #limitMs = Infinity;
  #leftMs = Infinity;
  #isRenewed = false;
  #isWaiting = false;
  #isLastLook = false;
  #waitingSince = 0;
  #dueAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout;
  }

  /**
   * Starts over with another limit, in ms, and without a timer; 0 is none.
   * @param isRenewed - every wait has the whole limit; otherwise all waits together have it
   */
  limit(ms: number, isRenewed = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isLastLook = false;
    this.#limitMs = this.#leftMs = ms || Infinity;
    this.#isRenewed = isRenewed;
  }

  /** A read is pending. */
  wait(): void {
    this.#isWaiting = true;
    this.#waitingSince = now();
    if (!this.#timer) this.#look();
  }

  /** It came back. */
  resume(): void {
    this.#isWaiting = false;
    this.#isLastLook = false;
    if (!this.#isRenewed) this.#leftMs -= now() - this.#waitingSince;
  }

  #look(): void {
    this.#timer = undefined;
    if (!this.#isWaiting) return;
    const restMs = this.#leftMs - (now() - this.#waitingSince);
    if (restMs > 0) return this.#sleep(restMs);
    if (this.#isLastLook) return this.#onTimeout();
    this.#isLastLook = true;
    this.#sleep(LAST_LOOK_MS);
  }

  #sleep(ms: number): void {
    if (ms === Infinity) return;
    this.#dueAt = now() + Math.min(ms, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#wakeUp(), this.#dueAt - now());
  }

  #wakeUp(): void {
    const hasSlept = now() - this.#dueAt > SLEPT_MS;
    if (hasSlept) {
      this.#isLastLook = false;
      this.#leftMs = this.#limitMs;
      this.#waitingSince = now();
    }
    this.#look();
  }
}
