import { check, describeServer, join, type Server } from './server.ts';
import type { ChatRequest, StreamOptions } from './types.ts';

const MIB = 2 ** 20;
const MINUTE = 60_000;

/** A chat completion, ready to be sent. */
export interface Request {
  readonly server: Server;
  readonly url: string;
  /** The JSON text, taken when `streamChat` was called: what the caller changes later is not sent. */
  readonly body: string;
  /** The token budget that the caller set, which some servers reach without saying so. */
  readonly maxTokens: number | undefined;
  readonly timeouts: { firstToken: number; idle: number };
  readonly maxEventBytes: number;
  readonly maxResultBytes: number;
  readonly onChunk: StreamOptions['onChunk'];
}

/**
 * Checks the arguments of `streamChat`, fills in what they leave open, and writes the body.
 * @throws {TypeError} naming the argument
 */
export function prepareRequest(body: ChatRequest, options: StreamOptions): Request {
  check(typeof body === 'object' && body !== null, 'body', 'an object');
  check(Array.isArray(body.messages), 'body.messages', 'an array');
  const { model } = body;
  check(model === undefined || typeof model === 'string', 'body.model', 'a string');
  const server = describeServer(options);
  server.headers.has('content-type') || server.headers.set('content-type', 'application/json');
  server.headers.has('accept') || server.headers.set('accept', 'text/event-stream');
  const { onChunk, timeouts = {} } = options;
  check(onChunk === undefined || typeof onChunk === 'function', 'options.onChunk', 'a function');
  check(typeof timeouts === 'object' && timeouts !== null, 'options.timeouts', 'an object');
  return {
    server,
    url: join(server.baseURL, '/chat/completions'),
    body: writeBody(body),
    maxTokens: [body.max_tokens, body.max_completion_tokens].find(isBudget),
    timeouts: {
      firstToken: amount(timeouts.firstToken, 'options.timeouts.firstToken', 30 * MINUTE),
      idle: amount(timeouts.idle, 'options.timeouts.idle', 5 * MINUTE),
    },
    maxEventBytes: amount(options.maxEventBytes, 'options.maxEventBytes', 32 * MIB),
    maxResultBytes: amount(options.maxResultBytes, 'options.maxResultBytes', 64 * MIB),
    onChunk,
  };
}

/** `stream` and the usage in the stream are asked for, unless the caller said otherwise. */
function writeBody(body: ChatRequest): string {
  const { stream = true, stream_options, ...rest } = body;
  const asked = typeof stream_options === 'object' ? stream_options : {};
  return JSON.stringify({
    ...rest,
    stream,
    ...(stream ? { stream_options: { include_usage: true, ...asked } } : {}),
  });
}

/** LM Studio's documentation sends `max_tokens: -1` for none. */
function isBudget(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function amount(value: number | undefined, name: string, preset: number): number {
  check(
    value === undefined || (typeof value === 'number' && value >= 0),
    name,
    'a number, 0 or more',
  );
  return value ?? preset;
}
