import { createLiveStream, type LiveStream } from './live-stream.ts';
import { fill, readOptions } from './options.ts';
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
  if (!Array.isArray(body?.messages)) throw new TypeError('body.messages must be an array');
  fill('body', body, { model: '', stream_options: {} });
  const settings = readOptions(options);
  const { stream: streamed = true, stream_options, max_tokens, max_completion_tokens } = body;
  const asked = streamed && { stream_options: { include_usage: true, ...Object(stream_options) } };
  // Written now: what the caller changes later is not sent.
  const json = JSON.stringify({ ...body, stream: streamed, ...Object(asked) });
  const budget = Number(max_tokens ?? max_completion_tokens);
  // LM Studio's documentation sends -1 for none.
  const maxTokens = budget > 0 ? budget : Infinity;
  let stream: LiveStream<unknown> | undefined;

  function open<T>(shape: (event: ReplyEvent) => T | undefined): LiveStream<T> {
    if (stream !== undefined)
      throw new TypeError('This reply is read already; it can be read once');
    const opened = createLiveStream(settings, json, maxTokens, shape);
    stream = opened;
    return opened;
  }

  /** Reads the stream for its result alone, if nobody iterates. */
  function whole(): Promise<ChatResult> {
    if (stream === undefined) void drain(open(textOf));
    return (stream ?? open(textOf)).result;
  }

  return {
    [Symbol.asyncIterator]: () => iterate(open(textOf)),
    events: () => iterate(open((event) => event)),
    // Lazy, so that nobody can miss its rejection: there is no promise before somebody asks for it.
    result: {
      // biome-ignore lint/suspicious/noThenProperty: being awaited is what it is for
      then: (onValue, onError) => whole().then(onValue, onError),
      catch: (onError) => whole().catch(onError),
      finally: (onEnd) => whole().finally(onEnd),
      [Symbol.toStringTag]: 'Promise',
    },
    get soFar() {
      return (stream ?? createLiveStream(settings, json, maxTokens, textOf)).soFar();
    },
  };
}

function textOf(event: ReplyEvent): string | undefined {
  return event.type === 'text' ? event.text : undefined;
}

/**
 * By hand, because an async generator's `return()` waits for the `next()` that is pending: with a silent server, for
 * minutes.
 */
function iterate<T>(stream: LiveStream<T>): AsyncIterableIterator<T> {
  return {
    next: stream.next,
    return() {
      stream.stop();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Reads to the end; what goes wrong is told by `result`. */
async function drain(stream: LiveStream<unknown>): Promise<void> {
  try {
    while (!(await stream.next()).done);
  } catch {}
}
