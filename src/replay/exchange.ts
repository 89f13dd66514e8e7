import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fieldsOf, isObject, type JsonObject } from '../json.ts';

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

/** What a field must be, also in words. A `?` behind its name: it may be left out. */
export type Rule = readonly [
  field: string,
  holds: (value: unknown, parent: JsonObject) => boolean,
  be: string,
];

export const matches = (form: RegExp) => (it: unknown) => typeof it === 'string' && form.test(it);
const isCount = (it: unknown) => Number.isSafeInteger(it) && Number(it) >= 0;
const isChunk = (it: unknown) => Array.isArray(it) && it.length === 2 && it.every(isCount);
// What HTTP can carry. (RFC 9110, 5.1 and 5.5)
const isHeader = ([name, value]: [string, unknown]) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && matches(/^[\t -~\u0080-\u00ff]*$/)(value);
const isHeaders = (it: unknown) => isObject(it) && Object.entries(it).every(isHeader);

const rules: readonly Rule[] = [
  ['format', (it) => it === 1, '1, which is all that this version reads'],
  ['provenance.kind', matches(/^(recorded|modelled)$/), "'recorded' or 'modelled'"],
  ['provenance.server', (it, { kind }) => kind !== 'recorded' || matches(/./)(it), 'who it was'],
  ['provenance.source', (it, { kind }) => kind !== 'modelled' || matches(/./)(it), 'after what'],
  ['request.method', matches(/./), 'a text'],
  ['request.path', matches(/^\//), "a text that starts with '/'"],
  ['request.headers', isHeaders, 'an object of HTTP headers'],
  ['request.body', (it) => it !== undefined, 'there; null where there was none'],
  ['response.status', (it) => isCount(it) && /^[2-5]..$/.test(`${it}`), 'from 200 to 599'],
  ['response.headers', isHeaders, 'an object of HTTP headers'],
  ['response.body', matches(/^[^/\\]+$/), 'the name of a file beside it'],
  ['response.bytes?', isCount, 'a whole number'],
  ['response.sha256?', matches(/^[0-9a-f]{64}$/), '64 hex digits'],
  ['end', matches(/^(complete|disconnect|client-abort)$/), 'complete, disconnect or client-abort'],
  ['chunks?', (it) => Array.isArray(it) && it.every(isChunk), 'a list of [ms, bytes], both whole'],
];

/** @throws {TypeError} at the first rule that the value breaks: `end must be …; it is "reset"` */
export function assertRules<T>(value: unknown, rules: readonly Rule[]): asserts value is T {
  for (const [pattern, holds, be] of rules) {
    const field = pattern.replace('?', '');
    const [name = '', group] = field.split('.').reverse();
    const parent = fieldsOf(group === undefined ? value : fieldsOf(value)[group]);
    const it = parent[name];
    if ((it === undefined && pattern !== field) || holds(it, parent)) continue;
    throw new TypeError(`${field} must be ${be}; it is ${shown(it)}`);
  }
}

/** A value in one short line, for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/**
 * Reads the text of a `NAME.json`.
 * @throws {Error} naming the file, the field and what it must be
 */
export function parseHead(text: string, file: string): Head {
  try {
    const head: unknown = JSON.parse(text);
    assertRules<Head>(head, rules);
    return head;
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${file}: ${error.message}`);
    throw new Error(`${file}: not JSON: ${error}`);
  }
}

/** The body that `head` names, compared with all that `head` says of it. */
async function readBody({ response, chunks }: Head, file: string): Promise<Uint8Array> {
  const body = await readFile(join(dirname(file), response.body)).catch((error: Error) => {
    throw new Error(`${file}: response.body cannot be read: ${error.message}`);
  });
  const must = (field: string, said: number | string, is: number | string) => {
    if (said === is) return;
    const why =
      "was it edited, or did git change its line ends? ('fixtures/** -text' in .gitattributes)";
    throw new Error(`${file}: ${field} says ${said}, but for ${response.body} it is ${is}: ${why}`);
  };
  if (response.bytes !== undefined) must('response.bytes', response.bytes, body.length);
  if (response.sha256 !== undefined) must('response.sha256', response.sha256, sha256(body));
  const sum = chunks?.reduce((all, [, bytes]) => all + bytes, 0) ?? body.length;
  must('the sum of chunks', sum, body.length);
  return new Uint8Array(body.buffer, body.byteOffset, body.length);
}

/**
 * Reads one exchange.
 * @param file - its `NAME.json`
 * @param name - what it is to be called; default: the file's name
 * @throws {Error} where the file cannot be read or is no exchange. The body is looked at when it is asked for.
 */
export async function readExchange(
  file: string,
  name = basename(file, '.json'),
): Promise<Exchange> {
  const head = parseHead(await readFile(file, 'utf8'), file);
  let body: Promise<Uint8Array> | undefined;
  return { ...head, name, file, readBody: () => (body ??= readBody(head, file)) };
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
  for (const file of [path, `${path}.json`]) {
    const isFile = (await stat(file).catch(() => undefined))?.isFile();
    if (isFile) return readExchange(file);
  }
  const found = await listExchanges(path);
  if (found.length === 0) throw new Error(`${resolve(path)} holds no exchange: record one first`);
  return Promise.all(found.map(({ name, file }) => readExchange(file, name)));
}

const bodyEndings = ['.sse', '.body.json', '.body.txt'];

/** The name of the file for the body of the exchange `name`, by the response's content type. */
export function bodyFileOf(name: string, contentType = ''): string {
  const kind = ['event-stream', 'json'].findIndex((word) => contentType.includes(word));
  return name + bodyEndings.at(kind);
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
