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
import { join } from 'node:path';
import { bodyEndings, formatHead, type Head } from './format.ts';
import { codeOf } from './thrown.ts';

// How exchanges come onto the disk. What holds at any moment, also after kill -9 or on a full disk:
// - Whoever reads finds whole exchanges only: the head comes last, and both files come by one step of the file system each. The one
//   exception is at storeAgain.
// - A name has one owner, in however many processes: a new file is created only if there is none, and only its owner writes it again.
// Everything is done before the function returns, as the process may end right after (`process.exit()`).

/** An exchange that is to be written. */
interface Storable {
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
 * Writes an exchange once more, with what came after it had been stored. Only the recorder that stored it does so: nobody else has
 * written under its name. A process that is killed between the two steps leaves a body that is longer than its head says, which
 * `check` names.
 * @throws what the file system says
 */
export function storeAgain({ folder, name, head, body }: Storable): void {
  withTemporaries(folder, [body, formatHead(head)], ([newBody, newHead]) => {
    renameSync(newBody, join(folder, head.response.body));
    renameSync(newHead, join(folder, `${name}.json`));
  });
}

/** Writes a body and a head to files of names that nobody else has, for the time of a function. */
function withTemporaries<Result>(
  folder: string,
  [body, head]: readonly [body: Uint8Array, head: string],
  use: (files: readonly [body: string, head: string]) => Result,
): Result {
  const bodyFile = join(folder, `.${randomUUID()}.tmp`);
  const headFile = join(folder, `.${randomUUID()}.tmp`);
  try {
    writeFileSync(bodyFile, body, { flag: 'wx' });
    writeFileSync(headFile, head, { flag: 'wx' });
    return use([bodyFile, headFile]);
  } finally {
    rmSync(bodyFile, { force: true });
    rmSync(headFile, { force: true });
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
