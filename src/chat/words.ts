import { isObject, parseJson } from './guards.ts';

/** What a server said of an error, freed from its wrapping. Empty where it said nothing. */
export interface ServerWords {
  serverMessage: string;
  /** The innermost `code` or `type`, which is nearest to what went wrong. */
  code: string | number | undefined;
}

/**
 * Finds a server's own words in any shape of error: `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`,
 * `{"detail"}` (also FastAPI's list of `{msg}`), JSON inside the text of an error (LM Studio wraps its engine's
 * answer so: `… returned 400: {…}`), HTML, plain text.
 * @param body - parsed JSON, or text that may hold some
 */
export function findServerWords(body: unknown): ServerWords {
  let code: string | number | undefined;

  /** `depth` bounds how deep it looks. */
  function find(value: unknown, depth = 9): string {
    if (Array.isArray(value)) return find(value[0], depth);
    if (isObject(value) && depth > 0) {
      const { error, message, detail, msg, type } = value;
      const own = value.code ?? type;
      if (typeof own === 'string' || typeof own === 'number') code = own;
      return find(error ?? message ?? detail ?? msg, depth - 1);
    }
    if (typeof value !== 'string') return '';
    const json = parseJson(value.slice(value.indexOf('{'), value.lastIndexOf('}') + 1));
    const text = /^\s*</.test(value) ? value.replace(/<[^>]*>/g, ' ') : value;
    return (isObject(json) && find(json, depth)) || text.trim();
  }

  const serverMessage = find(body);
  return { serverMessage: serverMessage || `${code ?? ''}`, code };
}

/** A failed connection's messages and codes, from the outermost error to its innermost cause. */
export function findFailureWords(error: unknown): string {
  const words = new Set<unknown>();
  // Bounded, because a chain of causes may be a ring.
  for (let link = error; link instanceof Error && words.size < 9; link = link.cause) {
    const { message, code } = { code: '', ...link, message: link.message };
    words.add(message);
    if (!message.includes(code)) words.add(code);
  }
  return [...words].filter(Boolean).join(': ');
}

/** Words on one line, the middle of long ones left out: template errors put the point last. */
export function clip(words: string): string {
  return words
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(.{200}).{200,}(.{200})$/u, '$1 … $2');
}
