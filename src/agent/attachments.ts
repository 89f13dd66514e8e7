import type { Stats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import type { LoadedMessage } from './conversation.ts';
import { type Message, textOf } from './host.ts';
import { type Phrase, phrases, type Say } from './words.ts';

/** The most bytes of a text file and of an image that are sent. */
const TEXT_LIMIT = 256 * 1024;
const IMAGE_LIMIT = 10 * 1024 * 1024;

/** Where a chat's files are: `storagePath` holds a folder named like the thread, and nothing else may be read. */
export interface Place {
  storagePath: string | undefined;
  threadId: string | undefined;
}

/** Why a file was not sent. */
class Refusal extends Error {
  readonly phrase: Phrase;
  readonly values: { [name: string]: unknown };

  constructor(phrase: Phrase, values: { [name: string]: unknown } = {}) {
    super(phrase[0]);
    this.phrase = phrase;
    this.values = values;
  }
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
      const name = basename(local);
      try {
        const isImage = path === imagePath;
        const file = await readOwn(place, isImage ? `${place.threadId}/${local}` : local, isImage);
        if (file.image !== undefined) images.push(file.image);
        else text = `${name}\n${fence(file.text)}\n\n${text}`.trimEnd();
      } catch (error) {
        if (message !== lastUser) continue;
        const code = error instanceof Error && 'code' in error ? error.code : error;
        const { phrase, values } =
          error instanceof Refusal ? error : { phrase: phrases.unreadable, values: { code } };
        refuse(say(phrases.noFile, { name, why: say(phrase, values) }));
      }
    }
    loaded.push({ ...message, text, images });
  }
  return loaded;
}

type Loaded = { image: string; text?: never } | { text: string; image?: never };

async function readOwn(
  { storagePath, threadId }: Place,
  path: string,
  isImage: boolean,
): Promise<Loaded> {
  if (!storagePath || !threadId || /[\\/]|^\.\.?$/.test(threadId))
    throw new Refusal(phrases.outside);
  // Links are followed before anything is compared, so a link out of the folder is out of it.
  const folder = join(await realpath(storagePath), threadId);
  const outward = (file: string) => {
    const way = relative(folder, file);
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  if (outward(join(folder, '..', path))) throw new Refusal(phrases.outside);
  const file = await realpath(join(folder, '..', path));
  if (outward(file)) throw new Refusal(phrases.outside);
  // A pipe or a device would be waited for.
  const about = await stat(file);
  if (!about.isFile()) throw new Refusal(phrases.unreadable, { code: 'not a file' });
  return decode(await readSome(file, about, isImage), isImage);
}

/** Reads no more than may be sent, however large the file is or grows. */
async function readSome(path: string, { size }: Stats, isImage: boolean): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const head = new Uint8Array(8);
    await handle.read(head, 0, 8, 0);
    const limit = isImage || imageType(head) !== undefined ? IMAGE_LIMIT : TEXT_LIMIT;
    if (size > limit) {
      throw new Refusal(phrases.tooBig, {
        limit: limit === IMAGE_LIMIT ? '10 MiB' : '256 KiB',
      });
    }
    const bytes = new Uint8Array(size);
    const { bytesRead } = await handle.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** By its first bytes: the host stores no type, and names lie. */
function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  if (head === '\x89PNG\r\n\x1a\n') return 'image/png';
  return head.startsWith('\xff\xd8\xff') ? 'image/jpeg' : undefined;
}

function decode(bytes: Uint8Array, isImage: boolean): Loaded {
  const type = imageType(bytes);
  if (type !== undefined)
    return { image: `data:${type};base64,${Buffer.from(bytes).toString('base64')}` };
  if (isImage) throw new Refusal(phrases.notImage);
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes) };
  if (bytes.includes(0)) throw new Refusal(phrases.notText);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    // Older Chinese editors save so.
    return { text: new TextDecoder('gb18030').decode(bytes) };
  }
}

/** A fence that is longer than any in the text. */
function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const bar = '`'.repeat(longest + 1);
  return `${bar}\n${text.trimEnd()}\n${bar}`;
}
