/**
 * The shapes that go in and come out. Names on the wire are the wire's own (snake_case); ours are camelCase.
 * Request and chunk follow OpenAI's chat completions API: https://platform.openai.com/docs/api-reference/chat
 */

import type { ChatMessage } from './request.ts';

export type * from './request.ts';

/** A `fetch` as this client calls it: with a URL in a string, and a string body. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The clocks, in ms; `0` or `Infinity` switches one off. They run only while a read is pending. */
export interface Timeouts {
  /** From sending to the first token; pings and role frames do not stop it. Default 30 minutes. */
  firstToken?: number | undefined;
  /** Silence after the first token; any byte counts as life. Default 5 minutes. */
  idle?: number | undefined;
}

/** Where the server is and who asks: what `streamChat` and `listModels` have in common. */
export interface ServerOptions {
  /** Default `http://127.0.0.1:1234/v1`, LM Studio's. It listens on IPv4 only, hence no `localhost`. */
  baseURL?: string | URL | undefined;
  /** Sent as `Authorization: Bearer …`; without it no such header is sent. */
  apiKey?: string | undefined;
  /** Added to the request; they win over the client's own. A record, entries, or a `Headers`. */
  headers?:
    | Headers
    | Iterable<readonly [name: string, value: string]>
    | { readonly [name: string]: string }
    | undefined;
  /** Aborts: what is pending then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** Default: the global `fetch`, with the runtime's own time limits lifted if that can be done. */
  fetch?: Fetch | undefined;
}

/** How a request is sent. Every field has a default. */
export interface StreamOptions extends ServerOptions {
  /**
   * Fields of the request's body that {@link ChatRequest} does not name, as only some server knows them:
   * `{ return_progress: true }`. They win over the body's own.
   */
  extraBody?: object | undefined;
  timeouts?: Timeouts | undefined;
  /** The most bytes that one event may have. Default 32 MiB. */
  maxEventBytes?: number | undefined;
  /** The most bytes of text, reasoning and calls together, in UTF-8, and of what waits for the reader. Default 64 MiB. */
  maxResultBytes?: number | undefined;
  /** Sees every chunk as it was sent, before it counts. If it throws, the stream fails with that error. */
  onChunk?: ((chunk: ChatChunk, rawData: string) => void) | undefined;
  /**
   * The model's template opens the reasoning in the prompt, so that the content begins inside it and only `</think>`
   * comes (MiniMax-M2, GLM 4.7 and others, on servers that do not separate reasoning). Without it that text is given out
   * as answer until the mark comes, and a `correction` event then says what it was. Default `false`.
   */
  startsInReasoning?: boolean | undefined;
  /**
   * llama.cpp (since May 2026) goes on with the reply if its connection breaks, and so does this client, from the byte where
   * it broke. Leaving the reply stops the server. Servers that cannot do that ignore it. Default `false`.
   */
  resume?: boolean | undefined;
}

/** From where a reply that outlives its connection can be read on, by any process. */
export interface ResumePoint {
  /** Whoever knows it can read the reply and stop it. */
  id: string;
  /** Where the server is, without a key. */
  baseURL: string;
  /** So many bytes of the stream were read, up to the end of an event. With 0 the reply is read from its beginning. */
  bytes: number;
}

/**
 * A frame's JSON. A server may send anything, so every field is `unknown` until it was looked at; these are
 * the ones that are.
 */
export interface ChatChunk {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
  /** llama.cpp, if the request has `return_progress`. */
  readonly prompt_progress?: unknown;
  readonly [field: string]: unknown;
}

/** The wire's usage object, with whatever else the server put into it. */
export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  [field: string]: unknown;
}

