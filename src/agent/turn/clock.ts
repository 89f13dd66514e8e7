/** Time, as a reply needs it. A test puts its own in the place of the agent's. */
export interface TurnClock {
  /** In ms, from any beginning. */
  now(): number;
  /** Runs once, after so many ms; the returned function takes it back. */
  after(ms: number, run: () => void): () => void;
}

export const realClock: TurnClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many ms, or at once when the signal aborts; leaves no timer and no listener behind. */
export function sleep(ms: number, clock: TurnClock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const onAbort = () => {
      takeBack();
      resolve();
    };
    const takeBack = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
