/** Where steps are told: a terminal, a pipe, a log. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What goes on, told while it goes on. */
export interface Progress {
  /** A line that stays. */
  tell(line: string): void;
  /**
   * How far it is. At a terminal this is one line that changes; elsewhere a line is written at most every
   * {@link QUIET_MS}, so that a log stays short and is never silent for long.
   */
  update(line: string): void;
  /** Takes the changing line away. */
  end(): void;
}

/** The least time between two lines of progress where there is no terminal, in ms. */
export const QUIET_MS = 20_000;

const CLEAR_LINE = '\r\x1b[K';

/**
 * Tells the progress of something long.
 * @param now - a clock in ms
 */
export function createProgress(
  stream: ProgressStream,
  now: () => number = () => performance.now(),
): Progress {
  let isShown = false;
  let toldAt = now();
  const end = () => {
    if (isShown) stream.write(CLEAR_LINE);
    isShown = false;
  };
  return {
    tell(line) {
      end();
      stream.write(`${line}\n`);
      toldAt = now();
    },
    update(line) {
      if (stream.isTTY) {
        stream.write(`${CLEAR_LINE}${line.slice(0, (stream.columns ?? 80) - 1)}`);
        isShown = true;
      } else if (now() - toldAt >= QUIET_MS) {
        stream.write(`${line}\n`);
        toldAt = now();
      }
    },
    end,
  };
}

/** `42 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Tells how far something is that has a known number of steps, and about how long the rest takes, judged by the steps so
 * far.
 * @returns called after each step, with what it was
 */
export function countSteps(
  total: number,
  progress: Progress,
  now: () => number = () => performance.now(),
): (what: string) => void {
  const startedAt = now();
  let done = 0;
  return (what) => {
    done++;
    const leftMs = ((now() - startedAt) / done) * Math.max(total - done, 0);
    progress.update(`  ${done} of ${total}: ${what}; about ${duration(leftMs)} left`);
    if (done >= total) progress.end();
  };
}
