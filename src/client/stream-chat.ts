import { checkType } from './option-values.ts';
import { LiveReply } from './reply/live-reply.ts';
import { ReadableReply } from './reply/readable-reply.ts';
import type { RequestBody } from './send/connection.ts';
import type { ChatReply, ChatRequest, StreamOptions } from './types.ts';

/**
 * Streams one chat completion from an OpenAI-compatible server.
 *
 *     for await (const text of streamChat({ messages })) process.stdout.write(text);
 *
 * Nothing is sent before the first `next()` or the first `await` of `result`. Leaving the loop closes the connection at
 * once, also while the server is silent.
 * @param body - the request, sent as it is but for `stream: true` and `stream_options.include_usage`, which are
 * filled in unless given. What the type does not name goes into `options.extraBody`
 * @param options - how it is sent; every one has a default
 * @returns the reply, to be read once: as text, as `events()`, or whole as `result`
 * @throws {TypeError} at once, for an argument of a wrong type; later, for a second reading
 *
 * What fails while streaming is thrown by the iteration and rejects `result`: a `ChatError`; after an abort
 * `signal.reason`; what `onChunk` threw.
 */
export function streamChat(body: ChatRequest, options: StreamOptions = {}): ChatReply {
  if (!Array.isArray(body?.messages)) throw new TypeError('body.messages must be an array');
  checkType('options.extraBody', options?.extraBody, 'object');
  const whole = options?.extraBody ? { ...body, ...options.extraBody } : body;
  checkType('body.model', whole.model, 'string');
  checkType('body.stream_options', whole.stream_options, 'object');
  // Written now: what the caller changes later is not sent.
  const request = writeRequest(whole);
  const maxTokens = Number(whole.max_tokens ?? whole.max_completion_tokens);
  return new ReadableReply(new LiveReply(options, request, maxTokens));
}

/** The request's JSON, with what a stream needs filled in. */
function writeRequest(body: ChatRequest): RequestBody {
  const { stream = true, stream_options: streamOptions } = body;
  if (!stream || streamOptions === null) {
    return { json: JSON.stringify({ ...body, stream, stream_options: undefined }) };
  }
  const filledIn = { include_usage: true, ...streamOptions };
  const json = JSON.stringify({ ...body, stream, stream_options: filledIn });
  return { json, mayLeaveOutStreamOptions: streamOptions === undefined };
}
