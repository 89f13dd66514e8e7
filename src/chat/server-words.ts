import { isObject, parseJson } from './guards.ts';

/** What a server said of an error, freed from its wrapping. */
export interface ServerWords {
  message: string;
  code?: string | number;
}

/**
 * Finds a server's own words in any shape of error: `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`,
 * `{"detail"}` (also FastAPI's list of `{msg}`), JSON inside the text of an error (LM Studio wraps its engine's
 * answer so: `… returned 400: {…}`), HTML, plain text.
 * @param body - parsed JSON, or text that may hold some
 */
export function findServerWords(body: unknown): ServerWords {
  return search(body, 8) ?? { message: '' };
}

function search(value: unknown, depth: number): ServerWords | undefined {
  if (depth === 0) return undefined;
  if (typeof value === 'string') return searchText(value, depth);
  if (Array.isArray(value)) {
    const messages = value.flatMap((item) => search(item, depth - 1)?.message ?? []);
    return messages.length > 0 ? { message: messages.join('; ') } : undefined;
  }
  if (!isObject(value)) return undefined;
  const { error, message, detail, msg, code, type } = value;
  const inner = [error, message, detail, msg].reduce<ServerWords | undefined>(
    (found, candidate) => found ?? search(candidate, depth - 1),
    undefined,
  );
  // An outer code is the transport's; the innermost one is nearest to what went wrong.
  const own = [code, type].find((word) => typeof word === 'string' || typeof word === 'number');
  if (inner === undefined)
    return own === undefined ? undefined : { message: String(own), code: own };
  return inner.code !== undefined || own === undefined ? inner : { ...inner, code: own };
}

function searchText(text: string, depth: number): ServerWords | undefined {
  const start = text.indexOf('{');
  const json = start === -1 ? undefined : parseJson(text.slice(start, text.lastIndexOf('}') + 1));
  const inner = search(json, depth - 1);
  if (inner !== undefined) return inner;
  const message = (/^\s*</.test(text) ? textOfHtml(text) : text).trim();
  return message === '' ? undefined : { message };
}

/** An error page's sentence: Express puts it in `<pre>`, most others in `<title>`. */
function textOfHtml(html: string): string {
  const [, pre, title] = /<pre>([^<]*)|<title>([^<]*)/i.exec(html) ?? [];
  return pre ?? title ?? html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

/** Words that tell a kind of failure, as seen from LM Studio, llama.cpp, Ollama, vLLM, mlx; the first row wins. */
const reasons: readonly (readonly [reason: string, words: RegExp, hint: string])[] = [
  [
    'token',
    /invalid_api_key|\bapi (key|token)|unauthorized|authentication/i,
    'Set apiKey to a token that the server knows (LM Studio: Developer > Server Settings).',
  ],
  [
    'context',
    /exceed_context|context[ _](size|length|window|overflow)|n_ctx|maximum context|prompt (is )?too long/i,
    'Send less, or load the model with a larger context.',
  ],
  [
    'no-model',
    /no models? (is |are )?(currently )?loaded/i,
    'Load a model (LM Studio: `lms load`), or switch just-in-time loading on.',
  ],
  [
    'model-not-found',
    /model_not_found|invalid model identifier|model\b.*(not found|does not exist)/i,
    'Name a model that the server has: listModels() tells them.',
  ],
  [
    'memory',
    /insufficient system resources|out of memory|failed to allocate/i,
    'Load a smaller model or a smaller context, or close other programs.',
  ],
  ['loading', /loading model|model is (still )?loading/i, 'Wait until the model is loaded.'],
  [
    'image',
    /base64 encoded image|image[_ ](url|input|or audio)|support.{0,20}images?|mmproj/i,
    'Send PNG or JPEG as a base64 data URL, to a model that sees.',
  ],
  [
    'template',
    /jinja|chat template|roles must alternate|system message must/i,
    "The model's chat template refuses these messages: one system message, first, then user and assistant in turn.",
  ],
  [
    'crashed',
    /crashed|channel error|exit code/i,
    'Load the model again; the server log tells why.',
  ],
  [
    'base-url',
    /unexpected endpoint|^(file |page )?not found$|cannot (get|post) \//i,
    'Is the base URL right? It ends with /v1 in most servers.',
  ],
  ['busy', /overloaded|too many requests|rate limit/i, 'The server is busy: try again later.'],
];

/** For a status whose words tell nothing. */
const reasonOfStatus: { readonly [status: number]: string } = {
  401: 'token',
  403: 'token',
  404: 'base-url',
  405: 'base-url',
  413: 'context',
  429: 'busy',
};

/** The stable word for what a server said, and what to do; empty where nothing is known of it. */
export function explain(
  { message, code }: ServerWords,
  status?: number,
): { reason?: string; hint?: string } {
  const words = `${message} ${code ?? ''}`;
  const byStatus = status === undefined ? undefined : reasonOfStatus[status];
  const row =
    reasons.find(([, pattern]) => pattern.test(message) || pattern.test(words)) ??
    reasons.find(([reason]) => reason === byStatus);
  return row === undefined ? {} : { reason: row[0], hint: row[2] };
}
