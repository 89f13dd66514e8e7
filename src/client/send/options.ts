import { createFail, type Fail } from '../errors/failures.ts';
import {
  checkType,
  checkTypes,
  DEFAULT_BASE_URL,
  DEFAULT_MAX_EVENT_BYTES,
  DEFAULT_MAX_RESULT_BYTES,
  DEFAULT_TIMEOUTS,
  parseHttpURL,
} from '../option-values.ts';
import type { Fetch, PartialResult, ServerOptions, StreamOptions } from '../types.ts';
import { patientFetch } from './patient-fetch.ts';

/** What is known of the server, checked and with every default filled in. */
export interface ServerSettings {
  /** The base URL, without its user. */
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly fetch: Fetch;
  readonly fail: Fail;
}

/** How one reply is streamed. */
export interface StreamSettings {
  readonly server: ServerSettings;
  readonly timeouts: { readonly firstToken: number; readonly idle: number };
  readonly maxEventBytes: number;
  readonly maxResultBytes: number;
  readonly onChunk: StreamOptions['onChunk'];
  readonly startsInReasoning: boolean | undefined;
  readonly resume: boolean | undefined;
}

/**
 * Reads the options of a stream.
 * @param partial - gives what has come, for errors
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function readStreamOptions(
  options: StreamOptions,
  partial: () => PartialResult,
): StreamSettings {
  const server = readServerOptions(options, partial);
  const { timeouts, maxEventBytes, maxResultBytes, onChunk, startsInReasoning, resume } = options;
  checkTypes('options', options, {
    timeouts: 'object',
    maxEventBytes: 'number',
    maxResultBytes: 'number',
    onChunk: 'function',
    startsInReasoning: 'boolean',
    resume: 'boolean',
  });
  checkTypes('options.timeouts', timeouts ?? {}, { firstToken: 'number', idle: 'number' });
  return {
    server,
    timeouts: {
      firstToken: timeouts?.firstToken ?? DEFAULT_TIMEOUTS.firstToken,
      idle: timeouts?.idle ?? DEFAULT_TIMEOUTS.idle,
    },
    maxEventBytes: maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES,
    maxResultBytes: maxResultBytes ?? DEFAULT_MAX_RESULT_BYTES,
    onChunk,
    startsInReasoning,
    resume,
  };
}

/**
 * Reads where the server is and who asks.
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function readServerOptions(
  options: ServerOptions,
  partial?: () => PartialResult,
): ServerSettings {
  checkType('options', options, 'object');
  const { apiKey, headers: ownHeaders, signal, fetch } = options;
  checkTypes('options', options, { apiKey: 'string', fetch: 'function' });
  if (signal && typeof signal.throwIfAborted !== 'function') {
    throw new TypeError('options.signal must be of type AbortSignal');
  }
  const base = parseBaseURL(options.baseURL ?? DEFAULT_BASE_URL);
  const { username, password } = base;
  base.username = base.password = '';
  const headers = createHeaders(base, apiKey ?? '', username, password, ownHeaders ?? {});
  return {
    base,
    headers,
    signal,
    fetch: fetch ?? patientFetch,
    fail: createFail({
      base,
      partial,
      secrets: () =>
        [...secretHeaderValues(headers), ...base.searchParams.values()]
          .flatMap(formsOfSecret)
          .filter(Boolean),
    }),
  };
}

function parseBaseURL(given: string | URL): URL {
  const url = parseHttpURL(given);
  if (url) return url;
  throw new TypeError('options.baseURL must begin with http:// or https://');
}

/**
 * The headers of a request, with lower-case names. The caller's own win.
 *
 * Over http every request asks for a connection of its own, which costs less than a millisecond. llama.cpp closes a
 * connection 1 ms after each stream, though its head promises to keep it: the next request on it would fail, and nobody
 * could tell whether the server had read the prompt. Over https a connection costs more, and is kept.
 */
function createHeaders(
  base: URL,
  apiKey: string,
  username: string,
  password: string,
  own: NonNullable<ServerOptions['headers']>,
): Record<string, string> {
  try {
    // `fetch` refuses a URL with a user in it, so the user goes into the header that it means.
    const basic = username && btoa(decodeURIComponent(`${username}:${password}`));
    const needed = {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: apiKey ? `Bearer ${apiKey}` : basic && `Basic ${basic}`,
      connection: base.protocol === 'http:' ? 'close' : '',
    };
    // By the standard any iterable of pairs will do; its type names arrays only.
    const headers = new Headers(own as HeadersInit);
    for (const [name, value] of Object.entries(needed)) {
      if (value && !headers.has(name)) headers.set(name, value);
    }
    return Object.fromEntries(headers);
  } catch {
    // The original error shows the value.
    throw new TypeError(
      'options.apiKey, options.headers or the user in options.baseURL cannot be sent in a header',
    );
  }
}

/** A header whose value is a secret, by its name. */
const SECRET_NAME = /authorization|cookie|token|key|secret|password/;

function secretHeaderValues(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_NAME.test(name))
    .flatMap(([, value]) => {
      const credentials = value.replace(/^(Bearer|Basic) /i, '');
      return [credentials, clearPassword(credentials)];
    });
}

/** The password in credentials, if they are Basic's. */
function clearPassword(credentials: string): string {
  try {
    return atob(credentials).replace(/^[^:]*:/, '');
  } catch {
    // They are no base64.
    return '';
  }
}

/** A secret as it is written in a URL, and outside of one. */
function formsOfSecret(secret: string): string[] {
  try {
    return [secret, encodeURIComponent(secret), decodeURIComponent(secret)];
  } catch {
    return [secret];
  }
}
