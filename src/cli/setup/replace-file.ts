import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Replaces a file in one step: whoever reads it meanwhile sees the old text or the new one, whole. Its permissions stay. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const mode = (await stat(target).catch(() => undefined))?.mode;
    await writeFile(temporary, text, mode === undefined ? {} : { mode: mode & 0o777 });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A lock that is older was left behind by a process that has died, in ms. */
const STALE_MS = 10_000;
const BETWEEN_TRIES_MS = 25;

/**
 * Does something that only one process at a time may do, such as reading a file, changing it and writing it back. The lock is a
 * folder beside the file, since making a folder succeeds for one process only.
 * @param path - the file; its folder has to be there
 */
export async function alone<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  while (!(await isMade(lock))) {
    const age = Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > STALE_MS) await rm(lock, { recursive: true, force: true });
    else await sleep(BETWEEN_TRIES_MS);
  }
  try {
    return await action();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
