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

/** Resolves after so many ms, or at once when the signal aborts; leaves no timer behind. */
export function sleep(ms: number, clock: TurnClock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const takeBack = clock.after(ms, resolve);
    signal?.addEventListener('abort', () => {
      takeBack();
      resolve();
    });
  });
}
