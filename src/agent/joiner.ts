/** Time, as the joiner needs it; tests have their own. */
export interface Clock {
  /** In ms. */
  now(): number;
  /** Runs once, after so many ms; the returned function takes it back. */
  after(ms: number, run: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** While there is nothing to say: the host notices Stop only when a chunk comes. */
const HEARTBEAT_MS = 250;
/** The host renders the whole message anew for each chunk. */
const BETWEEN_CHUNKS_MS = 50;

/** Deltas in, chunks out. */
export interface Joiner extends AsyncIterableIterator<string> {
  push(text: string): void;
  /** No more deltas; what waits comes out at once. */
  end(): void;
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** What happens around the chunks, all of it synchronously, before the host goes on. */
export interface JoinerEvents {
  /** The first chunk is asked for. */
  onStart(): void;
  /** A chunk with text goes out. */
  onText(text: string): void;
  /** The last chunk was taken (`done`), or the reader left. Once. */
  onEnd(how: 'done' | 'left'): void;
}

/**
 * Joins deltas into chunks: the first one at once, then at most 20 a second; an empty chunk for every 250 ms in
 * which none came. Written by hand, as an `async function*` cannot be left while it waits.
 */
export function createJoiner(events: JoinerEvents, clock: Clock = realClock): Joiner {
  const readers: ((result: IteratorResult<string, undefined>) => void)[] = [];
  let waiting = '';
  /** When text may go out again. */
  let nextText = 0;
  let state: 'new' | 'open' | 'ending' | 'over' = 'new';
  let cancelTimer = () => {};

  /** Gives the first reader what there is, or sets the clock for it. */
  function serve(): void {
    cancelTimer();
    if (readers.length === 0) return;
    const due = nextText - clock.now();
    if (!waiting && state !== 'open') finish('done');
    else if (waiting && (due <= 0 || state === 'ending')) give();
    else cancelTimer = clock.after(waiting ? due : HEARTBEAT_MS, give);
  }

  function give(): void {
    const value = waiting;
    waiting = '';
    if (value) {
      nextText = clock.now() + BETWEEN_CHUNKS_MS;
      events.onText(value);
    }
    readers.shift()?.({ done: false, value });
    serve();
  }

  function finish(how: 'done' | 'left'): void {
    cancelTimer();
    if (state !== 'over') {
      state = 'over';
      events.onEnd(how);
    }
    for (const read of readers.splice(0)) read({ done: true, value: undefined });
  }

  return {
    push(text) {
      if (!text || state === 'ending' || state === 'over') return;
      const wasEmpty = waiting === '';
      waiting += text;
      // Later deltas find the clock set.
      if (wasEmpty) serve();
    },
    end() {
      if (state === 'over') return;
      state = 'ending';
      serve();
    },
    next() {
      return new Promise((resolve) => {
        readers.push(resolve);
        if (state === 'new') {
          state = 'open';
          events.onStart();
        }
        serve();
      });
    },
    async return() {
      waiting = '';
      finish('left');
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
