import { fieldsOf, type JsonObject } from '../json.ts';

/** What a failed connection said of itself. */
export interface ConnectionWords {
  /** The innermost message that says something, followed by the code unless the message names it. */
  words: string;
  /** The innermost code: the system's (`ECONNREFUSED`), or the runtime's (`UND_ERR_SOCKET`). */
  code: string | undefined;
}

/** What runtimes put around the message that says something. */
const WRAPPINGS = [
  'fetch failed',
  'terminated',
  'aborted',
  'Failed to fetch',
  'Load failed',
  'NetworkError when attempting to fetch resource.',
];

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
  const messages: string[] = [];
  let code: string | undefined;
  for (const link of causesOf(error)) {
    if (typeof link.message === 'string' && link.message) messages.push(link.message);
    if (typeof link.code === 'string') code = link.code;
  }
  if (typeof error === 'string') messages.push(error);
  const telling = messages.filter((message) => !WRAPPINGS.includes(message));
  const message = telling.at(-1) ?? (code ? '' : (messages.at(-1) ?? ''));
  if (!code || message.includes(code)) return { words: message, code };
  return { words: message ? `${message} (${code})` : code, code };
}
