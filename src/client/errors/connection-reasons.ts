import type { ConnectionWords } from './connection-words.ts';
import { findReason, type KnownReason, type ReasonRow } from './errors.ts';

/**
 * What is known of failed connections, by the codes and words of Node (libuv, OpenSSL, undici), Bun, Deno, workerd and browsers.
 * @see https://nodejs.org/api/errors.html#common-system-errors
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const connectionReasons: readonly ReasonRow[] = [
  [
    'refused',
    /ECONNREFUSED|connection ?refused/i,
    'Start the server. LM Studio: `lms server start`',
  ],
  [
    'dns',
    /ENOTFOUND|EAI_AGAIN|lookup address|dns error|service not known/i,
    'Correct the name in options.baseURL; 127.0.0.1 is this machine',
  ],
  [
    'runtime-limit',
    /UND_ERR_(HEADERS|BODY)_TIMEOUT/,
    'Set options.fetch to nodeFetch, which has no such limit',
  ],
  [
    'unreachable',
    /UNREACH|EADDRNOTAVAIL|ETIMEDOUT|CONNECT_TIMEOUT|no route to host|connection timed out/i,
    'Check the address in options.baseURL, the network and the firewall',
  ],
  [
    'tls-untrusted',
    /self.signed|UNABLE.TO.(VERIFY|GET_ISSUER)|UnknownIssuer/i,
    'Let the runtime trust the certificate; Node: NODE_EXTRA_CA_CERTS=certificate.pem',
  ],
  [
    'tls-certificate',
    /CERT\w*.HAS.EXPIRED|CERT_NOT_YET_VALID|CERT_ALTNAME|invalid peer certificate/i,
    'Correct the name in options.baseURL, or the certificate of the server',
  ],
  [
    'tls-plain-http',
    /EPROTO|wrong.version.number|packet.length.too.long|corrupt message|InvalidContentType/i,
    'Begin options.baseURL with http://',
  ],
  [
    'reset',
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|connection ?(was )?(reset|closed|lost)|socket hang up|other side closed|broken pipe/i,
  ],
];

/** The reason of a failed connection, by its code, else by its words. */
export function findConnectionReason({ words, code = '' }: ConnectionWords): KnownReason {
  const byCode = findReason(connectionReasons, code);
  return byCode.reason ? byCode : findReason(connectionReasons, words);
}
