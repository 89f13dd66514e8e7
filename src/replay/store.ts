import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bodyEndings, formatHead, type Head, parseHead } from './format.ts';
import { codeOf } from './thrown.ts';

// How exchanges come onto the disk. What holds at any moment, also after kill -9 or on a full disk:
// - Whoever reads finds whole exchanges only: the head comes last, and both files come by one step of the file system.
// - A name has one owner, in however many processes: a new file is created only where there is none.
// - An exchange that is replaced is there, the old one or the new one, whole.
// Everything is done before the function returns, as the process may end right after (`process.exit()`).

/** An exchange that is to be written. */
export interface Storable {
  readonly folder: string;
  readonly name: string;
  readonly head: Head;
  readonly body: Uint8Array;
}

/**
 * Looks at a folder once.
 * @returns whether a name cannot be given to a new exchange: also not where another one differs by case only
 */
export function findTaken(folder: string): (name: string) => boolean {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const lowerCase = new Set(files.map((file) => file.toLowerCase()));
  return (name) =>
    ['.json', ...bodyEndings].some((ending) => lowerCase.has((name + ending).toLowerCase()));
}

/** The head that a folder holds under a name; `undefined` where there is none, or one that cannot be read. */
export function readHead(folder: string, name: string): Head | undefined {
  const file = join(folder, `${name}.json`);
  try {
    return parseHead(readFileSync(file, 'utf8'), file);
  } catch {
    return undefined;
  }
}

/**
 * Writes a new exchange.
 * @returns whether it could have the name; where not, nothing is written
 * @throws what the file system says; nothing is left behind then
 */
export function storeNew({ folder, name, head, body }: Storable): boolean {
  mkdirSync(folder, { recursive: true });
  if (findTaken(folder)(name)) return false;
  const bodyFile = join(folder, head.response.body);
  return withTemporaries(folder, [body, formatHead(head)], ([newBody, newHead]) => {
    if (!createFrom(newBody, bodyFile)) return false;
    let isOwner = false;
    try {
      isOwner = createFrom(newHead, join(folder, `${name}.json`));
    } finally {
      // The other one has a body with another ending.
      if (!isOwner) rmSync(bodyFile, { force: true });
    }
    return isOwner;
  });
}

/**
 * Writes an exchange over the one of its name.
 * @param mayReplace - looks at what is there; it may be another than before
 * @returns whether it was replaced; where not, nothing is changed
 * @throws what the file system says; the old one is there then
 */
export function storeOver(
  { folder, name, head, body }: Storable,
  mayReplace: (old: Head | undefined) => boolean,
): boolean {
  const file = join(folder, `${name}.json`);
  return withTemporaries(folder, [body, formatHead(head)], ([newBody, newHead]) =>
    withLock(join(folder, `.${name}.lock`), () => {
      const old = readHead(folder, name);
      if (!mayReplace(old)) return false;
      const oldBody = old?.response.body;
      const aside = `${name}.old${bodyEndings.find((ending) => oldBody?.endsWith(ending)) ?? ''}`;
      if (old && old.response.body === head.response.body) {
        // Until the new head is there, the old one needs its body under another name.
        rmSync(join(folder, aside), { force: true });
        createFrom(join(folder, old.response.body), join(folder, aside));
        const moved = { ...old, response: { ...old.response, body: aside } };
        withTemporaries(folder, [formatHead(moved)], ([movedHead]) => renameSync(movedHead, file));
      }
      renameSync(newBody, join(folder, head.response.body));
      renameSync(newHead, file);
      for (const ofOld of [aside, oldBody ?? aside]) {
        const isLeftOver = ofOld.startsWith(`${name}.`) && ofOld !== head.response.body;
        if (isLeftOver) rmSync(join(folder, ofOld), { force: true });
      }
      return true;
    }),
  );
}

/** Writes contents to files of names that nobody else has, for the time of a function. */
function withTemporaries<Result>(
  folder: string,
  contents: readonly [Uint8Array | string, (Uint8Array | string)?],
  use: (files: readonly [string, string]) => Result,
): Result {
  const files = [randomUUID(), randomUUID()].map((id) => join(folder, `.${id}.tmp`));
  const [first = '', second = ''] = files;
  try {
    contents.forEach((content, index) => {
      if (content !== undefined) writeFileSync(files[index] ?? '', content, { flag: 'wx' });
    });
    return use([first, second]);
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}

/** Makes a file of the content of another, in one step. @returns `false` where there is one of that name */
function createFrom(file: string, target: string): boolean {
  try {
    linkSync(file, target);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
  }
  try {
    // Not every file system has links: then the name is still claimed in one step, but filled in more.
    copyFileSync(file, target, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A lock is held for a few ms; one that is as old as this, in ms, was left by a process that was killed. */
const LOCK_IS_LEFT = 30_000;

/** Runs a function that nobody else runs at the same time. @returns `false` where somebody does */
function withLock(file: string, run: () => boolean): boolean {
  if (!createLock(file) && !(isLeft(file) && takeAway(file) && createLock(file))) return false;
  try {
    return run();
  } finally {
    rmSync(file, { force: true });
  }
}

function createLock(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isLeft(file: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > LOCK_IS_LEFT;
}

/** Renaming is one step, so that only one of those who find an old lock takes it away. */
function takeAway(file: string): boolean {
  const away = `${file}.${randomUUID()}.tmp`;
  try {
    renameSync(file, away);
  } catch {
    return false;
  }
  // Somebody was faster, and this is the new lock: it goes back.
  const wasOld = isLeft(away);
  if (!wasOld) createFrom(away, file);
  rmSync(away, { force: true });
  return wasOld;
}
