/** The types that an option can have, as `typeof` calls them. */
export type OptionType = 'string' | 'number' | 'boolean' | 'object' | 'function';

/**
 * Refuses an option of a wrong type. What is left out (`undefined` or `null`) is right; an array is no object, and
 * a number has to be 0 or more.
 * @param name - what the caller calls it: `options.timeouts.idle`
 * @throws {TypeError} naming the option, and never showing its value, which may be a secret
 */
export function checkType(name: string, value: unknown, type: OptionType): void {
  if (value === undefined || value === null) return;
  if (typeof value !== type || Array.isArray(value)) {
    throw new TypeError(`${name} must be of type ${type}`);
  }
  if (typeof value === 'number' && !(value >= 0)) {
    throw new TypeError(`${name} must be 0 or more`);
  }
}

/**
 * Refuses fields of wrong types, as {@link checkType} does.
 * @param place - what the caller calls the object that has them: `options`
 */
export function checkTypes(
  place: string,
  values: object,
  types: Readonly<Record<string, OptionType>>,
): void {
  for (const [name, type] of Object.entries(types)) {
    checkType(`${place}.${name}`, Reflect.get(values, name), type);
  }
}

/** The http(s) URL in a text; `undefined` for anything else. `localhost:1234/v1` is a URL whose protocol is `localhost:`. */
export function parseHttpURL(text: string | URL): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** LM Studio's address. It listens on IPv4 only, so the name `localhost` may fail or stall. */
export const DEFAULT_BASE_URL = 'http://127.0.0.1:1234/v1';

/** In ms. A large model on a small machine takes many minutes to load and to read a long prompt. */
export const DEFAULT_TIMEOUTS = { firstToken: 30 * 60_000, idle: 5 * 60_000 } as const;

/** 32 MiB: the most bytes that one event may have. */
export const DEFAULT_MAX_EVENT_BYTES = 32 * 2 ** 20;

/** 64 MiB: the most bytes of text, reasoning and tool arguments together. */
export const DEFAULT_MAX_RESULT_BYTES = 64 * 2 ** 20;

/** The longest time for which a timer can be set, in ms; with more it would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