/** A call that the model wants made. */
export interface ToolCall {
  /** The server's, or `call_N` if it sent none. */
  id: string;
  name: string;
  /** The JSON text as sent; `{}` if a finished call has none. A custom tool's input is any text. */
  arguments: string;
  /**
   * The stream came to a good end, the call has a name, and `arguments` is a whole JSON object. Never run a call that is
   * not complete.
   */
  complete: boolean;
  /** Only on calls of custom tools, whose `arguments` need not be JSON. */
  type?: 'custom';
}

/** How the reply ended. */
export type Verdict =
  /** The model came to its end. */
  | 'complete'
  /** Cut by `max_tokens` or by the context's size, even if the server calls that `stop` or `tool_calls`. */
  | 'length'
  /** The model waits for the results of `toolCalls`. */
  | 'tool_calls'
  /** Withheld or cut by the server's filter. */
  | 'content_filter'
  /** Finished with neither text nor a call; `reasoning` may hold all of it. */
  | 'empty'
  /** The reader left. */
  | 'stopped';

/** In ms since the request was sent, but for the rate. What did not happen is absent. */
export interface Timing {
  /** The response's head arrived. */
  headMs?: number | undefined;
  /** The first text, reasoning or tool fragment that is not empty. */
  firstTokenMs?: number | undefined;
  /** The end, or now. */
  totalMs?: number | undefined;
  /** `usage.completion_tokens` over the time from the first token to the end. */
  tokensPerSecond?: number | undefined;
}

/** A reply as a message of the next request. */
export interface AssistantMessage extends ChatMessage {
  role: 'assistant';
  content: string;
}

/** Everything that was collected. */
export interface ChatResult {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  /** As sent. */
  finishReason: string | undefined;
  verdict: Verdict;
  usage: Usage | undefined;
  /** The model that answered, which may not be the one that was asked for. */
  model: string | undefined;
  timing: Timing;
  /** Text and calls as a message: push it onto the conversation, and the results of the calls after it. */
  message: AssistantMessage;
}

/** What was collected so far; without a verdict while the stream is open or after it failed. */
export type PartialResult = Omit<ChatResult, 'verdict' | 'message'> & {
  verdict: Verdict | undefined;
};

/** What `reply.events()` yields, in the order in which it happened. */
export type ReplyEvent =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  /**
   * All text so far was reasoning, and here it is: the model's template had opened the reasoning, and only its end was
   * marked. Take it out of the answer. `startsInReasoning` keeps this from happening.
   */
  | { type: 'correction'; reasoning: string }
  /** A fragment: `arguments` is to be added to the call at `index`; `id` and `name` are as far as known. */
  | { type: 'tool_call'; index: number; id: string; name: string; arguments: string }
  /** Prompt processing, if the server reports it: tokens done, of how many. */
  | { type: 'progress'; processed: number; total: number }
  | { type: 'finish'; result: ChatResult };

/** One streamed reply. It is lazy and can be read once. */
export interface ChatReply extends AsyncIterable<string> {
  /** The answer's text, delta by delta. Leaving the loop closes the connection. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string>;
  /** The same reply as typed events. */
  events(): AsyncIterableIterator<ReplyEvent>;
  /** The same text as a stream of UTF-8, for a route handler's `Response`. Cancelling it leaves the reply. */
  toReadableStream(): ReadableStream<Uint8Array>;
  /**
   * The same as the response of a route handler. It waits for the first piece of text: what fails before is a response with
   * status 502, whose JSON has the `message` and the `hint` of the error and no secret. What fails later breaks the body off.
   * @throws what is no `ChatError`, such as the reason of an abort
   */
  toResponse(): Promise<Response>;
  /**
   * The whole. Reading the property does nothing; awaiting it reads the stream to its end. In the middle of a loop the
   * rest is then kept, and the loop goes on with it.
   */
  readonly result: Promise<ChatResult>;
  /** What has come up to now, even after an abort. */
  readonly soFar: PartialResult;
  /** With `options.resume`: from where `resumeChat` reads on what is not in `soFar` yet. */
  readonly resumable: ResumePoint | undefined;
}
