/**
 * What is known of failures, as seen from the runtimes and from LM Studio, llama.cpp, Ollama, vLLM and mlx: the stable
 * word, the sign by which it is told, and what to do, where the words do not say it themselves. The first row that fits
 * wins. The sign is looked for in an error's words, with the status and the server's code in front of them.
 */
const reasons: readonly (readonly [reason: string, sign: RegExp, hint?: string])[] = [
  ['refused', /refused/i, 'Start the server. LM Studio: `lms server start`'],
  ['dns', /ENOTFOUND|EAI_AGAIN|dns/],
  ['runtime-limit', /(HEADERS|BODY)_TIME/, 'Set options.fetch to nodeFetch'],
  ['unreachable', /UNREACH|TIME/],
  ['tls', /CERT|SSL|TLS/],
  ['reset', /RESET|EPIPE|_SOCKET|hang up|connection (lost|closed|reset)/i],
  ['token', /^40[13]|api.(key|token)/i, 'Set options.apiKey'],
  [
    'context',
    /^413|context.(size|length|window|overflow)|n_ctx/i,
    'Send less, or load the model with more context',
  ],
  [
    'template',
    /template|jinja|roles must|system message/i,
    'Send one system message, first, then user and assistant in turn',
  ],
  ['no-model', /no models? .*loaded/i, 'Load a model. LM Studio: `lms load`'],
  ['model-not-found', /invalid model|model.*not.(found|exist)/i, 'See listModels()'],
  ['memory', /insufficient|memory|allocate/i, 'Load a smaller model'],
  ['loading', /loading/i],
  ['image', /image|mmproj|vision/i, 'Send PNG or JPEG as data URL'],
  ['crashed', /crash|channel error|exit code/i, 'Load the model again'],
  ['busy', /^429|overload|too many/i],
  ['redirect', /^3/, 'Set options.baseURL'],
  ['base-url', /^40[45]|unexpected endpoint|not found|cannot/i, 'Does the base URL end with /v1?'],
];

/** The word and the advice for what went wrong; `undefined` where nothing is known of it. */
export function explain(words: string): { reason: string | undefined; hint: string | undefined } {
  const [reason, , hint] = reasons.find(([, sign]) => sign.test(words)) ?? [];
  return { reason, hint };
}
