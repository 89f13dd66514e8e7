import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { LoadedMessage } from './conversation.ts';
import { type Message, textOf } from './host.ts';
import { notSent, type Say } from './words.ts';

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
      if (typeof path !== 'string' || !path) continue;
      // A thread that was begun on Windows has backslashes, wherever it is read.
      const local = path.replace(/\\/g, '/');
      const isImage = path === imagePath;
      try {
        const bytes = await readOwn(place, isImage ? `${place.threadId}/${local}` : local);
        const base64 = bytes?.toString('base64') ?? '';
        const content = bytes?.toString() ?? '\0';
        const isText = !['\0', '\ufffd'].some((sign) => content.includes(sign));
        // By the first bytes, because the host stores no type, and names lie.
        if (base64.startsWith('iVBORw0KGgo')) images.push(`data:image/png;base64,${base64}`);
        else if (base64.startsWith('/9j/')) images.push(`data:image/jpeg;base64,${base64}`);
        else if (!isImage && isText && Number(bytes?.length) <= TEXT_LIMIT) {
          text = `${basename(local)}\n${fence(content)}\n\n${text}`.trimEnd();
        } else throw new Error();
      } catch {
        if (message === lastUser) refuse(say(notSent, basename(local)));
      }
    }
    loaded.push({ ...message, text, images });
  }
  return loaded;
}

/**
 * @param path - from the folder of all threads on
 * @returns `undefined` for what may not be read, and what is too large for anything
 */
async function readOwn(
  { storagePath = '', threadId = '' }: Place,
  path: string,
): Promise<Buffer | undefined> {
  const storage = await realpath(storagePath);
  const folder = join(storage, threadId);
  const isOwn = (file: string) => dirname(folder) === storage && file.startsWith(folder + sep);
  let file = join(storage, path);
  // Links are followed before the file is looked at, so a link out of the folder is out of it.
  if (isOwn(file)) file = await realpath(file);
  if (!isOwn(file)) return undefined;
  const about = await stat(file);
  // A pipe or a device would be waited for.
  return about.isFile() && about.size <= IMAGE_LIMIT ? readFile(file) : undefined;
}

/** A fence that is longer than any in the text. */
function fence(text: string): string {
  let bar = '```';
  while (text.includes(bar)) bar += '`';
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
