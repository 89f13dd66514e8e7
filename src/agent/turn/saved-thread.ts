import { type Message, type Meta, type Thread, type ThreadRepository, textOf } from '../host.ts';

/** What was written to a reply; the host may lose it. */
export interface Part {
  id: unknown;
  text: string;
  meta: Meta | null | undefined;
}

const isReply = (message: Message | undefined, id: unknown) =>
  message?.sender === 'bot' && message.id === id;

/** The thread as it is saved, unless that is the very object that is at hand. */
function readSaved(thread: Thread, repository?: ThreadRepository): Thread | undefined {
  try {
    const saved = repository?.getThread?.(String(thread.id));
    return Array.isArray(saved?.messages) && saved.messages !== thread.messages ? saved : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Puts into the thread's replies what was written to them since the thread was read: where they are empty, or hold only
 * the beginning.
 */
export function restoreParts(
  thread: Thread,
  parts: readonly Part[],
  repository?: ThreadRepository,
): void {
  const written = new Map(parts.map((part) => [part.id, part]));
  const isEmpty = (message: Message) => message?.sender === 'bot' && textOf(message) === '';
  if (thread.messages.some(isEmpty)) {
    for (const { id, sender, text, meta } of readSaved(thread, repository)?.messages ?? []) {
      if (sender === 'bot' && text && !written.has(id)) written.set(id, { id, text, meta });
    }
  }
  for (const message of thread.messages) {
    const part = message?.sender === 'bot' ? written.get(message.id) : undefined;
    if (part?.text.startsWith(textOf(message))) {
      Object.assign(message, { text: part.text, meta: part.meta ?? {} });
    }
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
  isNewest: boolean,
  repository?: ThreadRepository,
): void {
  const saved = readSaved(thread, repository);
  if (!saved) return;
  // Without the reply, which was deleted then, or made way for a newer turn's.
  const hasAll = isNewest || saved.messages.some((message) => isReply(message, bubble.id));
  saved.messages = saved.messages.map((one) => (isReply(one, bubble.id) ? bubble : one));
  adopt(thread, saved, hasAll);
}

/**
 * Takes over what was set on disk since the host read the thread. Where that was before another question was saved
 * (it is so for `InitTask`), that question, too.
 */
export function catchUp(thread: Thread, repository?: ThreadRepository): void {
  const saved = readSaved(thread, repository);
  if (!saved) return;
  const question = (one: Thread) => one.messages.findLast((message) => message?.sender === 'user');
  const isIn = (one: Thread, message: Message | undefined) =>
    !message || one.messages.some((other) => other?.id === message.id);
  adopt(thread, saved, isIn(saved, question(thread)) && !isIn(thread, question(saved)));
}

/**
 * Writes a reply into the thread's saved copy, where that has less of it; nothing else of the copy is changed. For
 * ends that the host does not live to see.
 */
export function saveReply(thread: Thread, reply: Message, repository?: ThreadRepository): void {
  const saved = readSaved(thread, repository);
  const message = saved?.messages.find((one) => isReply(one, reply.id));
  if (!saved || !message || textOf(reply).length <= textOf(message).length) return;
  Object.assign(message, reply);
  try {
    repository?.saveThread?.(saved);
  } catch {
    // A folder that cannot be written to: the host will fail there, too.
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
