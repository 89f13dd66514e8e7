import type { Message, Thread, ThreadRepository } from '../host.ts';

/*
 * What happens when a chat is opened. The host asks for the drop-downs then, and gives no way to reach the panel with that. It runs
 * `InitTask`, which brings one, if the thread's last message is the user's and marked for it: so there is such a message
 * in the host's copy of the thread, from the answer about the drop-downs to the look at the last message. The host saves
 * nothing in between, and reads the thread's file anew for everything that comes later.
 */

const callers = new WeakSet<Message>();

/** Makes the host run `InitTask` once it has the drop-downs. Nothing of it is left when the host has gone on. */
export function callForInitTask(thread: Thread): void {
  const caller = { sender: 'user', text: '', isVirtual: true, meta: { autoProcess: true } };
  thread.messages.push(caller);
  callers.add(caller);
  setImmediate(() => takeCallBack(thread));
}

/** @returns whether the thread had called for the task that is run now */
export function takeCallBack(thread: Thread): boolean {
  const at = thread.messages.findIndex((message) => callers.has(message));
  if (at === -1) return false;
  thread.messages.splice(at, 1);
  return true;
}

/** What runs when the page of a thread asks for it. */
const loading = new Map<unknown, () => void>();

/** The host's own way of reading a thread, by the repository that was given another one. */
const watched = new WeakMap<ThreadRepository, ThreadRepository['getThread']>();

/**
 * Runs once, when the page asks for the thread: from then on it listens, and what was sent to it before is lost. If it has
 * asked already, this runs when the host next reads the thread.
 */
export function whenPageLoads(
  thread: Thread,
  repository: ThreadRepository | undefined,
  run: () => void,
): void {
  const { getThread } = repository ?? {};
  if (!repository || !getThread) return;
  loading.set(thread.id, run);
  if (watched.has(repository)) return;
  watched.set(repository, getThread);
  repository.getThread = (id) => {
    const waiting = loading.get(id);
    loading.delete(id);
    // The host sends what it reads now first.
    if (waiting) setImmediate(waiting);
    return getThread.call(repository, id);
  };
}

/** Reads a thread's saved copy. */
export function readThread(repository: ThreadRepository | undefined, id: unknown): unknown {
  const getThread = repository && (watched.get(repository) ?? repository.getThread);
  return getThread?.call(repository, String(id));
}
