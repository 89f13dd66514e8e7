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

/** The least time between two renderings of a text of this length, in ms. */
export const renderingMs = (length: number): number =>
  Math.max(BETWEEN_CHUNKS_MS, length * RENDERING_MS);

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
export class Joiner implements AsyncIterableIterator<string> {
  readonly #events: JoinerEvents;
  readonly #clock: TurnClock;
  readonly #readers: ((result: IteratorResult<string, undefined>) => void)[] = [];
  /** What waits. */
  waiting = '';
  #shownLength = 0;
  #lastChunkAt: number;
  #state: 'new' | 'open' | 'ending' | 'over' = 'new';
  #cancelTimer = () => {};

  constructor(events: JoinerEvents, clock: TurnClock) {
    this.#events = events;
    this.#clock = clock;
    this.#lastChunkAt = clock.now();
  }

  /** Whether the reader takes no more chunks. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  push(text: string): void {
    if (!text || this.#state === 'ending' || this.#state === 'over') return;
    const wasEmpty = this.waiting === '';
    this.waiting += text;
    // Later deltas find the clock set.
    if (wasEmpty) this.#serve();
  }

  /** Forgets what waits, and takes something else for what is shown. */
  replace(shown: string): void {
    this.waiting = '';
    this.#shownLength = shown.length;
    this.#serve();
  }

  /** No more deltas; what waits comes out at once. */
  end(): void {
    if (this.#state === 'over') return;
    this.#state = 'ending';
    this.#serve();
  }

  next(): Promise<IteratorResult<string, undefined>> {
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      if (this.#state === 'new') {
        this.#state = 'open';
        this.#lastChunkAt = this.#clock.now();
        this.#events.onStart();
      }
      this.#serve();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.waiting = '';
    this.#finish('left');
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Gives the first reader what there is, or sets the clock for it. */
  #serve(): void {
    this.#cancelTimer();
    if (this.#readers.length === 0) return;
    if (!this.waiting && this.#state !== 'open') return this.#finish('done');
    const isUrgent = this.#state === 'ending' || this.#shownLength === 0;
    if (this.waiting && isUrgent) return this.#give();
    const rendering = renderingMs(this.#shownLength);
    const pause = this.waiting ? rendering : Math.max(HEARTBEAT_MS, rendering);
    const due = this.#lastChunkAt + pause - this.#clock.now();
    if (this.waiting && due <= 0) this.#give();
    else this.#cancelTimer = this.#clock.after(Math.max(due, 0), () => this.#give());
  }

  /** Hands what waits to the first reader, unless nobody would see it. */
  #give(): void {
    if (!this.#events.isOpen()) return this.#finish('closed');
    const value = this.waiting;
    this.waiting = '';
    this.#lastChunkAt = this.#clock.now();
    if (value) {
      this.#shownLength += value.length;
      this.#events.onText(value);
    }
    this.#readers.shift()?.({ done: false, value });
    this.#serve();
  }

  #finish(how: JoinerEnd): void {
    this.#cancelTimer();
    if (this.#state !== 'over') {
      this.#state = 'over';
      this.#events.onEnd(how);
    }
    for (const read of this.#readers.splice(0)) read({ done: true, value: undefined });
  }
}
