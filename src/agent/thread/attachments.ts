import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fieldsOf } from '../../client/json.ts';
import { type Message, type Thread, textOf } from '../host.ts';
import { inEveryLanguage } from '../say/phrases.ts';
import type { LoadedMessage } from './conversation.ts';

/** The most bytes of a text file and of an image that are sent. */
const TEXT_LIMIT = 262_144;
const IMAGE_LIMIT = 10_485_760;

/** What a file is for the model. */
type Contents = ({ text: string } | { image: string }) & { bytes: number };

/** The messages with their files, and which files of the last question can be sent and which cannot. */
interface Loaded {
  messages: LoadedMessage[];
  sent: { name: string; bytes: number }[];
  refused: string[];
}

/**
 * Reads the files that the user's messages name: an image becomes a data URL, a text file is put before its
 * message, the file of 'MyCanvas Chat' before the first one. What cannot be sent is left out.
 * @param messages - the conversation
 * @param thread - whose files these are
 * @param storagePath - holds a folder named like the thread; nothing else may be read, but the Markdown chat's file
 */
export async function loadAttachments(
  messages: readonly Message[],
  thread: Thread,
  storagePath: string | undefined,
): Promise<Loaded> {
  const firstUser = messages.find(({ sender }) => sender === 'user');
  const lastUser = messages.findLast(({ sender }) => sender === 'user');
  const sent: Loaded['sent'] = [];
  const refused: string[] = [];
  const loaded: LoadedMessage[] = [];
  for (const message of messages) {
    const files: { name: string; contents: Contents | undefined; takesText: boolean }[] = [];
    if (message === firstUser) {
      const { path } = fieldsOf(thread.attachment);
      if (typeof path === 'string') {
        files.push({ name: basename(path), contents: await readMarkdown(path), takesText: true });
      }
    }
    for (const path of message.sender === 'user' ? [message.filePath, message.imagePath] : []) {
      if (typeof path !== 'string' || !path) continue;
      const isImage = path === message.imagePath;
      // A thread that was begun on Windows has backslashes, wherever it is read.
      const local = path.replace(/\\/g, '/');
      const inStorage = isImage ? `${thread.id}/${local}` : local;
      const contents = await readOwn(storagePath, thread.id, inStorage).catch(() => undefined);
      files.push({ name: basename(local), contents, takesText: !isImage });
    }
    let text = isFileAlone(message) ? '' : textOf(message);
    const images: string[] = [];
    for (const { name, contents, takesText } of files.reverse()) {
      const isSent = contents && ('image' in contents || takesText);
      if (!isSent) {
        if (message === lastUser) refused.unshift(name);
        continue;
      }
      if (message === lastUser) sent.unshift({ name, bytes: contents.bytes });
      if ('image' in contents) images.unshift(contents.image);
      else text = `${name}\n${fenced(contents.text)}\n\n${text}`.trimEnd();
    }
    loaded.push({ ...message, text, images });
  }
  return { messages: loaded, sent, refused };
}

/** Whether the button for files has sent it: its words are for the user. */
export function isFileAlone(message: Message): boolean {
  return inEveryLanguage((one) => one.hereIsAFile()).includes(textOf(message));
}

/**
 * @param path - from the folder of all threads on
 * @returns `undefined` for what may not be read, and for what is neither an image nor a text
 */
async function readOwn(
  storagePath = '',
  threadId = '',
  path: string,
): Promise<Contents | undefined> {
  const storage = await realpath(storagePath);
  const folder = join(storage, threadId);
  const file = join(storage, path);
  // The host puts every file right into the thread's folder, and a thread's folder right into the storage.
  if (dirname(folder) !== storage || dirname(file) !== folder) return undefined;
  return readUnlinked(file, folder);
}

/** The user has chosen this file with 'MyCanvas Chat', wherever it is. */
async function readMarkdown(path: string): Promise<Contents | undefined> {
  if (extname(path).toLowerCase() !== '.md') return undefined;
  try {
    const folder = await realpath(dirname(path));
    return await readUnlinked(join(folder, basename(path)), folder);
  } catch {
    return undefined;
  }
}

/**
 * Reads a file that is no link, in a folder that is none. The file is opened first and looked at then, so that nobody can put a link
 * in its place between the look and the reading.
 */
async function readUnlinked(file: string, folder: string): Promise<Contents | undefined> {
  // A pipe is not waited for. Windows has none of these flags: there the look at the path has to do.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const about = await handle.stat();
    if (!about.isFile() || about.size > IMAGE_LIMIT) return undefined;
    const isLink = (await lstat(file)).isSymbolicLink();
    if (isLink || (await realpath(folder)) !== folder) return undefined;
    return await readAll(handle, about.size);
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle, size: number): Promise<Contents | undefined> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return contentsOf(buffer.subarray(0, length));
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
  const text = length <= TEXT_LIMIT ? utf8(bytes) : undefined;
  return text === undefined ? undefined : { text, bytes: length };
}

/** `undefined` for what is no text in UTF-8. */
function utf8(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** In a fence that is longer than any in the text. */
function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const bar = '`'.repeat(longest + 1);
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
