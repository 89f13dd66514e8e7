import { patientFetch } from './clocks.ts';
import { ChatError, type ChatErrorFields, type ErrorKind } from './errors.ts';
import { explain } from './reasons.ts';
import { createBlanker } from './secrets.ts';
import type { StreamOptions } from './types.ts';
import { clip } from './words.ts';

/** The options, checked and with every default filled in. */
export interface Settings {
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly fetch: NonNullable<StreamOptions['fetch']>;
  readonly timeouts: { readonly firstToken: number; readonly idle: number };
  readonly maxEventBytes: number;
  readonly maxResultBytes: number;
  readonly onChunk: NonNullable<StreamOptions['onChunk']>;
  /** Where to send: the base URL with a path behind it, and its query behind that. */
  url(path: string): string;
  /** A copy of JSON's kind of value, with every secret of the options blanked. */
  blank<T>(value: T): T;
  /**
   * An error in which every secret is blanked: "URL DID: WORDS", with what is known of these words.
   */
  error(
    kind: ErrorKind,
    url: string,
    did: string,
    words: string,
    more?: Partial<ChatErrorFields>,
    cause?: unknown,
  ): ChatError;
}

/**
 * Fills in what is left open, and refuses what is not of its default's type.
 * @throws {TypeError} naming the field
 */
export function fill<T extends object>(name: string, given: object, defaults: T): T {
  if (typeof given !== 'object') throw new TypeError(`${name} must be an object`);
  const filled = { ...defaults };
  for (const [field, preset] of Object.entries(defaults)) {
    const value: unknown = Reflect.get(given ?? {}, field) ?? preset;
    if (typeof value !== typeof preset || (typeof value === 'number' && !(value >= 0))) {
      throw new TypeError(`${name}.${field} must be a ${typeof preset}`);
    }
    Reflect.set(filled, field, value);
  }
  return filled;
}

/**
 * Reads the options.
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function readOptions(options: StreamOptions): Settings {
  const {
    apiKey,
    headers: own,
    timeouts,
    ...rest
  } = fill('options', options, {
    apiKey: '',
    headers: {},
    signal: new AbortController().signal,
    fetch: patientFetch,
    timeouts: {},
    maxEventBytes: 2 ** 25,
    maxResultBytes: 2 ** 26,
    onChunk() {},
  });
  const base = parseBaseURL(options.baseURL);
  const { username, password, searchParams } = base;
  base.username = base.password = '';
  const headers = new Headers({ accept: 'text/event-stream', 'content-type': 'application/json' });
  const secrets = [apiKey, password, ...searchParams.values()];
  try {
    // `fetch` refuses a URL with a user in it; this is what the user stands for.
    if (username) headers.set('authorization', `Basic ${btoa(`${username}:${password}`)}`);
    if (apiKey) headers.set('authorization', `Bearer ${apiKey}`);
    for (const [name, value] of new Headers(own)) {
      headers.set(name, value);
      secrets.push(value);
    }
  } catch {
    // The error that this stands for shows the value.
    throw new TypeError(
      'options.apiKey or options.headers cannot be sent: a character is not allowed',
    );
  }
  const blankText = createBlanker(secrets);
  const blank = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
      typeof inner === 'string' ? blankText(inner) : inner,
    );

  return {
    ...rest,
    headers,
    timeouts: fill('options.timeouts', timeouts, { firstToken: 1_800_000, idle: 300_000 }),
    url: (path) => base.href.replace(/\/*(\?|$)/, `${path}$1`),
    blank,
    error(kind, url, did, words, more, cause) {
      const { origin, pathname } = new URL(url);
      const about = [more?.status, more?.code, words].join(' ').trim();
      const message = `${origin}${pathname} ${did}${words && ': '}${clip(words)}`;
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
  try {
    const url = new URL(given);
    // 'localhost:1234/v1' is a URL, whose protocol is 'localhost:'.
    if (/^https?:/.test(url.protocol)) return url;
  } catch {}
  throw new TypeError('options.baseURL must be a URL that begins with http:// or https://');
}
