import { isObject } from './guards.ts';

/** So many characters of a secret in a row give it away. */
const TELLING = 8;

/**
 * Makes the function that blanks secrets in what a user may see: every run of 8 or more characters of one, because
 * servers echo keys in part ("Malformed API token provided: 22aac52a71..."). A shorter secret is blanked whole.
 */
export function createBlanker(secrets: readonly string[]): (text: string) => string {
  const windows = new Set<string>();
  const short: string[] = [];
  for (const secret of secrets) {
    if (secret.length < TELLING) short.push(secret);
    for (let i = 0; i + TELLING <= secret.length; i++) windows.add(secret.slice(i, i + TELLING));
  }
  return (text) => {
    let shown = text;
    if (windows.size > 0) {
      shown = '';
      let hiddenUpTo = 0;
      for (let i = 0; i < text.length; i++) {
        if (windows.has(text.slice(i, i + TELLING))) {
          if (i >= hiddenUpTo) shown += '***';
          hiddenUpTo = i + TELLING;
        }
        if (i >= hiddenUpTo) shown += text[i];
      }
    }
    return short.reduce((rest, secret) => rest.replaceAll(secret, '***'), shown);
  };
}

/** Blanks every string in a value made of JSON's kinds, keys included. */
export function blankAll<T>(value: T, blank: (text: string) => string): T;
export function blankAll(value: unknown, blank: (text: string) => string): unknown {
  if (typeof value === 'string') return blank(value);
  if (Array.isArray(value)) return value.map((item) => blankAll(item, blank));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [blank(key), blankAll(item, blank)]),
  );
}
