import { ChatError, type ChatErrorFields } from './errors.ts';
import { blankAll, createBlanker } from './secrets.ts';
import type { Fetch, PartialResult, ServerOptions } from './types.ts';

/** LM Studio's. It listens on IPv4 only, so the name `localhost` may fail or stall. */
const DEFAULT_BASE_URL = 'http://127.0.0.1:1234/v1';

/** A server, as the options describe it. */
export interface Server {
  /** Without user, password and a slash at the end; a query is kept. */
  readonly baseURL: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  /** Only where the caller gave one. */
  readonly fetch: Fetch | undefined;
  /** An error in which every secret of the options is blanked. */
  error(message: string, fields: ChatErrorFields): ChatError;
  /** What came before an error, likewise. */
  blankPartial(partial: PartialResult): PartialResult;
}

/** @throws {TypeError} naming what is wrong */
export function check(ok: unknown, name: string, wanted: string): asserts ok {
  if (!ok) throw new TypeError(`${name} must be ${wanted}`);
}

/** A URL as it may be shown: without user, password and query, which may hold secrets. */
export function show(url: URL | string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** The base URL with a path added; the query stays behind it. */
export function join(baseURL: URL, path: string): string {
  const url = new URL(baseURL);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url.href;
}

/**
 * Checks the options that every request needs.
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function describeServer(options: ServerOptions): Server {
  check(typeof options === 'object' && options !== null, 'options', 'an object');
  const { apiKey, signal, fetch } = options;
  check(apiKey === undefined || typeof apiKey === 'string', 'options.apiKey', 'a string');
  check(signal === undefined || isSignal(signal), 'options.signal', 'an AbortSignal');
  check(fetch === undefined || typeof fetch === 'function', 'options.fetch', 'a function');

  const baseURL = parseBaseURL(options.baseURL ?? DEFAULT_BASE_URL);
  const { username, password } = baseURL;
  const own = headerEntries(options.headers);
  const headers = new Headers();
  if (apiKey) setHeader(headers, 'authorization', `Bearer ${apiKey}`, 'options.apiKey');
  // `fetch` refuses a URL with credentials; this is what it stands for.
  else if (username || password) {
    headers.set('authorization', `Basic ${btoa(`${decode(username)}:${decode(password)}`)}`);
  }
  for (const [name, value] of own) setHeader(headers, name, value, 'options.headers');

  const keys = [apiKey ?? '', decode(password)].filter((secret) => secret.length >= 4);
  const values = [...headers, ...baseURL.searchParams]
    .filter(([name, value]) => value.length >= 8 && name !== 'accept' && name !== 'content-type')
    .map(([, value]) => value);
  const blank = createBlanker([...keys, ...values]);
  baseURL.username = '';
  baseURL.password = '';

  return {
    baseURL,
    headers,
    signal,
    fetch,
    error(message, { cause, ...fields }) {
      return new ChatError(blank(message), {
        ...blankAll(fields, blank),
        // An error that is not ours may tell the URL or a header; one that does is left out.
        ...(isClean(cause, blank) && { cause }),
      });
    },
    blankPartial: (partial) =>
      keys.length + values.length > 0 ? blankAll(partial, blank) : partial,
  };
}

function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  );
}

function parseBaseURL(given: string | URL): URL {
  const wanted = `an http or https URL such as ${DEFAULT_BASE_URL}`;
  check(typeof given === 'string' || given instanceof URL, 'options.baseURL', wanted);
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new TypeError(`options.baseURL must be ${wanted}; this is not a URL`);
  }
  // 'localhost:1234/v1' is a URL, with the protocol 'localhost:'.
  const missing = url.host === '' ? "; is 'http://' missing in front?" : '';
  check(
    /^https?:$/.test(url.protocol),
    'options.baseURL',
    `${wanted}, not ${url.protocol}${missing}`,
  );
  url.hash = '';
  // The whole endpoint, pasted, means the same base.
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  return url;
}

function headerEntries(headers: ServerOptions['headers']): [string, string][] {
  const name = 'options.headers';
  if (headers === undefined) return [];
  check(typeof headers === 'object' && headers !== null, name, 'an object');
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers);
  for (const [key, value] of entries)
    check(typeof value === 'string', `${name}.${key}`, 'a string');
  return entries;
}

/** `Headers` shows a value that it refuses in its error; this does not. */
function setHeader(headers: Headers, name: string, value: string, option: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new TypeError(
      `${option} cannot be sent in the header '${name}': it has a character that no header may have`,
    );
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isClean(cause: unknown, blank: (text: string) => string): boolean {
  for (let depth = 0, link = cause; link instanceof Error && depth < 8; depth++) {
    if (blank(link.message) !== link.message) return false;
    link = link.cause;
  }
  return cause !== undefined;
}
