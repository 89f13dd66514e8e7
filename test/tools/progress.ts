/** Where the lines go: a terminal, a pipe, a log. */
interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Says what goes on while it goes on. */
export interface Progress {
  /** Writes a line that stays. */
  print(line: string): void;
  /**
   * Shows how far it is. At a terminal this is one line that changes; elsewhere a line is written at most every
   * {@link QUIET_MS}, so that a log stays short and is never silent for long.
   */
  update(line: string): void;
  /** Removes the line that changes. */
  end(): void;
}

/** The least time between two lines of progress in a pipe, in ms. */
export const QUIET_MS = 20_000;

const CLEAR_LINE = '\r\x1b[K';

/** @param now - a clock in ms */
export function createProgress(
  stream: ProgressStream,
  now: () => number = () => performance.now(),
): Progress {
  let isShown = false;
  let writtenAt = now();
  const end = () => {
    if (isShown) stream.write(CLEAR_LINE);
    isShown = false;
  };
  const print = (line: string) => {
    // The line that changes may be that of another process at this terminal.
    stream.write(`${stream.isTTY ? CLEAR_LINE : ''}${line}\n`);
    isShown = false;
    writtenAt = now();
  };
  return {
    print,
    update(line) {
      if (stream.isTTY) {
        stream.write(`${CLEAR_LINE}${line.slice(0, (stream.columns ?? 80) - 1)}`);
        isShown = true;
      } else if (now() - writtenAt >= QUIET_MS) print(line);
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
 * Shows how far something is that has a known number of steps, and about how long the rest takes.
 * @returns called after each step, with its name
 */
export function countSteps(
  total: number,
  progress: Progress,
  now: () => number = () => performance.now(),
): (step: string) => void {
  const startedAt = now();
  let done = 0;
  return (step) => {
    done++;
    const leftMs = ((now() - startedAt) / done) * Math.max(total - done, 0);
    progress.update(`  ${done} of ${total}: ${step}; about ${duration(leftMs)} left`);
    if (done >= total) progress.end();
  };
}
