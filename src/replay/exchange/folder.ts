import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Exchange, type Head, parseHead } from './exchange.ts';
import { codeOf, wordsOf } from './in-words.ts';

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

// `hello-2` before `hello-10`, the same under every locale.
const byName = new Intl.Collator('en', { numeric: true });

/**
 * The files of `folder` and of the folders in it that look like exchanges, by name and in order.
 * @throws {Error} if the folder cannot be read
 */
export function listExchanges(folder: string): { name: string; file: string }[] {
  return listFiles(folder)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.body.json'))
    .filter((file) => !/(^|\/)\./.test(file))
    .map((file) => ({ name: file.slice(0, -'.json'.length), file: join(folder, file) }))
    .sort((a, b) => byName.compare(a.name, b.name));
}

/** Whether there is no exchange in a folder, or no folder. */
export function isWithoutExchanges(folder: string): boolean {
  return !existsSync(folder) || listExchanges(folder).length === 0;
}

/**
 * The files of a folder and of the folders in it, relative to it, with `/`. Links to folders are not followed: they may
 * lead out of it, or in a circle.
 * @throws {Error} if the folder cannot be read
 */
export function listFiles(folder: string): string[] {
  const files: string[] = [];
  const open = [''];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    for (const entry of readFolder(join(folder, inside))) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else files.push(path);
    }
  }
  return files;
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw folderError(unreadable(folder, error));
  }
}

/** Nothing can be replayed from a folder. The code tells it from an error of a connection. */
const folderError = (message: string): Error =>
  Object.assign(new Error(message), { code: 'replay-folder' });

function unreadable(folder: string, error: unknown): string {
  if (codeOf(error) === 'ENOTDIR') return `'${folder}' is a file, not a folder.`;
  if (codeOf(error) !== 'ENOENT') return `The folder '${folder}' cannot be read: ${wordsOf(error)}`;
  return `There is no folder '${folder}'${isAbsolute(folder) ? '' : ` in ${process.cwd()}`}.`;
}

/**
 * Reads one exchange.
 * @param file - its `NAME.json`
 * @param name - what it is called; default: the file's name
 * @param root - the folder that no link may lead out of; default: the file's
 * @throws {Error} if the file cannot be read or is no exchange. The body is looked at when it is asked for.
 */
export async function readExchange(
  file: string,
  name = basename(file, '.json'),
  root = dirname(file),
): Promise<Exchange> {
  const head = parseHead((await readInside(root, file)).toString(), file);
  let body: Promise<Uint8Array> | undefined;
  return { ...head, name, file, readBody: () => (body ??= readVerifiedBody(head, file, root)) };
}

/**
 * Reads an exchange once more, as another process may have recorded it anew between its head and its body.
 * @returns `undefined` if it is as it was, or is gone
 */
export async function readChanged({
  file,
  name,
  response,
}: Exchange): Promise<Exchange | undefined> {
  const now = await readExchange(file, name).catch(() => undefined);
  const isSame = now?.response.sha256 === response.sha256 && now?.response.body === response.body;
  return isSame ? undefined : now;
}

/** A folder from elsewhere may hold a link to a private file, which a server would then show to anyone. */
async function readInside(root: string, file: string): Promise<Buffer> {
  const way = relative(await realpath(root), await realpath(file));
  if (way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way) {
    throw new Error(`${file} is a link that leads out of ${root}`);
  }
  // Reading a pipe waits for a writer, and a device may have no end.
  if (!(await stat(file)).isFile()) throw new Error(`${file} is no regular file`);
  return readFile(file);
}

/** The body that a head names, compared with all that the head says of it. */
async function readVerifiedBody({ response, chunks }: Head, file: string, root: string) {
  const body = await readInside(root, join(dirname(file), response.body)).catch((error: Error) => {
    throw new Error(`${file}: response.body cannot be read: ${error.message}`);
  });
  const mustBe = (field: string, said: number | string, is: number | string) => {
    if (said === is) return;
    throw new Error(
      `${file}: ${field} says ${said}, but for ${response.body} it is ${is}: was it edited, or did git change its line ends? ('fixtures/** -text' in .gitattributes)`,
    );
  };
  if (response.bytes !== undefined) mustBe('response.bytes', response.bytes, body.length);
  if (response.sha256 !== undefined) mustBe('response.sha256', response.sha256, sha256(body));
  const sum = chunks?.reduce((all, [, bytes]) => all + bytes, 0) ?? body.length;
  mustBe('the sum of chunks', sum, body.length);
  return new Uint8Array(body.buffer, body.byteOffset, body.length);
}

/**
 * Reads what a path names: the one exchange of a file, with or without its `.json`; or, as a list in order, those
 * of a folder and of the folders in it.
 * @throws {Error} if there is no exchange, or one that cannot be read
 */
export async function readSource(path: string): Promise<Exchange | Exchange[]> {
  for (const file of [path, `${path}.json`]) {
    const isFile = (await stat(file).catch(() => undefined))?.isFile();
    if (isFile) return readExchange(file);
  }
  const found = listExchanges(path);
  if (found.length === 0) throw folderError(`${resolve(path)} holds no exchange.`);
  return Promise.all(found.map(({ name, file }) => readExchange(file, name, path)));
}
