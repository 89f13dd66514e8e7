import type { TurnClock } from '../../../src/agent/turn/clock.ts';

/** Time that passes only when a test lets it. */
export interface FakeClock extends TurnClock {
  /** Lets so many ms pass. What is due in them runs in its turn, and what that begins has a moment to go on. */
  pass(ms: number): Promise<void>;
  /** Lets time pass in small steps until something is so that depends on the servers of the test, too. */
  passUntil(isSo: () => boolean): Promise<void>;
  /** Lets time pass until something is settled, but no more than so many ms. */
  passWhile<T>(pending: Promise<T>, most?: number): Promise<T>;
  /** How much is still to run. */
  timers(): number;
}

/** One step of {@link FakeClock.passUntil}, in ms; it takes as long as one round of Node's event loop. */
const STEP_MS = 10;

/** So long nothing takes, in ms. */
const FOREVER_MS = 600_000;

export function createFakeClock(): FakeClock {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();

  function nextUntil(end: number) {
    const due = [...timers].filter(({ at }) => at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }

  const clock: FakeClock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(ms) {
      const end = now + ms;
      await round();
      for (let timer = nextUntil(end); timer; timer = nextUntil(end)) {
        now = Math.max(now, timer.at);
        timers.delete(timer);
        timer.run();
        await round();
      }
      now = Math.max(now, end);
    },
    async passUntil(isSo) {
      for (const start = now; !isSo(); await clock.pass(STEP_MS)) {
        if (now - start > FOREVER_MS) throw new Error(`it never came: ${isSo}`);
      }
    },
    passWhile(pending, most = FOREVER_MS - STEP_MS) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      pending.then(settle, settle);
      const end = now + most;
      void clock.passUntil(() => isSettled || now >= end);
      // The one who waits for it has it at once, not a round later.
      return pending;
    },
    timers: () => timers.size,
  };
  return clock;
}

/** The time of all chats of a test. */
export const clock = createFakeClock();

/** A round of Node's event loop. */
const round = () => new Promise<void>((resolve) => setImmediate(resolve));
