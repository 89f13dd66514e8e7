/**
 * What is known of failures, as seen from the runtimes and from LM Studio, llama.cpp, Ollama, vLLM and mlx: the stable
 * word, the sign by which it is told, and what to do. The first row that fits wins. The sign is looked for in an error's
 * words, with the status and the server's code in front of them.
 */
const reasons: readonly (readonly [reason: string, sign: RegExp, hint: string])[] = [
  ['refused', /refused/i, 'Is the server running there? LM Studio: `lms server start`.'],
  ['dns', /ENOTFOUND|EAI_AGAIN|dns error/, 'Is the host in the base URL right?'],
  [
    'runtime-limit',
    /UND_ERR_(HEAD|BOD)/,
    'The runtime gave up waiting; nodeFetch as options.fetch waits.',
  ],
  ['unreachable', /UNREACH|TIMEDOUT|CONNECT_TIMEOUT/, 'Is the server running, and its network up?'],
  ['tls', /CERT|SSL|TLS/, 'Is it https there, with a certificate that is trusted?'],
  [
    'reset',
    /RESET|EPIPE|UND_ERR_SOCKET|hang up|connection (was )?(lost|closed|reset)/i,
    "The server's log tells why.",
  ],
  [
    'token',
    /^40[13]|invalid_api_key|api (key|token)/i,
    'Set apiKey to a token that the server knows.',
  ],
  [
    'context',
    /^413|exceed_context|context (size|length|window|overflow)|n_ctx/i,
    'Send less, or load the model with a larger context.',
  ],
  [
    'template',
    /jinja|template|roles must|system message/i,
    'The model wants one system message, first, then user and assistant in turn.',
  ],
  [
    'no-model',
    /no models? (are |is )?(currently )?loaded/i,
    'Load a model. LM Studio: `lms load`.',
  ],
  [
    'model-not-found',
    /model_not_found|invalid model|model.*not (found|exist)/i,
    'listModels() tells which models there are.',
  ],
  [
    'memory',
    /insufficient|out of memory|failed to allocate/i,
    'Load a smaller model, or with a smaller context.',
  ],
  ['loading', /loading/i, 'Wait until the model is loaded.'],
  ['image', /image|mmproj|vision/i, 'Send PNG or JPEG as a base64 data URL, to a model that sees.'],
  ['crashed', /crashed|channel error|exit code/i, 'Load the model again.'],
  ['busy', /^429|overloaded|too many/i, 'Try again later.'],
  [
    'base-url',
    /^40[45]|unexpected endpoint|not found|cannot (get|post)/i,
    'Does the base URL end with /v1?',
  ],
  ['redirect', /^3/, 'Set baseURL to where the server is.'],
  ['first-token', /^first-token/, 'options.timeouts.firstToken sets how long to wait, in ms.'],
  ['idle', /^idle/, 'options.timeouts.idle sets how long to wait, in ms.'],
  ['event', /^event/, 'options.maxEventBytes sets the bound.'],
  ['result', /^result/, 'options.maxResultBytes sets the bound.'],
  [
    'not-a-stream',
    /^not-a-stream/,
    'Is this an OpenAI-compatible server, and does the base URL end with /v1?',
  ],
  ['malformed', /^malformed/, 'Is this an OpenAI-compatible server?'],
];

/** The word and the advice for what went wrong; neither where nothing is known of it. */
export function explain(words: string): { reason?: string; hint?: string } {
  const [reason, , hint] = reasons.find(([, sign]) => sign.test(words)) ?? [];
  return reason === undefined || hint === undefined ? {} : { reason, hint };
}
