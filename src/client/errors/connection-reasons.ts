import type { ConnectionWords } from './connection-words.ts';
import type { KnownReason } from './errors.ts';

/** One reason for which a connection fails. */
interface ConnectionReason extends KnownReason {
  /** The system's and the runtimes' codes, whole. */
  codes: readonly string[];
  /** The words of runtimes that give no code: Deno, workerd, browsers. */
  words?: RegExp;
}

/**
 * What is known of failed connections, in the codes and words of Node (libuv, OpenSSL, undici), Bun, Deno and workerd.
 * @see https://nodejs.org/api/errors.html#common-system-errors
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const connectionReasons: readonly ConnectionReason[] = [
  {
    reason: 'refused',
    codes: ['ECONNREFUSED', 'ConnectionRefused'],
    words: /connection refused/i,
    hint: 'Start the server. LM Studio: `lms server start`',
  },
  {
    reason: 'dns',
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    words: /failed to lookup address|dns error|name or service not known/i,
    hint: 'Correct the name in options.baseURL; 127.0.0.1 is this machine',
  },
  {
    reason: 'runtime-limit',
    codes: ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
    hint: 'Set options.fetch to nodeFetch, which waits as long as options.timeouts say',
  },
  {
    reason: 'unreachable',
    codes: ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
    words: /(host|network) (is )?unreachable|no route to host|connection timed out/i,
    hint: 'Check the address in options.baseURL, the network and the firewall',
  },
  {
    reason: 'tls-untrusted',
    codes: [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    words: /self[- ]signed certificate|UnknownIssuer|unable to verify the first certificate/i,
    hint: 'Let the runtime trust the certificate; Node: NODE_EXTRA_CA_CERTS=/path/to/certificate.pem',
  },
  {
    reason: 'tls-certificate',
    codes: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    words: /invalid peer certificate|certificate has expired/i,
    hint: 'The server needs another certificate, or options.baseURL the name that is in it',
  },
  {
    reason: 'tls-plain-http',
    codes: ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    words: /wrong version number|packet length too long|corrupt message|InvalidContentType/i,
    hint: 'Does the server speak http only? Then options.baseURL begins with http://',
  },
  {
    reason: 'reset',
    codes: ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ConnectionReset', 'ConnectionClosed'],
    words: /connection (was )?(reset|closed|lost)|socket hang up|other side closed|broken pipe/i,
  },
];

/** A code inside a message, as some runtimes give it. */
const CODE_IN_WORDS = /\b[A-Z][A-Z0-9_]{4,}\b/g;

/** The reason of a failed connection, by its code, else by its words. */
export function findConnectionReason({ words, code }: ConnectionWords): KnownReason {
  const codes = code === undefined ? (words.match(CODE_IN_WORDS) ?? []) : [code];
  const known =
    connectionReasons.find((row) => row.codes.some((one) => codes.includes(one))) ??
    connectionReasons.find((row) => row.words?.test(words));
  return known ? { reason: known.reason, hint: known.hint } : {};
}
