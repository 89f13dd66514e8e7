import type { TurnClock } from './clock.ts';

/**
 * While there is nothing to say: the host notices Stop only when a chunk comes. Each chunk scrolls the panel to its
 * end, an empty one too, so they come no more often than Stop needs.
 */
const HEARTBEAT_MS = 500;

/** The least time between two chunks. */
const BETWEEN_CHUNKS_MS = 50;

/**
 * What a chunk waits for each character that is shown already, in ms. The panel renders the whole message anew for
 * each chunk, which takes it longer the longer the message is; on a busy machine of two cores up to 10 µs a character.
 */
const RENDERING_MS = 0.015;

/** Deltas in, chunks out. */
export interface Joiner extends AsyncIterableIterator<string> {
  push(text: string): void;
  /** Forgets what waits, and takes something else for what is shown. */
  replace(shown: string): void;
  /** No more deltas; what waits comes out at once. */
  end(): void;
  /** What waits. */
  readonly waiting: string;
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** How a stream ended: the last chunk was taken, the reader left, or there was nobody any more to show it to. */
export type JoinerEnd = 'done' | 'left' | 'closed';

/** What happens around the chunks, all of it synchronously, before the host goes on. */
export interface JoinerEvents {
  /** The first chunk is asked for. */
  onStart(): void;
  /** Asked before each chunk: whether there is still somebody to show it to. */
  isOpen(): boolean;
  /** A chunk with text goes out. */
  onText(text: string): void;
  /** Once. */
  onEnd(how: JoinerEnd): void;
}

/**
 * Joins deltas into chunks: the first one at once, then at most 20 a second, and fewer the longer the text is; an empty
 * chunk for every 500 ms in which none came. Written by hand, as an `async function*` cannot be left while it waits.
 */
export function createJoiner(events: JoinerEvents, clock: TurnClock): Joiner {
  const readers: ((result: IteratorResult<string, undefined>) => void)[] = [];
  let waiting = '';
  let shownLength = 0;
  let lastChunkAt = clock.now();
  let state: 'new' | 'open' | 'ending' | 'over' = 'new';
  let cancelTimer = () => {};

  /** Gives the first reader what there is, or sets the clock for it. */
  function serve(): void {
    cancelTimer();
    if (readers.length === 0) return;
    if (!waiting && state !== 'open') finish('done');
    else if (waiting && (state === 'ending' || shownLength === 0)) give();
    else {
      const rendering = Math.max(BETWEEN_CHUNKS_MS, shownLength * RENDERING_MS);
      const pause = waiting ? rendering : Math.max(HEARTBEAT_MS, rendering);
      const due = lastChunkAt + pause - clock.now();
      if (waiting && due <= 0) give();
      else cancelTimer = clock.after(Math.max(due, 0), give);
    }
  }

  /** Hands what waits to the first reader, unless nobody would see it. */
  function give(): void {
    if (!events.isOpen()) return finish('closed');
    const value = waiting;
    waiting = '';
    lastChunkAt = clock.now();
    if (value) {
      shownLength += value.length;
      events.onText(value);
    }
    readers.shift()?.({ done: false, value });
    serve();
  }

  function finish(how: JoinerEnd): void {
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
    replace(shown) {
      waiting = '';
      shownLength = shown.length;
      serve();
    },
    end() {
      if (state === 'over') return;
      state = 'ending';
      serve();
    },
    get waiting() {
      return waiting;
    },
    next() {
      return new Promise((resolve) => {
        readers.push(resolve);
        if (state === 'new') {
          state = 'open';
          lastChunkAt = clock.now();
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
