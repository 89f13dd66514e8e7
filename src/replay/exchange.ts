import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isObject, type JsonObject } from '../chat/guards.ts';

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

/** What `NAME.json` holds. `chunks`, `bytes` and `sha256` may be left out of what is written by hand. */
export interface Head {
  readonly format: 1;
  readonly provenance: Provenance;
  readonly request: {
    readonly method: string;
    /** With the query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** The JSON value; text where it is none; `null` where there was no body. */
    readonly body: unknown;
  };
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
  /** The response's body, read once and kept; rejects where it is not what was recorded. Not to be changed. */
  readBody(): Promise<Uint8Array>;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isChunks = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((chunk) => Array.isArray(chunk) && chunk.length === 2 && chunk.every(isCount));
const ends = new Set<unknown>(['complete', 'disconnect', 'client-abort']);

function isHeaders(value: unknown): boolean {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string'))
    return false;
  try {
    return Object.entries(value).every(([name, text]) => new Headers([[name, String(text)]]));
  } catch {
    return false;
  }
}

const optional =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value);

/** What a head must be, field by field. A field is looked at together with the object that it is in. */
const rules: readonly [
  field: string,
  holds: (value: unknown, parent: JsonObject) => boolean,
  be: string,
][] = [
  ['format', (it) => it === 1, '1, which is all that this version reads'],
  ['provenance.kind', (it) => it === 'recorded' || it === 'modelled', "'recorded' or 'modelled'"],
  ['provenance.server', (it, { kind }) => kind !== 'recorded' || isText(it), 'there: who was it?'],
  ['provenance.source', (it, { kind }) => kind !== 'modelled' || isText(it), 'there: after what?'],
  ['request.method', isText, 'a text'],
  ['request.path', (it) => isText(it) && /^\//.test(String(it)), "a text that starts with '/'"],
  ['request.headers', isHeaders, 'an object of HTTP headers'],
  ['request.body', (it) => it !== undefined, 'there; null where there was none'],
  ['response.status', (it) => isCount(it) && /^[2-5]..$/.test(String(it)), 'from 200 to 599'],
  ['response.headers', isHeaders, 'an object of HTTP headers'],
  [
    'response.body',
    (it) => isText(it) && !/[/\\]/.test(String(it)),
    'the name of a file beside it',
  ],
  ['response.bytes', optional(isCount), 'a whole number'],
  ['response.sha256', optional((it) => /^[0-9a-f]{64}$/.test(String(it))), '64 hex digits'],
  ['end', (it) => ends.has(it), `one of ${[...ends].join(', ')}`],
  ['chunks', optional(isChunks), 'a list of [ms, bytes], both whole numbers'],
];

function assertHead(value: unknown, file: string): asserts value is Head {
  if (!isObject(value)) throw new Error(`${file}: it must be a JSON object`);
  for (const [field, holds, be] of rules) {
    const [name = '', group] = field.split('.').reverse();
    const parent = group === undefined ? value : value[group];
    const found = isObject(parent) ? parent[name] : undefined;
    if (!isObject(parent) || !holds(found, parent)) {
      throw new Error(`${file}: ${field} must be ${be}; it is ${shown(found)}`);
    }
  }
}

/** A value in one short line, for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const sumOf = (chunks: readonly Chunk[]): number =>
  chunks.reduce((sum, [, bytes]) => sum + bytes, 0);

/**
 * Reads the text of a `NAME.json`.
 * @throws {Error} naming the file, the field and what it must be
 */
export function parseHead(text: string, file: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: not JSON: ${error instanceof Error ? error.message : error}`);
  }
  assertHead(value, file);
  return value;
}

/** The body that `head` names, compared with all that `head` says of it. */
async function readBody(head: Head, file: string): Promise<Uint8Array> {
  const { body, bytes, sha256: hash } = head.response;
  const read = await readFile(join(dirname(file), body)).catch((error: Error) => {
    throw new Error(`${file}: response.body names ${body}, which cannot be read: ${error.message}`);
  });
  const content = new Uint8Array(read.buffer, read.byteOffset, read.length);
  const must = (field: string, said: number | string | undefined, is: number | string) => {
    if (said === undefined || said === is) return;
    const why =
      "was it edited, or did git change its line ends? ('fixtures/** -text' in .gitattributes)";
    throw new Error(`${file}: ${field} says ${said}, but for ${body} it is ${is}: ${why}`);
  };
  must('response.bytes', bytes, content.length);
  must('response.sha256', hash, hash === undefined ? '' : sha256(content));
  must('the sum of chunks', head.chunks && sumOf(head.chunks), content.length);
  return content;
}

/**
 * Reads one exchange.
 * @param file - its `NAME.json`
 * @param name - what it is to be called; default: the file's name
 * @throws {Error} where the file cannot be read or is no exchange. The body is looked at when it is asked for.
 */
export async function readExchange(
  file: string,
  name: string = basename(file, '.json'),
): Promise<Exchange> {
  const head = parseHead(await readFile(file, 'utf8'), file);
  let body: Promise<Uint8Array> | undefined;
  return {
    ...head,
    name,
    file,
    readBody() {
      body ??= readBody(head, file);
      return body;
    },
  };
}

// `hello-2` before `hello-10`, the same under every locale.
const order = new Intl.Collator('en', { numeric: true });

/** The files of `folder` and of the folders in it that look like exchanges, by name and in order. */
export async function listExchanges(folder: string): Promise<{ name: string; file: string }[]> {
  const files = await readdir(folder, { recursive: true }).catch((error: Error) => {
    throw new Error(`${folder}: cannot be read as a folder: ${error.message}`);
  });
  return files
    .map((file) => ({ name: file.replaceAll('\\', '/').slice(0, -5), file: join(folder, file) }))
    .filter(({ file }) => /(?<!\.body)\.json$/.test(file) && !/(^|[/\\])\./.test(file))
    .sort((a, b) => order.compare(a.name, b.name));
}

/**
 * Reads what a path names: the one exchange of a file, with or without its `.json`; or, as a list in order, those
 * of a folder and of the folders in it.
 * @throws {Error} where there is no exchange, or one that cannot be read
 */
export async function readSource(path: string): Promise<Exchange | Exchange[]> {
  const isFile = async (file: string) =>
    (await stat(file).catch(() => undefined))?.isFile() === true;
  if (await isFile(path)) return readExchange(path);
  if (await isFile(`${path}.json`)) return readExchange(`${path}.json`);
  const found = await listExchanges(path);
  if (found.length === 0) throw new Error(`${resolve(path)} holds no exchange: record one first`);
  return Promise.all(found.map(({ name, file }) => readExchange(file, name)));
}

/** The endings that a body's file may have. */
const bodyEndings = ['.sse', '.body.json', '.body.txt'] as const;

/** The name of the file for the body of the exchange `name`, by the response's content type. */
export function bodyFileOf(name: string, contentType: string): string {
  const [stream, json, text] = bodyEndings;
  const is = (kind: string) => contentType.includes(kind);
  return name + (is('event-stream') ? stream : is('json') ? json : text);
}

/** The text of a `NAME.json`: two spaces, but the chunks in one line. */
export function formatHead({ chunks, ...head }: Head): string {
  const text = JSON.stringify(head, null, 2);
  return chunks ? `${text.slice(0, -2)},\n  "chunks": ${JSON.stringify(chunks)}\n}\n` : `${text}\n`;
}

/**
 * Writes an exchange, replacing one of the same name. Whoever reads meanwhile, or after the process was killed,
 * finds whole exchanges only: the head is the last to come and the first to go, and both files come by renaming.
 */
export async function writeExchange(
  folder: string,
  name: string,
  head: Head,
  body: Uint8Array,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const put = async (file: string, content: Uint8Array | string) => {
    const temporary = join(folder, `.${file}.${process.pid}.tmp`);
    await writeFile(temporary, content);
    await rename(temporary, join(folder, file));
  };
  await rm(join(folder, `${name}.json`), { force: true });
  for (const ending of bodyEndings) await rm(join(folder, name + ending), { force: true });
  await put(head.response.body, body);
  await put(`${name}.json`, formatHead(head));
}
