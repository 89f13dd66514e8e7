import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isThread, type Message, type Thread, type ThreadRepository, textOf } from '../host.ts';
import type { EarlierReply } from './earlier-reply.ts';
import { readThread } from './opening.ts';

const isReply = (message: Message | undefined, id: unknown) =>
  message?.sender === 'bot' && message.id === id;

/** Whether it is the earlier reply that goes on, and nobody has edited it. */
const isContinued = (message: Message, { isBegun, bubble, savedText }: EarlierReply) =>
  isBegun && isReply(message, bubble.id) && textOf(message) === savedText;

/** The saved thread, unless that is the very object that is at hand. */
function readSaved(thread: Thread, repository?: ThreadRepository): Thread | undefined {
  try {
    const saved = readThread(repository, thread.id);
    return isThread(saved) && saved.messages !== thread.messages ? saved : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Brings the host's old copy of a thread up to date before the host saves it: what was edited, deleted, set or
 * added on disk during the stream would be undone otherwise.
 * @param isNewest - no newer turn has come, which would save the thread without this reply
 */
export function adoptSaved(
  thread: Thread,
  bubble: Message,
  earlier: EarlierReply | undefined,
  isNewest: boolean,
  repository?: ThreadRepository,
): void {
  const saved = readSaved(thread, repository);
  if (!saved) return;
  // Without the reply, which was deleted then, or made way for a newer turn's.
  const hasAll = isNewest || saved.messages.some((message) => isReply(message, bubble.id));
  saved.messages = saved.messages.map((one) => {
    if (isReply(one, bubble.id)) return bubble;
    return earlier && isContinued(one, earlier) ? earlier.bubble : one;
  });
  adopt(thread, saved, hasAll);
}

/**
 * Takes over what was set and written on disk since the host read the thread. If that was before another question was saved
 * (as with `InitTask`), it takes over that question, too.
 */
export function catchUp(thread: Thread, repository?: ThreadRepository): void {
  const saved = readSaved(thread, repository);
  if (!saved) return;
  const question = (one: Thread) => one.messages.findLast((message) => message?.sender === 'user');
  const isIn = (one: Thread, message: Message | undefined) =>
    !message || one.messages.some((other) => other?.id === message.id);
  adopt(thread, saved, isIn(saved, question(thread)) && !isIn(thread, question(saved)));
  for (const message of thread.messages) {
    const own = saved.messages.find((one) => isReply(one, message?.id));
    if (own && own !== message) Object.assign(message, own);
  }
}

/**
 * Writes what there is of a reply into the thread's saved copy, if that has less of it; nothing else of the copy is changed.
 * For ends that the host does not live to see.
 * @param reply - the one that the host streams, if it streams one
 * @throws what the file system says
 */
export function saveReply(
  thread: Thread,
  reply: Message | undefined,
  earlier: EarlierReply | undefined,
  repository?: ThreadRepository,
): void {
  const saved = readSaved(thread, repository);
  const own = saved?.messages.find((one) => isReply(one, reply?.id));
  if (!saved || (reply && !own)) return;
  const before = JSON.stringify(saved);
  if (own && reply && textOf(reply).length >= textOf(own).length) Object.assign(own, reply);
  const continued = earlier && saved.messages.find((one) => isContinued(one, earlier));
  if (continued) Object.assign(continued, earlier.ifEnded());
  if (JSON.stringify(saved) === before) return;
  writeThread(saved, repository);
  if (continued) earlier.savedText = textOf(continued);
}

/**
 * Saves a thread, so that its file is whole at every moment: a disk that is full would leave the host's own way of saving
 * with an empty one.
 * @throws what the file system says; the file is as it was then
 */
function writeThread(thread: Thread, repository: ThreadRepository | undefined): void {
  const { storagePath } = repository ?? {};
  const file = storagePath && join(storagePath, String(thread.id), 'thread.json');
  if (!file || !existsSync(file)) return repository?.saveThread?.(thread);
  const whole = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(whole, JSON.stringify(thread, null, 2));
    renameSync(whole, file);
  } catch (error) {
    rmSync(whole, { force: true, recursive: true });
    throw error;
  }
}

/** Changes a thread and its saved copy, if they can be changed. */
export function changeThread(
  thread: Thread,
  repository: ThreadRepository | undefined,
  change: (thread: Thread) => void,
): void {
  try {
    change(thread);
    const saved = readSaved(thread, repository);
    if (!saved) return;
    change(saved);
    writeThread(saved, repository);
  } catch {
    // It is answered all the same.
  }
}

/** In place, because the host goes on with the objects that it has. */
function adopt(thread: Thread, saved: Thread, withMessages: boolean): void {
  const { messages } = thread;
  try {
    if (withMessages) {
      messages.length = 0;
      for (const message of saved.messages) messages.push(message);
    }
    Object.assign(thread, saved, { messages });
  } catch {
    // A thread that cannot be changed is answered all the same.
  }
}
