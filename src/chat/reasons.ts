import type { ErrorKind } from './errors.ts';

type Row = readonly [reason: string, sign: RegExp, hint?: string, kind?: ErrorKind];

/**
 * What is known of failures, as seen from the runtimes and from LM Studio, llama.cpp, Ollama, vLLM and mlx: the stable
 * word, the sign by which it is told, and what to do, where the words do not say it themselves. The first row that fits
 * wins. The sign is looked for in an error's words, with the status and the server's code in front of them.
 */
const reasons: readonly Row[] = [
  // This project's replay kit; its words name exchanges and models.
  ['miss', /no (recorded )?exchange/],
  ['refused', /conn\w* ?refused/i, 'Start the server. LM Studio: `lms server start`'],
  ['dns', /ENOTF|EAI_|dns/],
  ['runtime-limit', /(DERS|BODY)_TIME/, 'Set options.fetch to nodeFetch', 'timeout'],
  ['unreachable', /UNREACH|TIME/],
  ['tls', /CERT|SSL|TLS/],
  ['reset', /conn\w* ?(reset|lost|closed)|epipe|_socket|hang up/i],
  ['token', /^40[13]|api.(key|token)/i, 'Set options.apiKey'],
  [
    'context',
    /^413|context.(size|length|window|overflow)/i,
    'Send less, or load the model with more context',
  ],
  [
    'template',
    /template|jinja|roles must|system message/i,
    'Send one system message, first, then user and assistant in turn',
  ],
  ['no-model', /no model.*loaded/i, 'Load a model. LM Studio: `lms load`'],
  ['model-not-found', /invalid model|model.*not.(found|exist)/i, 'Ask listModels() for its models'],
  ['memory', /system resources|memory|alloc/i, 'Load a smaller model, or less context'],
  ['loading', /loading/i],
  ['image', /image|mmproj|\bvision/i, 'Send PNG or JPEG as data URL'],
  ['crashed', /crash|channel error/i, 'Load the model again'],
  ['busy', /^429|overload|too many/i],
  ['redirect', /^(0|30\d)\b/, 'Set options.baseURL to where it leads'],
  ['base-url', /^40[45]|endpoint|base-url/i, 'Does the base URL end with /v1?'],
];

/** The row that fits these words. */
export const explain = (words: string): Row | [] =>
  reasons.find(([, sign]) => sign.test(words)) ?? [];
