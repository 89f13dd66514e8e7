import { fieldsOf, isObject, isText, itemsOf, parseJson } from '../json.ts';

/** What a server said of an error, freed from its wrapping. */
export interface ServerWords {
  /** Empty if it said nothing. */
  serverMessage: string;
  /** The innermost `code`, else `type`: the one that is nearest to what went wrong. */
  code: string | number | undefined;
  /** The innermost `type`. */
  type: string | undefined;
}

/** How deep the words are looked for. */
const DEPTH = 9;

/** How many messages of a list are shown: validators send long ones. */
const MOST_MESSAGES = 5;

/**
 * Finds a server's own words in any shape of error: `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`,
 * `{"detail"}` (a text, or FastAPI's list of `{msg}`), `{"error":"Bad Request","message":"…"}` as Fastify and NestJS send it,
 * JSON inside the text of an error (LM Studio wraps its engine's answer so: `… returned 400: {…}`), HTML, plain text.
 * @param body - parsed JSON, or text that may hold some
 */
export function findServerWords(body: unknown): ServerWords {
  const found = findWords(body, DEPTH);
  return found.serverMessage ? found : { ...found, serverMessage: `${found.code ?? ''}` };
}

const nothing: ServerWords = { serverMessage: '', code: undefined, type: undefined };

function findWords(value: unknown, depth: number): ServerWords {
  if (typeof value === 'string') return findWordsInText(value, depth);
  if (!value || !depth) return nothing;
  if (Array.isArray(value)) return findWordsInList(value, depth);
  const { error, message, detail, msg, loc, code, type } = fieldsOf(value);
  // A text beside a message is only the status's name.
  const hasMessage = Array.isArray(message) ? message.length > 0 : message;
  const isStatusName = typeof error === 'string' && hasMessage;
  const inner = findWords(isStatusName ? message : (error ?? message ?? detail ?? msg), depth - 1);
  return {
    serverMessage: fieldPath(loc) + inner.serverMessage,
    code: inner.code ?? [code, type].find(isTextOrNumber),
    type: inner.type ?? (typeof type === 'string' ? type : undefined),
  };
}

function findWordsInText(text: string, depth: number): ServerWords {
  const json = parseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  const inner = findWords(isObject(json) ? json : undefined, depth);
  if (inner.serverMessage) return inner;
  const isHtml = /^\s*</.test(text);
  return { ...inner, serverMessage: (isHtml ? textOfHtml(text) : text).trim() };
}

function findWordsInList(list: readonly unknown[], depth: number): ServerWords {
  const found = list.slice(0, MOST_MESSAGES).map((item) => findWords(item, depth - 1));
  const messages = found.map(({ serverMessage }) => serverMessage).filter(Boolean);
  return { ...(found[0] ?? nothing), serverMessage: messages.join('; ') };
}

/** Where in a request FastAPI's validator found something wrong: `body.stream_options: `. */
function fieldPath(loc: unknown): string {
  const names = itemsOf(loc).filter(isTextOrNumber);
  return names.length > 0 ? `${names.join('.')}: ` : '';
}

const isTextOrNumber = (value: unknown): value is string | number =>
  isText(value) || typeof value === 'number';

/** A tag ends before the next `<`: looking further for a `>` that is missing would take quadratic time. */
const textOfHtml = (html: string): string => html.replace(/<[^<>]*>/g, ' ');

/** Words on one line, the middle of long ones left out: template errors put the point last. */
export function clip(words: string): string {
  return words
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/(.{200}).+(.{200})/u, '$1 … $2');
}
