import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { LoadedMessage } from './conversation.ts';
import { type Message, textOf } from './host.ts';
import { notSent, notText, outsideFolder, type Say, wrongImage } from './words.ts';

/** The most bytes of a text file and of an image that are sent. */
const TEXT_LIMIT = 262_144;
const IMAGE_LIMIT = 10_485_760;

/** Where a chat's files are: `storagePath` holds a folder named like the thread, and nothing else may be read. */
export interface Place {
  storagePath: string | undefined;
  threadId: string | undefined;
}

/**
 * Reads the files that the user's messages name: an image becomes a data URL, a text file stands before its
 * message. What cannot be sent is left out; `refuse` hears of those in the last message.
 */
export async function loadAttachments(
  messages: readonly Message[],
  place: Place,
  say: Say,
  refuse: (note: string) => void,
): Promise<LoadedMessage[]> {
  const lastUser = messages.findLast(({ sender }) => sender === 'user');
  const loaded: LoadedMessage[] = [];
  for (const message of messages) {
    const { filePath, imagePath } = message;
    const images: string[] = [];
    let text = textOf(message);
    for (const path of message.sender === 'user' ? [filePath, imagePath] : []) {
      if (typeof path !== 'string' || path === '') continue;
      // A thread that was begun on Windows has backslashes, wherever it is read.
      const local = path.replace(/\\/g, '/');
      const isImage = path === imagePath;
      const file = await readOwn(
        place,
        isImage ? `${place.threadId}/${local}` : local,
        isImage,
        say,
      );
      if ('image' in file) images.push(file.image);
      else if ('text' in file)
        text = `${basename(local)}\n${fence(file.text)}\n\n${text}`.trimEnd();
      else if (message === lastUser) refuse(say(notSent, basename(local), file.why));
    }
    loaded.push({ ...message, text, images });
  }
  return loaded;
}

type Loaded = { image: string } | { text: string } | { why: string };

/** @param path - from the folder of all threads on */
async function readOwn(
  { storagePath, threadId }: Place,
  path: string,
  isImage: boolean,
  say: Say,
): Promise<Loaded> {
  if (!storagePath || !threadId) return { why: say(outsideFolder) };
  try {
    const storage = await realpath(storagePath);
    const folder = join(storage, threadId);
    const isOwn = (file: string) => dirname(folder) === storage && file.startsWith(folder + sep);
    let file = join(storage, path);
    // Links are followed before the file is looked at, so a link out of the folder is out of it.
    if (isOwn(file)) file = await realpath(file);
    if (!isOwn(file)) return { why: say(outsideFolder) };
    const about = await stat(file);
    // A pipe or a device would be waited for.
    if (!about.isFile()) return { why: say(notText) };
    const bytes = about.size > IMAGE_LIMIT ? undefined : await readFile(file);
    const type = imageType(bytes?.toString('latin1', 0, 8) ?? '');
    const limit = isImage || type !== undefined ? IMAGE_LIMIT : TEXT_LIMIT;
    if (bytes === undefined || bytes.length > limit) return { why: `> ${limit / 1024} KiB` };
    if (type !== undefined) return { image: `data:${type};base64,${bytes.toString('base64')}` };
    if (isImage) return { why: say(wrongImage) };
    return bytes.includes(0) ? { why: say(notText) } : { text: decode(bytes) };
  } catch (error) {
    return { why: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
  }
}

/** By a file's first bytes: the host stores no type, and names lie. */
function imageType(head: string): string | undefined {
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  return head.startsWith('\xff\xd8\xff') ? 'image/jpeg' : undefined;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Older Chinese editors save so.
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** A fence that is longer than any in the text. */
function fence(text: string): string {
  let bar = '```';
  while (text.includes(bar)) bar += '`';
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
