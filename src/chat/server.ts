import { ChatError, type ChatErrorFields, type ErrorKind } from './errors.ts';
import { isObject } from './guards.ts';
import { explain } from './reasons.ts';
import { createBlanker } from './secrets.ts';
import type { Fetch, ServerOptions } from './types.ts';
import { findFailureWords } from './words.ts';

/** A server and how to speak to it, as the options describe them. */
export interface Server {
  /** Where to send: the base URL with a path behind it, and its query behind that. */
  url(path: string): string;
  /** A copy for each request, since it may be added to. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  /** Only where the caller gave one. */
  readonly fetch: Fetch | undefined;
  /** A copy of JSON's kind of value, with every secret of the options blanked. */
  blank<T>(value: T): T;
  /**
   * An error in which every secret is blanked.
   * @param about - the words by which its reason and hint are found
   */
  error(
    kind: ErrorKind,
    message: string,
    about: string,
    more?: Partial<ChatErrorFields>,
    cause?: unknown,
  ): ChatError;
}

/**
 * Refuses arguments of a wrong type; `undefined` counts as not given.
 * @param wanted - what `typeof` must say of each field; numbers must not be negative
 * @throws {TypeError} naming the field
 */
export function checkTypes(
  name: string,
  given: unknown,
  wanted: Readonly<Record<string, string>>,
): void {
  if (!isObject(given)) throw new TypeError(`${name} must be an object`);
  for (const [field, type] of Object.entries(wanted)) {
    const value = given[field];
    const fits =
      typeof value === type && value !== null && !(typeof value === 'number' && !(value >= 0));
    if (value !== undefined && !fits)
      throw new TypeError(
        `${name}.${field} must be a ${type}${type === 'number' ? ', 0 or more' : ''}`,
      );
  }
}

/**
 * Reads the options that every request needs.
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function describeServer(options: ServerOptions): Server {
  checkTypes('options', options, {
    apiKey: 'string',
    headers: 'object',
    signal: 'object',
    fetch: 'function',
  });
  const { apiKey, signal, fetch, headers: own = {} } = options;
  if (signal && !('aborted' in signal))
    throw new TypeError('options.signal must be an AbortSignal');
  const base = parseBaseURL(options.baseURL);
  const { username, password } = base;
  const headers = new Headers({ accept: 'text/event-stream', 'content-type': 'application/json' });
  const added = [...(own instanceof Headers ? own : Object.entries(own))];
  // `fetch` refuses a URL with a user in it; this is what the user stands for.
  if (username) added.unshift(['authorization', `Basic ${btoa(`${username}:${password}`)}`]);
  if (apiKey) added.unshift(['authorization', `Bearer ${apiKey}`]);
  for (const [name, value] of added) setHeader(headers, name, value);

  const told = [...added, ...base.searchParams].map(([, value]) => value);
  const blankText = createBlanker([apiKey ?? '', password, ...told]);
  base.username = '';
  base.password = '';

  const blank = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
      typeof inner === 'string' ? blankText(inner) : inner,
    );

  return {
    url(path) {
      const url = new URL(base);
      url.pathname += path;
      return url.href;
    },
    get headers() {
      return new Headers(headers);
    },
    signal,
    fetch,
    blank,
    error(kind, message, about, more, cause) {
      const words = findFailureWords(cause);
      return new ChatError(
        blankText(message),
        blank({ kind, ...explain(about), ...more }),
        // An error that is not ours may tell the URL or a header: such a one is left out.
        blankText(words) === words ? cause : undefined,
      );
    },
  };
}

/** LM Studio listens on IPv4 only, so the name `localhost` may fail or stall. */
function parseBaseURL(given: string | URL = 'http://127.0.0.1:1234/v1'): URL {
  const wanted = 'options.baseURL must be a URL that begins with http:// or https://';
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new TypeError(wanted);
  }
  // 'localhost:1234/v1' is a URL, whose protocol is 'localhost:'.
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`${wanted}, not ${url.protocol}`);
  url.hash = '';
  // The whole endpoint, pasted, means the same base.
  url.pathname = url.pathname.replace(/(\/chat\/completions)?\/*$/, '');
  return url;
}

/** `Headers` shows a value that it refuses in its error; this does not. */
function setHeader(headers: Headers, name: string, value: unknown): void {
  try {
    if (typeof value !== 'string') throw value;
    headers.set(name, value);
  } catch {
    throw new TypeError(`options: the value of the header '${name}' cannot be sent in a header`);
  }
}

/** A URL without user, password and query, which may hold secrets. */
export function show(url: URL | string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
