/** What a failed connection's error says, found in its chain of causes. */
export interface ConnectionFailure {
  /** A system's or runtime's code: `ECONNREFUSED`, `UND_ERR_SOCKET`; `''` where there is none. */
  code: string;
  /** The innermost message, which is the one that says something. */
  words: string;
  reason?: string;
}

/** By code in Node, by words in Deno, Bun and workerd; a browser does not tell. */
const reasons: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ['refused', /refused/i],
  ['dns', /ENOTFOUND|EAI_AGAIN|dns error|getaddrinfo/i],
  ['runtime-limit', /UND_ERR_(HEADERS|BODY)_TIMEOUT/],
  ['unreachable', /UNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT/],
  ['tls', /CERT|SSL|TLS|EPROTO/],
  [
    'reset',
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|connection (was )?(lost|closed|reset)|socket hang up/i,
  ],
];

/** Reads the error that `fetch` or a body's `read()` rejected with. */
export function readFailure(error: unknown): ConnectionFailure {
  let code = '';
  let words = String(error);
  // Bounded, because a chain of causes may be a ring.
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; depth++) {
    if ('code' in cause && typeof cause.code === 'string') code ||= cause.code;
    if (cause.message !== '') words = cause.message;
    cause = cause.cause;
  }
  const reason = reasons.find(([, pattern]) => pattern.test(`${code} ${words}`))?.[0];
  return { code, words, ...(reason !== undefined && { reason }) };
}
