import type { TestContext } from 'node:test';

/** A clock that a test moves. */
export interface FakeClock {
  /** Lets time go by. Every timer fires when it is due, and what it sets off has run before the next one fires. */
  pass(ms: number): Promise<void>;
  /** Time goes by in which the process does not run: a computer that sleeps. Then every timer that is due fires, late. */
  sleep(ms: number): Promise<void>;
  /** The timers that are set. */
  timers(): number;
  /** The waits, in ms, of all timers that have been set up to now. */
  readonly waits: readonly number[];
}

interface Timer {
  at: number;
  run: () => void;
}

/** Makes time stand still until the test is over: `setTimeout`, `clearTimeout`, `performance.now` and `Date.now`. */
export function fakeClock(t: TestContext): FakeClock {
  let at = 1000;
  const due = new Set<Timer>();
  const waits: number[] = [];
  t.mock.method(performance, 'now', () => at);
  t.mock.method(Date, 'now', () => Date.parse('2026-01-01T00:00:00Z') + at - 1000);
  t.mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0) => {
    const timer = { at: at + ms, run };
    due.add(timer);
    waits.push(ms);
    return timer;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: Timer) => due.delete(timer));

  /** Fires what is due by then, in order; the clock shows at least `from`. */
  async function fire(from: number, until: number): Promise<void> {
    await settled();
    for (;;) {
      const [next] = [...due].sort((a, b) => a.at - b.at);
      if (!next || next.at > until) break;
      due.delete(next);
      at = Math.max(at, from, next.at);
      next.run();
      await settled();
    }
    at = until;
    await settled();
  }

  return {
    pass: (ms) => fire(at, at + ms),
    sleep: (ms) => fire(at + ms, at + ms),
    timers: () => due.size,
    waits,
  };
}

/** Everything that is ready has run. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
}
