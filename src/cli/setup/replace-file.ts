import { randomUUID } from 'node:crypto';
import { mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs';
import { chmod, chown, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf } from '../../client/json.ts';
import { renameOver } from '../../replay/exchange/store.ts';

/**
 * Replaces a file in one step: whoever reads it meanwhile sees the old text or the new one, whole. Its permissions and its owner stay;
 * if only the text can be written to a file of somebody else's, that is what is done.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const old = await stat(target).catch(() => undefined);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    if (old === undefined || (await makeAlike(temporary, old))) renameOver(temporary, target);
    else await writeFile(target, text);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a file of ours the owner and the permissions of another one; `false` if we may not. Windows has neither. */
async function makeAlike(file: string, { uid, gid, mode }: Stats): Promise<boolean> {
  const own = await stat(file);
  try {
    if (own.uid !== uid || own.gid !== gid) await chown(file, uid, gid);
    await chmod(file, mode & 0o7777);
    return true;
  } catch {
    return false;
  }
}

/** A lock that is older was left behind by a process that has died, in ms. */
const STALE_MS = 10_000;
const LONGEST_WAIT_MS = 30_000;
const BETWEEN_TRIES_MS = 25;

/**
 * Does something that only one process at a time may do, such as reading a file, changing it and writing it back. The lock is a
 * folder beside the file, because making a folder succeeds for one process only.
 * @param path - the file; its folder has to be there
 */
export async function alone<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const madeAt = await makeLock(lock);
  try {
    return await action();
  } finally {
    removeLock(lock, (time) => time === madeAt);
  }
}

/** @returns when it was made, by the clock of the file system */
async function makeLock(lock: string): Promise<number> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      return statSync(lock).mtimeMs;
    } catch (error) {
      const { code } = fieldsOf(error);
      // Windows refuses a folder, for a moment, whose name has just been taken away.
      const isTaken = code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM');
      if (!isTaken || performance.now() > until) throw error;
    }
    removeLock(lock, (time) => Date.now() - time > STALE_MS);
    await sleep(BETWEEN_TRIES_MS);
  }
}

/** Removes the lock that was made at a certain time; synchronously, lest a newer one takes its place between the two steps. */
function removeLock(lock: string, isMeant: (time: number) => boolean): void {
  try {
    if (isMeant(statSync(lock).mtimeMs)) rmdirSync(lock);
  } catch {
    // Another process has removed it.
  }
}
