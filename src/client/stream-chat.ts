import { checkType, checkTypes } from './option-values.ts';
import { Reply } from './reply/reply.ts';
import { Stream } from './reply/stream.ts';
import type { RequestBody } from './send/connection.ts';
import type { ChatReply, ChatRequest, ResumePoint, StreamOptions } from './types.ts';

/*
 * The story of one reply, and where each step of it is:
 *
 *   streamChat             checks the body, and writes the request's JSON (this file)
 *   send/options           checks the options and fills in the defaults: the server, the clocks, the limits
 *   reply/reply            gives the program its reply. Nothing has been sent yet
 *
 *                          The program asks for the first piece:
 *   reply/stream           the machine; it reads from the network only when the program asks for more
 *   send/connection        sends the request at the first read
 *   send/send                again, if a kept connection was dead or the server still loads its model
 *   send/resumable-body      over the next connection, if one breaks and `resume` is set
 *   send/patient-fetch       by `fetch`, without the runtime's own limits on silence
 *   send/clocks            watch while a read is pending, and only then
 *
 *                          For every read:
 *   read/sse               bytes → events
 *   reply/chunk            an event → a chunk, an error, or the end
 *   reply/chunk-pattern      a chunk that is known but for its word → its word
 *   read/fold              a chunk → what it adds to the reply:
 *   read/delta-fields        reasoning, answer and calls, in whatever fields they are
 *   read/reasoning-marks     reasoning that is marked in the content
 *   read/tool-calls          calls, from their fragments
 *   reply/reply            gives the program its piece
 *
 *                          At the end, an error, an abort, a silence or a `break`:
 *   read/verdict           how it ended
 *   reply/what-failed      what is said if it failed; errors/failures adds the server's words and the reason
 *   reply/stream           closes the connection, and leaves nothing running
 *
 *                          Beside the rooms: types and request have what a program gives and gets, option-values checks it, and
 *                          json looks at what came off the wire.
 */

/**
 * Streams one chat completion from an OpenAI-compatible server.
 *
 *     for await (const text of streamChat({ messages })) process.stdout.write(text);
 *
 * Nothing is sent before the first `next()` or the first `await` of `result`. Leaving the loop closes the connection at
 * once, even while the server is silent.
 * @param body - the request, sent unchanged but for `stream: true` and `stream_options.include_usage`, which are
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
  checkTypes('body', whole, { model: 'string', stream_options: 'object' });
  // Written now: what the caller changes later is not sent.
  const request = writeRequest(whole);
  return new Reply(new Stream(options, request, budgetOf(whole)));
}

/**
 * Reads on a reply that `streamChat` had with `resume: true`, in this process or in another one.
 *
 *     const rest = await resumeChat(JSON.parse(saved)).result;
 *
 * @param from - the reply's `resumable`; with `bytes: 0` it is read from its beginning
 * @param options - as for `streamChat`; the base URL is that of the reply unless given
 * @returns a reply like that of `streamChat`, which goes on while the server writes it
 * @throws {TypeError} at once, for an argument of a wrong type. When it is read, a `ChatError` of reason `expired` if the
 * server does not have it any more
 */
export function resumeChat(from: ResumePoint, options: StreamOptions = {}): ChatReply {
  if (typeof from?.id !== 'string') throw new TypeError('resumable.id must be of type string');
  const { id, bytes = 0, baseURL } = from;
  checkType('resumable.bytes', bytes, 'number');
  const server = { ...options, baseURL: options?.baseURL ?? baseURL };
  return new Reply(new Stream(server, { id, baseURL, bytes }, undefined));
}

/**
 * How many tokens the answer may have, if the request has a limit. LM Studio's documentation sends -1 for none. With several
 * answers there is no telling: usage counts the tokens of all.
 */
function budgetOf({ max_tokens, max_completion_tokens, n }: ChatRequest): number | undefined {
  const budget = Number(max_tokens ?? max_completion_tokens);
  return budget > 0 && !(Number(n) > 1) ? budget : undefined;
}

/** The request's JSON, with what a stream needs filled in. */
function writeRequest(body: ChatRequest): RequestBody {
  const { stream = true, stream_options: given } = body;
  const streamOptions = stream && given !== null ? { include_usage: true, ...given } : undefined;
  const json = JSON.stringify({ ...body, stream, stream_options: streamOptions });
  return { json, mayLeaveOutStreamOptions: given === undefined };
}
