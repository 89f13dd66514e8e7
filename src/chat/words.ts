import { fieldsOf, itemsOf, parseJson } from '../json.ts';

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
  let code: ServerWords['code'];

  /** `depth` bounds how deep it looks. */
  function find(value: unknown, depth: number): string {
    if (typeof value !== 'string') {
      if (!value || !depth) return '';
      const { error, message, detail, msg, type, code: own = type } = fieldsOf(value);
      if (typeof own === 'string' || typeof own === 'number') code = own;
      return find(itemsOf(value)[0] ?? error ?? message ?? detail ?? msg, depth - 1);
    }
    const json = parseJson(value.slice(value.indexOf('{'), value.lastIndexOf('}') + 1));
    const text = /^\s*</.test(value) ? value.replace(/<[^>]*>/g, ' ') : value;
    return find(json, depth) || text.trim();
  }

  const serverMessage = find(body, 9);
  return { serverMessage: serverMessage || `${code ?? ''}`, code };
}

/** A failed connection's messages and codes, from the outermost error to its innermost cause. */
export function findFailureWords(error: unknown): string {
  let words = '';
  // Bounded, because a chain of causes may be a ring.
  for (let link = fieldsOf(error), depth = 9; depth--; link = fieldsOf(link.cause)) {
    for (const word of [link.message, link.code]) {
      if (typeof word === 'string' && !words.includes(word)) words += `${words && ': '}${word}`;
    }
  }
  return words;
}

/** Words on one line, the middle of long ones left out: template errors put the point last. */
export function clip(words: string): string {
  return words
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(.{200}).+(.{200})$/u, '$1 … $2');
}
