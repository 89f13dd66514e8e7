import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Message, type Meta, type Thread, type ThreadRepository, textOf } from './host.ts';
import { createJoiner, type Joiner } from './joiner.ts';

/**
 * Writes a reply, once the host asks for its first chunk; the reply ends when this does.
 * @param signal - aborts where the host leaves the stream or a newer turn comes, before anything is saved
 * @param bubble - the reply's message in the thread
 */
export type Work = (
  write: (text: string) => void,
  signal: AbortSignal,
  bubble: Message | undefined,
) => Promise<void>;

/** One answer in a thread. */
export interface Turn {
  /** The reply's stream; nothing happens before it is read. */
  stream(work: Work): Joiner;
  /** For a turn without a stream. */
  release(): void;
  /** Ends the turn; resolves, with the parts that the host may lose, when the host has saved it. */
  supersede(): Promise<Part[]>;
}

interface Part {
  id: unknown;
  text: string;
  meta: Meta | null | undefined;
}

/** The last turn of each thread. The host makes a new agent when a setting changes, so no agent can hold it. */
const running = new Map<unknown, Promise<Turn>>();

/** A host's loop that takes longer than this to notice the end of its stream does not count. */
const LOOP_MS = 1000;

/**
 * Begins a turn. The thread's older turn is ended first, and the host is given the time to save it: a stream
 * that ends later would save its old copy of the thread over the new question. What the older one wrote is put
 * into the new thread object, where it is still empty, because the host saves that object next.
 */
export function beginTurn(thread: Thread, repository?: ThreadRepository): Promise<Turn> {
  const key = thread.id ?? thread;
  const older = running.get(key);
  const begun = (async () => {
    const parts = (await (await older?.catch(() => undefined))?.supersede()) ?? [];
    // Nothing is awaited between the look at the disk and the host's saving.
    do {
      while (isNextTaken(thread)) await setTimeout(1);
      catchUp(thread, repository);
    } while (isNextTaken(thread));
    restoreParts(thread, parts, repository);
    return createTurn(thread, repository, parts, () => {
      if (running.get(key) === begun) running.delete(key);
    });
  })();
  running.set(key, begun);
  return begun;
}

function createTurn(
  thread: Thread,
  repository: ThreadRepository | undefined,
  parts: Part[],
  release: () => void,
): Turn {
  const controller = new AbortController();
  let joiner: Joiner | undefined;
  let bubble: Message | undefined;
  let written = '';
  /** Pending while the host reads the stream. */
  let reading: Promise<void> | undefined;
  let ended = () => {};
  const end = () => joiner?.end();

  return {
    stream(work) {
      joiner = createJoiner({
        onStart() {
          reading = new Promise((resolve) => {
            ended = resolve;
          });
          // The host has put the reply's message behind the others.
          const last = thread.messages.at(-1);
          if (last?.sender === 'bot') bubble = last;
          work((text) => joiner?.push(text), controller.signal, bubble).then(end, end);
        },
        onText(text) {
          written += text;
        },
        onEnd(how) {
          const isNewest = !controller.signal.aborted;
          if (how === 'left') controller.abort();
          if (bubble) adoptSaved(thread, bubble, isNewest, repository);
          release();
          ended();
        },
      });
      // A newer turn came before the host has asked for the stream.
      if (controller.signal.aborted) end();
      return joiner;
    },
    release,
    async supersede() {
      controller.abort();
      end();
      // The host reads a stream within microtasks of getting it, or never.
      await setImmediate();
      await Promise.race([reading, setTimeout(LOOP_MS, undefined, { ref: false })]);
      await setImmediate();
      if (bubble) parts.push({ id: bubble.id, text: written, meta: bubble.meta });
      return parts;
    },
  };
}

/**
 * Whether the reply would get the last message's id: the host's ids are the clock's milliseconds. One that is far
 * ahead is from another clock.
 */
function isNextTaken({ messages }: Thread): boolean {
  const ahead = Number(/\d+$/.exec(String(messages.at(-1)?.id))?.[0]) - Date.now();
  return ahead >= 0 && ahead < 100;
}

/** Puts into the thread's empty replies what was written to them since the thread was read. */
function restoreParts(thread: Thread, parts: readonly Part[], repository?: ThreadRepository): void {
  const empty = thread.messages.filter(
    (message) => message?.sender === 'bot' && textOf(message) === '',
  );
  if (!empty.length) return;
  const saved = readSaved(thread, repository)?.messages ?? [];
  for (const message of empty) {
    const part = [...parts, ...saved].find((one) => one?.id === message.id);
    if (part) Object.assign(message, { text: part.text, meta: part.meta ?? {} });
  }
}

/**
 * Brings the host's old copy of a thread up to date before the host saves it: what was edited, deleted, set or
 * added on disk during the stream would be undone otherwise.
 * @param isNewest - no newer turn has come, which would save the thread without this reply
 */
function adoptSaved(
  thread: Thread,
  bubble: Message,
  isNewest: boolean,
  repository?: ThreadRepository,
): void {
  const saved = readSaved(thread, repository);
  const isReply = (one: Message) => one?.id === bubble.id && one.sender === 'bot';
  if (!saved) return;
  // Without the reply, which was deleted then, or made way for a newer turn's.
  const hasAll = isNewest || saved.messages.some(isReply);
  saved.messages = saved.messages.map((one) => (isReply(one) ? bubble : one));
  adopt(thread, saved, hasAll);
}

/**
 * Takes over what was set on disk since the host read the thread. Where that was before another question was saved
 * (it is so for `InitTask`), that question, too.
 */
function catchUp(thread: Thread, repository?: ThreadRepository): void {
  const saved = readSaved(thread, repository);
  if (!saved) return;
  const question = (one: Thread) => one.messages.findLast((message) => message?.sender === 'user');
  const isIn = (one: Thread, message: Message | undefined) =>
    !message || one.messages.some((other) => other?.id === message.id);
  adopt(thread, saved, isIn(saved, question(thread)) && !isIn(thread, question(saved)));
}

/** In place, because the host goes on with the objects that it has. */
function adopt(thread: Thread, saved: Thread, withMessages: boolean): void {
  const { messages } = thread;
  try {
    if (withMessages) messages.splice(0, messages.length, ...saved.messages);
    Object.assign(thread, saved, { messages });
  } catch {
    // A thread that cannot be changed is answered all the same.
  }
}

function readSaved(thread: Thread, repository?: ThreadRepository): Thread | undefined {
  try {
    const saved = repository?.getThread?.(String(thread.id));
    return Array.isArray(saved?.messages) && saved.messages !== thread.messages ? saved : undefined;
  } catch {
    return undefined;
  }
}
