import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConnectionReason } from '../../../src/client/errors/connection-reasons.ts';
import type { ErrorReason } from '../../../src/client/errors/errors.ts';

const start = 'Start the server. LM Studio: `lms server start`';
const name = 'Correct the name in options.baseURL; 127.0.0.1 is this machine';
const limit = 'Set options.fetch to nodeFetch, which has no such limit';
const network = 'Check the address in options.baseURL, the network and the firewall';
const trust = 'Let the runtime trust the certificate; Node: NODE_EXTRA_CA_CERTS=certificate.pem';
const other = 'Correct the name in options.baseURL, or the certificate of the server';
const http = 'Begin options.baseURL with http://';

const byCode: [reason: ErrorReason, hint: string | undefined, codes: string[]][] = [
  ['refused', start, ['ECONNREFUSED', 'ConnectionRefused']],
  ['dns', name, ['ENOTFOUND', 'EAI_AGAIN']],
  ['runtime-limit', limit, ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']],
  [
    'unreachable',
    network,
    ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ],
  [
    'tls-untrusted',
    trust,
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
  ],
  [
    'tls-certificate',
    other,
    ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ],
  [
    'tls-plain-http',
    http,
    ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
  ],
  [
    'reset',
    undefined,
    ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ConnectionReset', 'ConnectionClosed'],
  ],
];

for (const [reason, hint, codes] of byCode) {
  for (const code of codes) {
    test(`${code}: ${reason}`, () => {
      const { reason: found, hint: told } = findConnectionReason({ words: 'it failed', code });
      assert.deepEqual([found, told], [reason, hint]);
    });
  }
}

/** What runtimes say that give no code of their own. */
const byWords: [reason: ErrorReason, hint: string | undefined, words: string[]][] = [
  [
    'refused',
    start,
    ['tcp connect error: Connection refused (os error 111)', 'connect ECONNREFUSED 127.0.0.1:9'],
  ],
  [
    'dns',
    name,
    [
      'dns error: it is not known',
      'failed to lookup address information',
      'Name or service not known',
      'getaddrinfo ENOTFOUND nowhere',
    ],
  ],
  [
    'unreachable',
    network,
    [
      'No route to host (os error 113)',
      'Network is unreachable (os error 101)',
      'host unreachable',
      'Connection timed out (os error 110)',
    ],
  ],
  [
    'tls-untrusted',
    trust,
    [
      'self-signed certificate',
      'self signed certificate in certificate chain',
      'invalid peer certificate: UnknownIssuer',
      'unable to verify the first certificate',
    ],
  ],
  [
    'tls-certificate',
    other,
    ['invalid peer certificate: NotValidForName', 'certificate has expired'],
  ],
  [
    'tls-plain-http',
    http,
    [
      'ssl3_get_record:wrong version number',
      'packet length too long',
      'received corrupt message of type InvalidContentType',
      'received corrupt message',
      'InvalidContentType',
    ],
  ],
  [
    'reset',
    undefined,
    [
      'Connection reset by peer (os error 104)',
      'connection closed before message completed',
      'Network connection lost.',
      'The connection was closed',
      'socket hang up',
      'other side closed',
      'Broken pipe (os error 32)',
    ],
  ],
];

for (const [reason, hint, said] of byWords) {
  for (const words of said) {
    test(`${words}: ${reason}`, () => {
      const { reason: found, hint: told } = findConnectionReason({ words, code: undefined });
      assert.deepEqual([found, told], [reason, hint]);
    });
  }
}

test('a code beats the words around it', () => {
  const words = 'Connection refused';
  assert.equal(findConnectionReason({ words, code: 'ECONNRESET' }).reason, 'reset');
  assert.equal(findConnectionReason({ words, code: 'E_OTHER' }).reason, 'refused');
  assert.equal(
    findConnectionReason({ words: 'connection closed: ENOTFOUND', code: undefined }).reason,
    'dns',
  );
});

test('nothing is made up', () => {
  const nothing = { reason: undefined, hint: undefined };
  for (const code of [
    'EAI',
    'ERR_SSL',
    'MY_ERR_SSL_X',
    'ERR_TLS_x',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'CERT',
  ]) {
    assert.deepEqual(findConnectionReason({ words: 'it failed', code }), nothing, code);
  }
  for (const words of ['', 'it failed', 'CUDA RUNTIME failure', 'TLS section']) {
    assert.deepEqual(findConnectionReason({ words, code: undefined }), nothing, words);
  }
});
