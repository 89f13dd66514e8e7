import { checkTypes, describeServer, type Server } from './server.ts';
import type { ChatRequest, StreamOptions } from './types.ts';

/** A chat completion, ready to be sent. */
export interface Request {
  readonly server: Server;
  /** The JSON text, taken when `streamChat` was called: what the caller changes later is not sent. */
  readonly body: string;
  /** The token budget that the caller set, which some servers reach without saying so. */
  readonly maxTokens: number;
  readonly firstToken: number;
  readonly idle: number;
  readonly maxEventBytes: number;
  readonly maxResultBytes: number;
  readonly onChunk: StreamOptions['onChunk'];
}

/**
 * Checks the arguments of `streamChat`, fills in what they leave open, and writes the body.
 * @throws {TypeError} naming the argument
 */
export function prepareRequest(body: ChatRequest, options: StreamOptions): Request {
  checkTypes('body', body, { model: 'string', stream_options: 'object' });
  if (!Array.isArray(body.messages)) throw new TypeError('body.messages must be an array');
  const server = describeServer(options);
  const sizes = { maxEventBytes: 'number', maxResultBytes: 'number' };
  checkTypes('options', options, { ...sizes, timeouts: 'object', onChunk: 'function' });
  const { timeouts = {}, maxEventBytes = 2 ** 25, maxResultBytes = 2 ** 26, onChunk } = options;
  checkTypes('options.timeouts', timeouts, { firstToken: 'number', idle: 'number' });
  const { stream = true, stream_options, max_tokens, max_completion_tokens } = body;
  const asked = stream
    ? { stream_options: { include_usage: true, ...Object(stream_options) } }
    : {};
  const maxTokens = Number(max_tokens ?? max_completion_tokens);
  return {
    server,
    body: JSON.stringify({ ...body, stream, ...asked }),
    // LM Studio's documentation sends -1 for none.
    maxTokens: maxTokens > 0 ? maxTokens : Infinity,
    // 0 switches a clock off.
    firstToken: (timeouts.firstToken ?? 1_800_000) || Infinity,
    idle: (timeouts.idle ?? 300_000) || Infinity,
    maxEventBytes,
    maxResultBytes,
    onChunk,
  };
}
