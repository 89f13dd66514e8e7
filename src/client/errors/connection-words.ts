import { fieldsOf, isText, type JsonObject } from '../json.ts';

/** What a failed connection said of itself. */
export interface ConnectionWords {
  /** The innermost message that says something, followed by the code unless the message names it. */
  words: string;
  /** The innermost code: the system's (`ECONNREFUSED`), or the runtime's (`UND_ERR_SOCKET`). */
  code: string | undefined;
}

/** A chain of causes may be a ring. */
const LONGEST_CHAIN = 9;

/** An error and its causes, from the outermost to the innermost. */
export function causesOf(error: unknown): JsonObject[] {
  const links: JsonObject[] = [];
  let link = error;
  while (link !== undefined && links.length < LONGEST_CHAIN) {
    links.push(fieldsOf(link));
    link = fieldsOf(link).cause;
  }
  return links;
}

/** Reads the chain of causes of an error that a `fetch` or a body gave. */
export function findConnectionWords(error: unknown): ConnectionWords {
  let words = typeof error === 'string' ? error : '';
  let code: string | undefined;
  for (const link of causesOf(error)) {
    if (isText(link.message)) words = link.message;
    if (isText(link.code)) code = link.code;
  }
  if (code && !words.includes(code)) words = words ? `${words} (${code})` : code;
  return { words, code };
}
