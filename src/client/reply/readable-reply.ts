import type { ChatReply, ChatResult, PartialResult, ReplyEvent } from '../types.ts';
import type { LiveReply } from './live-reply.ts';

/** The ways in which a reply can be read, of which a program may use one, once. */
export class ReadableReply implements ChatReply {
  readonly #live: LiveReply;
  #isTaken = false;
  #whole: Promise<ChatResult> | undefined;

  constructor(live: LiveReply) {
    this.#live = live;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.#iterate(textOf);
  }

  events(): AsyncIterableIterator<ReplyEvent> {
    return this.#iterate((event) => event);
  }

  toReadableStream(): ReadableStream<Uint8Array> {
    return toReadableStream(this.#iterate(textOf));
  }

  /** Lazy: there is no promise before somebody asks for it, so nobody can miss its rejection. */
  get result(): Promise<ChatResult> {
    return {
      then: (onValue, onError) => this.#getWhole().then(onValue, onError),
      catch: (onError) => this.#getWhole().catch(onError),
      finally: (onEnd) => this.#getWhole().finally(onEnd),
      [Symbol.toStringTag]: 'Promise',
    };
  }

  get soFar(): PartialResult {
    return this.#live.soFar();
  }

  #iterate<T>(pick: Pick<T>): ReplyIterator<T> {
    if (this.#isTaken) throw new TypeError('A reply can be read once');
    this.#isTaken = true;
    return new ReplyIterator(this.#live, pick);
  }

  #getWhole(): Promise<ChatResult> {
    if (this.#whole) return this.#whole;
    // Nobody iterates: it is read for its result alone.
    if (!this.#isTaken) this.#iterate(nothing).next().catch(nothing);
    else this.#live.readAhead();
    this.#whole = new Promise((resolve, reject) => {
      this.#live.onceOver((outcome) => {
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.result);
      });
    });
    return this.#whole;
  }
}

/** What a reader gets of an event; `undefined` where nothing. */
type Pick<T> = (event: ReplyEvent) => T | undefined;

const nothing = (): undefined => undefined;

const textOf = (event: ReplyEvent): string | undefined =>
  event.type === 'text' ? event.text : undefined;

/** A `next()` that is pending. */
interface Waiting<T> {
  resolve(step: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Iterates over a reply. By hand, because an async generator's `return()` waits for the `next()` that is pending: with a
 * silent server, for minutes.
 */
class ReplyIterator<T> implements AsyncIterableIterator<T> {
  readonly #live: LiveReply;
  readonly #pick: Pick<T>;
  readonly #waiting: Waiting<T>[] = [];
  /** The reader knows how it ended; the first to hear of it hears also of a failure. */
  #endWasTold = false;

  constructor(live: LiveReply, pick: Pick<T>) {
    this.#live = live;
    this.#pick = pick;
    live.onNews = () => this.#serve();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#endWasTold = true;
    this.#live.stop();
    this.#serve();
    return { done: true, value: undefined };
  }

  /** Gives every reader that waits its piece; where there is none left, asks the network for more. */
  #serve(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const event = this.#live.take();
      const value = event && this.#pick(event);
      if (value !== undefined) {
        this.#waiting.shift();
        first.resolve({ done: false, value });
      } else if (!event) {
        if (!this.#live.outcome) return this.#live.read();
        this.#waiting.shift();
        this.#tellEnd(first);
      }
    }
  }

  #tellEnd(reader: Waiting<T>): void {
    const { outcome } = this.#live;
    if (outcome && 'error' in outcome && !this.#endWasTold) reader.reject(outcome.error);
    else reader.resolve({ done: true, value: undefined });
    this.#endWasTold = true;
  }
}

/** The text as UTF-8. Nothing is asked of the reply before the stream is read. */
function toReadableStream(texts: ReplyIterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await texts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
