import { findReason, type KnownReason, type ReasonRow } from './errors.ts';
import type { ServerWords } from './server-words.ts';

/**
 * What is known of servers' errors, as LM Studio, llama.cpp, Ollama, vLLM, LocalAI, Lemonade, mlx and gateways word
 * them, in a text that begins with the status. The first row that fits wins, so rows with special words come before rows with common ones.
 */
const serverReasons: readonly ReasonRow[] = [
  ['token', /^40[13]|api.(key|token)|unauthori[sz]ed/i, 'Set options.apiKey'],
  [
    'memory',
    /insufficient (system )?(resources|memory)|(out of|not enough|more system) memory|to allocate/i,
    'Load a smaller model, or this one with less context',
  ],
  [
    'image',
    /image input is not supported|mmproj|(not|n't) support (image|vision|multimodal)|not a (vision|multimodal) model|no vision|text-only model/i,
    'Choose a model that takes images, or leave them out',
  ],
  ['image', /\bimages?(_url)?\b/i, 'Send PNG or JPEG as a data URL'],
  [
    'context',
    /^413|context.?(size|length|window)|context.{0,20}overflow|maximum context|prompt is too (long|large)|too many tokens/i,
    'Send less, or load the model with more context',
  ],
  [
    'template',
    /jinja|chat.?template|prompt template|roles must alternate|system message/i,
    'Send one system message, first, then user and assistant in turn',
  ],
  [
    'no-model',
    /no models?\b.{0,20}loaded|model.{0,100}not.loaded/i,
    'Load a model. LM Studio: `lms load`',
  ],
  [
    'model-unnamed',
    /model (\w+ )?is (missing|required)|missing .{0,9}(field|parameter)\W+model\b|must (provide|specify) a model/i,
    'Set `model` in the request; listModels() gives the names',
  ],
  [
    'model-not-found',
    /(invalid|unknown|no such) model|model.{0,100}(not.found|not exist|not available)|not a valid model/i,
    'Ask listModels() for the names of its models',
  ],
  [
    'load-failed',
    /(failed|unable) to load|error loading|could not load|loading was stopped/i,
    "The server's log says why",
  ],
  [
    'crashed',
    /crash|channel error|exited|process died|failed to read connection/i,
    'Load the model again',
  ],
  [
    'busy',
    /^429|overload|too many requests|queue is full|server is busy|no slots? available/i,
    'Ask again in a while',
  ],
  ['loading', /\bloading\b/i, 'Ask again in a while'],
  ['redirect', /^30/, 'Set options.baseURL to the redirect target'],
  [
    // A 404 that names nothing else ("404 page not found", "Not Found", a page that begins so) means that the path does not exist.
    'base-url',
    /unexpected endpoint|no route|cannot (get|post) \/|invalid url|method not allowed|^40[45]\W*(error\W*)?(404\W*)?((page|file|path) )?(not found\b|$)/i,
    'Does options.baseURL end with /v1?',
  ],
];

/** How many characters at the start and at the end of long words (a page, a template) are searched for signs. */
const SEARCHED_CHARACTERS = 2000;

/**
 * The reason of a server's error, by its status, its own codes and its words.
 * @param status - that of the response, if it is what says that something failed; otherwise the error's own code may be one
 */
export function findServerReason(
  status: number | undefined,
  { serverMessage: words, code, type }: ServerWords,
): KnownReason {
  const isLong = words.length > 2 * SEARCHED_CHARACTERS;
  const searched = isLong
    ? `${words.slice(0, SEARCHED_CHARACTERS)}\n${words.slice(-SEARCHED_CHARACTERS)}`
    : words;
  return findReason(serverReasons, [status ?? code, searched, code, type].join('\n'));
}
