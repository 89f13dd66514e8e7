import type { LiveReply } from './live-reply.ts';
import type { ChatReply, ChatResult, ReplyEvent } from './types.ts';

/** A reader that waits for its piece. */
interface Waiting<T> {
  resolve(step: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

type Reading<T> = AsyncIterableIterator<T> & Required<Pick<AsyncIterator<T>, 'return'>>;

/** The ways in which a reply can be read, of which a program may use one, once. */
export function present(live: LiveReply): ChatReply {
  let isTaken = false;
  let whole: Promise<ChatResult> | undefined;
  /** Somebody waits for the result; called when it is there. */
  let onOutcome = () => {};

  function iterate<T>(pick: (event: ReplyEvent) => T | undefined): Reading<T> {
    if (isTaken) throw new TypeError('A reply can be read once');
    isTaken = true;
    return createReading(live, pick, () => onOutcome());
  }

  /** How it ended, once it has; the promise is made when it is asked for, so nobody can miss its rejection. */
  function getWhole(): Promise<ChatResult> {
    // Nobody iterates: it is read for its result alone.
    if (!isTaken) iterate(nothing).next().catch(nothing);
    else if (!live.outcome) live.finishSoon();
    whole ??= new Promise((resolve, reject) => {
      onOutcome = () => {
        const { outcome } = live;
        if (outcome && 'error' in outcome) reject(outcome.error);
        else if (outcome) resolve(outcome.result);
      };
      onOutcome();
    });
    return whole;
  }

  return {
    [Symbol.asyncIterator]: () => iterate(textOf),
    events: () => iterate((event) => event),
    toReadableStream: () => toReadableStream(iterate(textOf)),
    // Lazy: reading the property does nothing.
    result: {
      then: (onValue, onError) => getWhole().then(onValue, onError),
      catch: (onError) => getWhole().catch(onError),
      finally: (onEnd) => getWhole().finally(onEnd),
      [Symbol.toStringTag]: 'Promise',
    },
    get soFar() {
      return live.soFar();
    },
  };
}

const nothing = (): undefined => undefined;

const textOf = (event: ReplyEvent): string | undefined =>
  event.type === 'text' ? event.text : undefined;

/**
 * The iterator. By hand, because an async generator's `return()` waits for the `next()` that is pending: with a silent
 * server, for minutes.
 * @param pick - what the reader gets of an event; `undefined` where nothing
 * @param onEnd - called when the reply is over, maybe more than once
 */
function createReading<T>(
  live: LiveReply,
  pick: (event: ReplyEvent) => T | undefined,
  onEnd: () => void,
): Reading<T> {
  const waiting: Waiting<T>[] = [];
  /** The reader knows how it ended; the first to hear of it hears also of a failure. */
  let endWasTold = false;

  /** Gives every reader that waits its piece; where there is none left, asks the network for more. */
  function serve(): void {
    for (let [first] = waiting; first; [first] = waiting) {
      const event = live.take();
      const value = event && pick(event);
      if (value !== undefined) {
        waiting.shift();
        first.resolve({ done: false, value });
      } else if (!event) {
        if (!live.outcome) return live.read();
        waiting.shift();
        tellEnd(first);
      }
    }
    if (live.outcome) onEnd();
  }

  function tellEnd(reader: Waiting<T>): void {
    const { outcome } = live;
    if (outcome && 'error' in outcome && !endWasTold) reader.reject(outcome.error);
    else reader.resolve({ done: true, value: undefined });
    endWasTold = true;
  }

  live.onNews = serve;
  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        serve();
      }),
    async return() {
      endWasTold = true;
      live.stop();
      serve();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The text as UTF-8. Nothing is asked of the reply before the stream is read. */
function toReadableStream(texts: Reading<string>): ReadableStream<Uint8Array> {
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
