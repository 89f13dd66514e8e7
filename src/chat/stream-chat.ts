import { createLiveStream, type LiveStream, type Shape } from './live-stream.ts';
import { prepareRequest } from './request.ts';
import type { ChatReply, ChatRequest, ChatResult, ReplyEvent, StreamOptions } from './types.ts';

/**
 * Streams one chat completion from an OpenAI-compatible server.
 *
 *     for await (const text of streamChat({ messages })) process.stdout.write(text);
 *
 * Nothing is sent before the first `next()` or the first `await` of `result`. Leaving the loop closes the connection at
 * once, also while the server is silent.
 * @param body - the request, sent as it is but for `stream: true` and `stream_options.include_usage`, which are
 * filled in unless given
 * @param options - how it is sent; every one has a default
 * @returns the reply, to be read once: as text, as `events()`, or whole as `result`
 * @throws {TypeError} at once, for an argument of a wrong type; later, for a second reading
 *
 * What fails while streaming is thrown by the iteration and rejects `result`: a `ChatError`; after an abort
 * `signal.reason`; what `onChunk` threw.
 */
export function streamChat(body: ChatRequest, options: StreamOptions = {}): ChatReply {
  const request = prepareRequest(body, options);
  let stream: LiveStream<unknown> | undefined;

  function open<T>(shape: Shape<T>): LiveStream<T> {
    if (stream !== undefined)
      throw new TypeError('This reply is read already; it can be read once');
    const opened = createLiveStream(request, shape);
    stream = opened;
    return opened;
  }

  const result = lazyPromise<ChatResult>((resolve, reject) => {
    const iterated = stream;
    const read = iterated ?? open(asText);
    read.onEnd((outcome) =>
      'result' in outcome ? resolve(outcome.result) : reject(outcome.error),
    );
    if (iterated === undefined) void drain(read);
  });

  return {
    [Symbol.asyncIterator]: () => iterate(open(asText)),
    events: () => iterate(open(asEvents)),
    result,
    get soFar() {
      return (stream ?? createLiveStream(request, asText)).soFar();
    },
  };
}

const asText: Shape<string> = (out) => ({
  text: (text) => out.push(text),
  event: () => {},
  finish: () => {},
});

const asEvents: Shape<ReplyEvent> = (out) => ({
  text: (text) => out.push({ type: 'text', text }),
  event: (event) => out.push(event),
  finish: (result) => out.push({ type: 'finish', result }),
});

/**
 * By hand, because an async generator's `return()` waits for the `next()` that is pending: with a silent server, for
 * minutes.
 */
function iterate<T>(stream: LiveStream<T>): AsyncIterableIterator<T> {
  const leave = () => {
    stream.stop();
    return Promise.resolve<IteratorReturnResult<undefined>>({ done: true, value: undefined });
  };
  return {
    next: stream.next,
    return: leave,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Reads to the end; what goes wrong is told by `onEnd`. */
async function drain(stream: LiveStream<unknown>): Promise<void> {
  try {
    while (!(await stream.next()).done);
  } catch {}
}

/** A promise whose work begins when somebody asks for its value; so nobody can miss its rejection. */
function lazyPromise<T>(
  work: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
): Promise<T> {
  let promise: Promise<T> | undefined;
  const begun = () => (promise ??= new Promise<T>(work));
  return {
    // biome-ignore lint/suspicious/noThenProperty: being awaited is what it is for
    then: (onValue, onError) => begun().then(onValue, onError),
    catch: (onError) => begun().catch(onError),
    finally: (onEnd) => begun().finally(onEnd),
    [Symbol.toStringTag]: 'Promise',
  };
}
