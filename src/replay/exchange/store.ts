import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bodyEndings, formatHead, type Head } from './exchange.ts';
import { codeOf } from './in-words.ts';

// How exchanges come onto the disk. This holds at any moment, even after kill -9 or on a full disk:
// - Whoever reads finds whole exchanges only: the head comes last, and each file appears in one step. storeAgain names the one exception.
// - A name has one owner, in however many processes: a file is created only if there is none, and only its owner writes it again.
// Everything is done before a function returns, as the process may end right after it (`process.exit()`).

/** An exchange as it is written. */
interface Writing {
  readonly folder: string;
  readonly name: string;
  readonly head: Head;
  readonly body: Uint8Array;
}

/**
 * Looks at a folder once.
 * @returns whether a name is taken. Names that differ by case only are one name, as they are on Windows and macOS.
 */
export function findTaken(folder: string): (name: string) => boolean {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const lowerCase = new Set(files.map((file) => file.toLowerCase()));
  return (name) =>
    ['.json', ...bodyEndings].some((ending) => lowerCase.has((name + ending).toLowerCase()));
}

/**
 * Writes a new exchange.
 * @returns whether it could have the name; if not, nothing is written
 * @throws what the file system says; nothing is left behind then
 */
export function storeNew({ folder, name, head, body }: Writing): boolean {
  mkdirSync(folder, { recursive: true });
  if (findTaken(folder)(name)) return false;
  const bodyFile = join(folder, head.response.body);
  if (!create(bodyFile, body)) return false;
  let isOwner = false;
  try {
    isOwner = create(join(folder, `${name}.json`), formatHead(head));
    return isOwner;
  } finally {
    // The other one has a body with another ending.
    if (!isOwner) rmSync(bodyFile, { force: true });
  }
}

/**
 * Writes an exchange once more, with what came after it had been stored. Only the recorder that stored it does so: nobody else has
 * written under its name. A process that is killed between the two steps leaves a body that is longer than its head says, which
 * `check` names.
 * @returns `true`: it has the name
 * @throws what the file system says
 */
export function storeAgain({ folder, name, head, body }: Writing): true {
  const bodyFile = join(folder, head.response.body);
  const headFile = join(folder, `${name}.json`);
  return withTemporary(bodyFile, body, (newBody) =>
    withTemporary(headFile, formatHead(head), (newHead) => {
      renameOver(newBody, bodyFile);
      renameOver(newHead, headFile);
      return true;
    }),
  );
}

const REPLACE_WITHIN_MS = 2000;
const RETRY_MS = 20;

/**
 * Renames a file over another one. On Windows no file can be replaced while somebody reads it, be it a replay server or a virus
 * scanner; that takes a moment, so it is tried for two seconds.
 * @throws what the file system says
 */
export function renameOver(file: string, target: string): void {
  const until = performance.now() + REPLACE_WITHIN_MS;
  for (;;) {
    try {
      return renameSync(file, target);
    } catch (error) {
      const isInUse = ['EPERM', 'EACCES', 'EBUSY'].includes(String(codeOf(error)));
      if (process.platform !== 'win32' || !isInUse || performance.now() > until) throw error;
    }
    // All is done before the function returns: it cannot wait in any other way.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

/** Writes a file beside another one, with a name that nobody else has, for the time of a function. */
function withTemporary<Result>(
  target: string,
  content: string | Uint8Array,
  use: (file: string) => Result,
): Result {
  const file = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return use(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Creates a file in one step. @returns `false` if there is one of that name */
function create(target: string, content: string | Uint8Array): boolean {
  return withTemporary(target, content, (file) => {
    try {
      linkOrCopy(file, target);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Not every file system has links. A copy takes the name in one step, too, but fills the file in several. */
function linkOrCopy(file: string, target: string): void {
  try {
    linkSync(file, target);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    copyFileSync(file, target, constants.COPYFILE_EXCL);
  }
}
