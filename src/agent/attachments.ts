import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { fieldsOf } from '../chat/guards.ts';
import type { LoadedMessage } from './conversation.ts';
import { type Message, textOf } from './host.ts';
import { notSent, outside, type Say, unsupported } from './words.ts';

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
      try {
        const bytes = await readOwn(place, isImage ? `${place.threadId}/${local}` : local, say);
        const type = imageType(bytes.toString('latin1', 0, 8));
        if (type !== undefined) images.push(`data:${type};base64,${bytes.toString('base64')}`);
        else if (!isImage && bytes.length <= TEXT_LIMIT && !bytes.includes(0))
          text = `${basename(local)}\n${fence(bytes.toString())}\n\n${text}`.trimEnd();
        else throw new Error(say(unsupported));
      } catch (error) {
        const { message: words, code = words } = fieldsOf(error);
        if (message === lastUser) refuse(say(notSent, basename(local), code));
      }
    }
    loaded.push({ ...message, text, images });
  }
  return loaded;
}

/**
 * @param path - from the folder of all threads on
 * @throws {Error} whose code or else message is the reason
 */
async function readOwn(
  { storagePath = '', threadId = '' }: Place,
  path: string,
  say: Say,
): Promise<Buffer> {
  const storage = await realpath(storagePath);
  const folder = join(storage, threadId);
  let file = join(storage, path);
  const check = () => {
    if (dirname(folder) !== storage || !file.startsWith(folder + sep)) {
      throw new Error(say(outside));
    }
  };
  check();
  // Links are followed before the file is looked at, so a link out of the folder is out of it.
  file = await realpath(file);
  check();
  const about = await stat(file);
  // A pipe or a device would be waited for.
  if (!about.isFile() || about.size > IMAGE_LIMIT) throw new Error(say(unsupported));
  return readFile(file);
}

/** By a file's first bytes: the host stores no type, and names lie. */
function imageType(head: string): string | undefined {
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  return head.startsWith('\xff\xd8\xff') ? 'image/jpeg' : undefined;
}

/** A fence that is longer than any in the text. */
function fence(text: string): string {
  let bar = '```';
  while (text.includes(bar)) bar += '`';
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
