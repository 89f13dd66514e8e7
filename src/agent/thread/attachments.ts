import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LANGUAGES } from '../../advice/index.ts';
import { fieldsOf } from '../../client/json.ts';
import { type Message, type Thread, textOf } from '../host.ts';
import { phrasesIn } from '../say/phrases.ts';
import type { LoadedMessage } from './conversation.ts';

/** The most bytes of a text file and of an image that are sent. */
const TEXT_LIMIT = 262_144;
const IMAGE_LIMIT = 10_485_760;

/** What a file is for the model. */
interface Contents {
  text?: string;
  /** A data URL. */
  image?: string;
  bytes: number;
}

/** A file that a question names; without contents if it cannot be sent. */
interface Attachment {
  name: string;
  contents: Contents | undefined;
}

/**
 * Reads the files that the user's messages name: an image becomes a data URL, a text file is put before its
 * message, the file of 'MyCanvas Chat' before the first one. What cannot be sent is left out.
 * @param messages - the conversation
 * @param thread - whose files these are
 * @param storagePath - holds a folder named like the thread; nothing else may be read, but the Markdown chat's file
 * @returns the messages, and the files of the last question
 */
export async function loadAttachments(
  messages: readonly Message[],
  thread: Thread,
  storagePath: string | undefined,
): Promise<{ messages: LoadedMessage[]; files: Attachment[] }> {
  const questions = messages.filter(({ sender }) => sender === 'user');
  const loaded: LoadedMessage[] = [];
  let ofLast: Attachment[] = [];
  for (const message of messages) {
    const markdown = message === questions[0] ? fieldsOf(thread.attachment).path : undefined;
    const files = [
      await attach(markdown, readMarkdown),
      ...(message.sender === 'user' ? await ownFiles(message, thread, storagePath) : []),
    ].flatMap((file) => file ?? []);
    const blocks = files.flatMap(({ name, contents }) =>
      contents?.text === undefined ? [] : `${name}\n${fenced(contents.text)}`,
    );
    const images = files.flatMap(({ contents }) => contents?.image ?? []);
    const own = isFileAlone(message) ? '' : textOf(message);
    loaded.push({ ...message, text: [...blocks, own].filter(Boolean).join('\n\n'), images });
    if (message === questions.at(-1)) ofLast = files;
  }
  return { messages: loaded, files: ofLast };
}

/** Whether the button for files has sent it: its words are for the user. */
export function isFileAlone(message: Message): boolean {
  return LANGUAGES.some((one) => phrasesIn(one).hereIsAFile === textOf(message));
}

async function ownFiles(
  { filePath, imagePath }: Message,
  thread: Thread,
  storagePath: string | undefined,
): Promise<(Attachment | undefined)[]> {
  const file = await attach(filePath, (path) => readOwn(storagePath, thread, path));
  const image = await attach(imagePath, async (path) => {
    const contents = await readOwn(storagePath, thread, `${thread.id}/${path}`);
    return contents?.image === undefined ? undefined : contents;
  });
  return [file, image];
}

async function attach(
  path: unknown,
  read: (path: string) => Promise<Contents | undefined>,
): Promise<Attachment | undefined> {
  if (typeof path !== 'string' || path === '') return undefined;
  // A thread that was begun on Windows has backslashes, wherever it is read.
  const local = path.replace(/\\/g, '/');
  return { name: basename(local), contents: await read(local).catch(() => undefined) };
}

/**
 * The host puts every file right into the thread's folder, and a thread's folder right into the storage.
 * @param path - from the storage on
 */
async function readOwn(
  storagePath = '',
  { id = '' }: Thread,
  path: string,
): Promise<Contents | undefined> {
  const storage = await realpath(storagePath);
  const folder = join(storage, id);
  const file = join(storage, path);
  const isOwn = dirname(folder) === storage && dirname(file) === folder;
  return isOwn ? readUnlinked(file) : undefined;
}

/** The user has chosen this file with 'MyCanvas Chat', wherever it is. */
async function readMarkdown(path: string): Promise<Contents | undefined> {
  if (extname(path).toLowerCase() !== '.md') return undefined;
  return readUnlinked(join(await realpath(dirname(path)), basename(path)));
}

/**
 * Reads a file that is no link, in a folder that is none. The file is opened first and looked at then, so that nobody can put a link
 * in its place between the look and the reading.
 */
async function readUnlinked(file: string): Promise<Contents | undefined> {
  // A pipe is not waited for. Windows has none of these flags: there the look at the path has to do.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const about = await handle.stat();
    const isAllowed = about.isFile() && about.size <= IMAGE_LIMIT;
    if (!isAllowed || (await realpath(file)) !== file) return undefined;
    return contentsOf(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** By the first bytes, because the host stores no type, and names lie. */
function contentsOf(bytes: Buffer): Contents | undefined {
  const begin = bytes.subarray(0, 8).toString('hex');
  const { length } = bytes;
  const as = (type: string) => ({
    image: `data:${type};base64,${bytes.toString('base64')}`,
    bytes: length,
  });
  if (begin === '89504e470d0a1a0a') return as('image/png');
  if (begin.startsWith('ffd8ff')) return as('image/jpeg');
  if (length > TEXT_LIMIT || bytes.includes(0)) return undefined;
  // Throws for what is not UTF-8, and leaves out the mark that Windows puts first.
  return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: length };
}

/** In a fence that is longer than any in the text. */
function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const bar = '`'.repeat(longest + 1);
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
