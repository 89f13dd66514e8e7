import { isChatError } from '../errors/errors.ts';
import { Queue } from '../read/queue.ts';
import type { ChatReply, ChatResult, PartialResult, ReplyEvent, ResumePoint } from '../types.ts';
import type { Outcome, Stream } from './stream.ts';

/*
 * From a request to a reply that can be read.
 *
 *   in          options and the request's JSON, from stream-chat.ts
 *   reply.ts    the ways to read: texts, events, a web stream, the result; each pulls on the
 *   stream.ts   machine, which asks the connection for bytes and handles one event at a time
 *   incoming.ts reads a response's events
 *   chunk.ts    parses the data of an event, and knows an error among chunks
 *   chunk-pattern.ts  knows the word of a chunk that is otherwise equal to the last ones, without parsing it
 *   phase.ts    what the server is waited for, and how long
 *   result.ts   when things happened, and what was collected as a message
 *   what-failed.ts  the words for what goes wrong
 *   out         events to the reader; at the end a result or an error
 */

/** The ways in which a reply can be read, of which a program may use one, once. */
export class Reply implements ChatReply {
  readonly #stream: Stream;
  #isTaken = false;
  #whole: Promise<ChatResult> | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.#iterate(pickText);
  }

  events(): AsyncIterableIterator<ReplyEvent> {
    return this.#iterate((event) => event);
  }

  toReadableStream(): ReadableStream<Uint8Array> {
    return toReadableStream(this.#iterate(pickText));
  }

  async toResponse(): Promise<Response> {
    const texts = this.#iterate(pickText);
    try {
      const body = toReadableStream(texts, await texts.next());
      return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
    } catch (thrown) {
      if (!isChatError(thrown)) throw thrown;
      const { message, hint } = thrown;
      return Response.json({ error: { message, hint } }, { status: 502 });
    }
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
    return this.#stream.soFar();
  }

  get resumable(): ResumePoint | undefined {
    return this.#stream.resumePoint;
  }

  #iterate<T>(pick: Picker<T>): PieceIterator<T> {
    if (this.#isTaken) throw new TypeError('A reply can be read once');
    this.#isTaken = true;
    return new PieceIterator(this.#stream, pick);
  }

  #getWhole(): Promise<ChatResult> {
    if (this.#whole) return this.#whole;
    // Nobody iterates: it is read for its result alone.
    if (!this.#isTaken) this.#iterate(nothing).next().catch(nothing);
    else this.#stream.readAhead();
    this.#whole = new Promise((resolve, reject) => {
      this.#stream.onceOver((outcome) => {
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.result);
      });
    });
    return this.#whole;
  }
}

/** What a reader gets of an event; `undefined` for nothing. */
type Picker<T> = (event: ReplyEvent) => T | undefined;

const nothing = (): undefined => undefined;

const pickText = (event: ReplyEvent): string | undefined =>
  event.type === 'text' ? event.text : undefined;

/** A `next()` that is pending. */
interface PendingNext<T> {
  resolve(step: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Iterates over a reply. By hand, because an async generator's `return()` waits for the `next()` that is pending: with a
 * silent server, for minutes.
 */
class PieceIterator<T> implements AsyncIterableIterator<T> {
  readonly #stream: Stream;
  readonly #pick: Picker<T>;
  readonly #pending = new Queue<PendingNext<T>>();
  /** The reader knows how it ended. Only the first `next()` that comes to the end throws a failure. */
  #knowsEnd = false;

  constructor(stream: Stream, pick: Picker<T>) {
    this.#stream = stream;
    this.#pick = pick;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    // Most pieces are there already, and need no promise that waits.
    const value = this.#takePiece();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#serve();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#knowsEnd = true;
    this.#stream.stop();
    this.#serve();
    return { done: true, value: undefined };
  }

  /** The next piece; `undefined` if the network has to be read first, or if there is none left. */
  #takePiece(): T | undefined {
    for (let event = this.#stream.take(); event; event = this.#stream.take()) {
      const piece = this.#pick(event);
      if (piece !== undefined) return piece;
    }
    return undefined;
  }

  /** Gives every `next()` that is pending its piece; if there is none left, asks the network for more. */
  readonly #serve = (): void => {
    while (this.#pending.length > 0) {
      const value = this.#takePiece();
      if (value !== undefined) this.#pending.take()?.resolve({ done: false, value });
      else if (this.#stream.outcome) this.#end(this.#stream.outcome, this.#pending.take());
      else return this.#stream.read(this.#serve);
    }
  };

  #end(outcome: Outcome, next: PendingNext<T> | undefined): void {
    if ('error' in outcome && !this.#knowsEnd) next?.reject(outcome.error);
    else next?.resolve({ done: true, value: undefined });
    this.#knowsEnd = true;
  }
}

/**
 * The text as UTF-8. Nothing is asked of the reply before the stream is read.
 * @param first - a step that was taken before
 */
function toReadableStream(
  texts: PieceIterator<string>,
  first?: IteratorResult<string, undefined>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let taken = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = taken ?? (await texts.next());
        taken = undefined;
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
