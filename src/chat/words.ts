import { isObject, parseJson } from './guards.ts';

/** What a server said of an error, freed from its wrapping. Empty where it said nothing. */
export interface ServerWords {
  message: string;
  /** The innermost `code` or `type`, which is nearest to what went wrong. */
  code?: string | number | undefined;
}

/**
 * Finds a server's own words in any shape of error: `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`,
 * `{"detail"}` (also FastAPI's list of `{msg}`), JSON inside the text of an error (LM Studio wraps its engine's
 * answer so: `… returned 400: {…}`), HTML, plain text.
 * @param body - parsed JSON, or text that may hold some
 */
export function findServerWords(body: unknown): ServerWords {
  let code: unknown;

  function find(value: unknown, depth: number): string {
    if (depth === 0) return '';
    if (Array.isArray(value)) {
      return value
        .map((item) => find(item, depth - 1))
        .filter(Boolean)
        .join('; ');
    }
    if (isObject(value)) {
      code = value.code ?? value.type ?? code;
      const { error, message, detail, msg } = value;
      return [error, message, detail, msg].reduce<string>(
        (found, it) => found || find(it, depth - 1),
        '',
      );
    }
    if (typeof value !== 'string') return '';
    const json = parseJson(value.slice(value.indexOf('{'), value.lastIndexOf('}') + 1));
    if (isObject(json)) return find(json, depth - 1) || value;
    return (/^\s*</.test(value) ? value.replace(/<[^>]*>/g, ' ') : value).trim();
  }

  const message = find(body, 9);
  return { message, code: typeof code === 'string' || typeof code === 'number' ? code : undefined };
}

/** A failed connection's messages and codes, from the outermost error to its innermost cause. */
export function findFailureWords(error: unknown): string {
  const words: string[] = [];
  // Bounded, because a chain of causes may be a ring.
  for (let link = error; isError(link) && words.length < 8; link = link.cause) {
    const code =
      link.code === undefined || link.message.includes(String(link.code)) ? '' : ` ${link.code}`;
    words.push(link.message + code);
  }
  return words.join(': ') || String(error);
}

function isError(value: unknown): value is Error & { code?: unknown } {
  return value instanceof Error;
}

/** Words on one line, the middle of long ones left out: template errors put the point last. */
export function clip(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length <= 400 ? line : `${line.slice(0, 200)} … ${line.slice(-200)}`;
}
