import {
  DEFAULT_BASE_URL,
  DEFAULT_MAX_EVENT_BYTES,
  DEFAULT_MAX_RESULT_BYTES,
  DEFAULT_TIMEOUTS,
} from '../defaults.ts';
import { fieldsOf } from '../json.ts';
import { patientFetch } from './clocks.ts';
import { ChatError, type ChatErrorFields, type ErrorKind } from './errors.ts';
import { explain } from './reasons.ts';
import { createBlanker } from './secrets.ts';
import type { PartialResult, StreamOptions } from './types.ts';
import { clip, findFailureWords } from './words.ts';

/** The options, checked and with every default filled in. */
export interface Settings {
  /** The base URL, without its user. */
  readonly base: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  readonly fetch: NonNullable<StreamOptions['fetch']>;
  readonly timeouts: { readonly firstToken: number; readonly idle: number };
  readonly maxEventBytes: number;
  readonly maxResultBytes: number;
  readonly onChunk: NonNullable<StreamOptions['onChunk']>;
  /**
   * An error in which every secret is blanked: "BASE URL DID: WORDS", with what is known of these words. They are the
   * server's, else the cause's.
   */
  error(kind: ErrorKind, did: string, more?: Partial<ChatErrorFields>, cause?: unknown): ChatError;
}

/**
 * Fills in what is left open, and refuses what is not of its default's type.
 * @throws {TypeError} naming the field
 */
export function fill<T extends object>(name: string, given: object, defaults: T): T {
  if (typeof given !== 'object') throw new TypeError(`${name} must be an object`);
  const filled = { ...defaults };
  const fields = fieldsOf(given);
  const presets = fieldsOf(defaults);
  for (const field of Object.keys(presets)) {
    const preset = presets[field];
    const value = fields[field] ?? preset;
    if (value === preset) continue;
    const wrong = typeof value === 'number' ? !(value >= 0) : Array.isArray(value);
    if (wrong || typeof value !== typeof preset) {
      throw new TypeError(`${name}.${field} must be of type ${typeof preset}`);
    }
    Reflect.set(filled, field, value);
  }
  return filled;
}

/**
 * Reads the options.
 * @param partial - tells what has come, for errors
 * @throws {TypeError} naming the option, and never showing a secret
 */
export function readOptions(options: StreamOptions, partial?: () => PartialResult): Settings {
  const filled = fill('options', options, {
    apiKey: '',
    headers: {},
    signal: {},
    fetch: patientFetch,
    timeouts: {},
    maxEventBytes: DEFAULT_MAX_EVENT_BYTES,
    maxResultBytes: DEFAULT_MAX_RESULT_BYTES,
    onChunk() {},
  });
  const { apiKey, headers: own, timeouts, ...rest } = filled;
  const signal = options?.signal ?? undefined;
  if (signal && !signal.throwIfAborted) {
    throw new TypeError('options.signal must be of type AbortSignal');
  }
  const base = parseBaseURL(options?.baseURL);
  const { username, password } = base;
  const secrets = [apiKey, password];
  base.username = base.password = '';
  const headers = new Headers({ accept: 'text/event-stream', 'content-type': 'application/json' });
  try {
    // `fetch` refuses a URL with a user in it; this is what the user stands for.
    const basic = username && btoa(decodeURIComponent(`${username}:${password}`));
    const authorization = apiKey ? `Bearer ${apiKey}` : basic && `Basic ${basic}`;
    secrets.push(encodeURIComponent(apiKey), decodeURIComponent(password), basic);
    if (authorization) headers.set('authorization', authorization);
    for (const [name, value] of new Headers(own)) {
      headers.set(name, value);
      secrets.push(value);
    }
  } catch {
    // The error that this stands for shows the value.
    throw new TypeError(
      'options.apiKey, options.headers or the user in options.baseURL cannot be sent',
    );
  }

  return {
    ...rest,
    signal,
    base,
    headers,
    timeouts: fill('options.timeouts', timeouts, DEFAULT_TIMEOUTS),
    error(kind, did, more = {}, cause) {
      const blank = createBlanker([...secrets, ...base.searchParams.values()]);
      const { status = '', code = '', serverMessage: words = findFailureWords(cause) } = more;
      const about = more.reason ?? `${status} ${code} ${words}`.trim();
      const [reason, , hint, known = kind] = explain(about);
      const said = `${base.origin}${base.pathname} ${did}${words && ': '}${clip(words)}`;
      return new ChatError(
        String(blank(said)),
        Object(blank({ kind: known, reason, hint, partial: partial?.(), ...more })),
        // An error that is not ours may tell the URL or a header: such a one is left out.
        blank(words) === words ? cause : undefined,
      );
    },
  };
}

function parseBaseURL(given: string | URL = DEFAULT_BASE_URL): URL {
  try {
    const url = new URL(given);
    // 'localhost:1234/v1' is a URL, whose protocol is 'localhost:'.
    if (/^https?:/.test(url.protocol)) return url;
  } catch {}
  throw new TypeError('options.baseURL must begin with http:// or https://');
}
