// An exchange is one request with its response: NAME.json, the head, beside the bytes of the body.
//
//   disk ─▶ folder.ts ─▶ exchange.ts (parseHead, by rules.ts) ─▶ an Exchange; its body is read and verified when it is asked for
//   a head and a body ─▶ slot.ts (a number for a name that names.ts allows) ─▶ store.ts ─▶ disk
//   a body ─▶ frames.ts (where its frames end, what their events hold) ─▶ shown-frames.ts (what people see of them)
//
// leaves.ts takes a JSON value apart, for comparing and for searching; in-words.ts words values and errors.

import { isObject, isText } from '../../client/json.ts';
import { assertRules, isCount, isOneOf, matches, optional, type Rule, required } from './rules.ts';

/** How the response ended: at its end, broken off by the server's side, or left by the client. */
export type End = 'complete' | 'disconnect' | 'client-abort';

/** `[ms since the previous chunk, bytes]`; the first one counts from the sending of the request. */
export type Chunk = readonly [ms: number, bytes: number];

/** Where an exchange is from: recorded from a `server`, or modelled by hand after a `source`. */
export interface Provenance {
  readonly kind: 'recorded' | 'modelled';
  readonly server?: string;
  readonly source?: string;
  readonly model?: string;
  readonly recordedAt?: string;
  readonly note?: string;
}

/** A request as an exchange stores it. */
export interface StoredRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON value; text if it is none; `null` if there was no body. */
  readonly body: unknown;
}

/** What `NAME.json` holds. `chunks`, `bytes` and `sha256` may be left out of what is written by hand. */
export interface Head {
  readonly format: 1;
  readonly provenance: Provenance;
  readonly request: StoredRequest;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The name of the file beside this one that holds the body. */
    readonly body: string;
    readonly bytes?: number;
    readonly sha256?: string;
  };
  readonly end: End;
  readonly chunks?: readonly Chunk[];
}

/** One request with its response, as it was on the wire. */
export interface Exchange extends Head {
  /** The path of `NAME.json` below the folder that was read, with `/`, without `.json`. */
  readonly name: string;
  /** The file, for messages. */
  readonly file: string;
  /** The response's body, read once and kept. Rejects if it is not what was recorded. Do not change it. */
  readBody(): Promise<Uint8Array>;
}

const isChunk = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every(isCount);

// What HTTP can carry. (RFC 9110, 5.1 and 5.5)
const isHeaderName = (name: string) => /^[\w!#$%&'*+.^`|~-]+$/.test(name);
const isHeaderValue = matches(/^[\t -~\u0080-\u00ff]*$/);
const isHeaders = (value: unknown) =>
  isObject(value) &&
  Object.entries(value).every(([name, text]) => isHeaderName(name) && isHeaderValue(text));

const headRules: readonly Rule[] = [
  required('format', isOneOf(1), '1, which is all that this version reads'),
  required('provenance.kind', isOneOf('recorded', 'modelled'), "'recorded' or 'modelled'"),
  required(
    'provenance.server',
    (server, { kind }) => kind !== 'recorded' || isText(server),
    'the name of the server that was recorded',
  ),
  required(
    'provenance.source',
    (source, { kind }) => kind !== 'modelled' || isText(source),
    'what it was modelled after',
  ),
  required('request.method', isText, 'a text'),
  required('request.path', matches(/^\//), "a text that starts with '/'"),
  required('request.headers', isHeaders, 'an object of HTTP headers'),
  required('request.body', (body) => body !== undefined, 'there; null if there was none'),
  required(
    'response.status',
    (status) => isCount(status) && Number(status) >= 200 && Number(status) <= 599,
    'from 200 to 599',
  ),
  required('response.headers', isHeaders, 'an object of HTTP headers'),
  required('response.body', matches(/^[^/\\]+$/), 'the name of a file beside it'),
  optional('response.bytes', isCount, 'a whole number'),
  optional('response.sha256', matches(/^[0-9a-f]{64}$/), '64 hex digits'),
  required(
    'end',
    isOneOf('complete', 'disconnect', 'client-abort'),
    'complete, disconnect or client-abort',
  ),
  optional(
    'chunks',
    (chunks) => Array.isArray(chunks) && chunks.every(isChunk),
    'a list of [ms, bytes], both whole',
  ),
];

/**
 * Reads the text of a `NAME.json`.
 * @throws {Error} naming the file, the field and what it must be
 */
export function parseHead(text: string, file: string): Head {
  try {
    const head: unknown = JSON.parse(text);
    assertRules<Head>(head, headRules);
    return head;
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${file}: ${error.message}`);
    throw new Error(`${file}: not JSON: ${error}`);
  }
}

/** The text of a `NAME.json`: two spaces, but the chunks in one line. */
export function formatHead({ chunks, ...head }: Head): string {
  const text = JSON.stringify(head, null, 2);
  return chunks ? `${text.slice(0, -2)},\n  "chunks": ${JSON.stringify(chunks)}\n}\n` : `${text}\n`;
}

/** How the names of body files end. */
export const bodyEndings = ['.sse', '.ndjson', '.body.json', '.body.txt'] as const;

/** How the name of the file ends for a body of this content type. */
export function bodyEndingOf(contentType = ''): (typeof bodyEndings)[number] {
  if (contentType.includes('event-stream')) return '.sse';
  if (/ndjson|jsonl|json-lines/.test(contentType)) return '.ndjson';
  return contentType.includes('json') ? '.body.json' : '.body.txt';
}
