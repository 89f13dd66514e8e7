import { createLiveReply } from './live-reply.ts';
import { fill } from './options.ts';
import type { ChatReply, ChatRequest, StreamOptions } from './types.ts';

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
  const { stream = true, stream_options, max_tokens, max_completion_tokens } = body;
  // Written now: what the caller changes later is not sent.
  const json = JSON.stringify({
    ...body,
    stream,
    stream_options: stream ? { include_usage: true, ...Object(stream_options) } : stream_options,
  });
  return createLiveReply(options, json, Number(max_tokens ?? max_completion_tokens));
}
