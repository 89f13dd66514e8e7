import { isObject } from '../client/json.ts';

/**
 * What My Assistant hands to an agent, and what of it this agent touches. Threads are JSON files that people
 * edit and other programs write, so every field may be missing.
 */

/** A message of a thread; a marker has a `type`, no sender and no text. */
export interface Message {
  id?: string;
  sender?: string;
  type?: string;
  text?: string;
  isVirtual?: boolean;
  meta?: Meta | null;
  /** Relative to the repository's `storagePath`: `<thread id>/<name>`, with `\` on Windows. */
  filePath?: string;
  /** A file name inside the thread's folder. */
  imagePath?: string;
  /** The buttons under it. */
  availableTasks?: readonly AvailableTask[] | undefined;
}

/** Saved with the bot's message: the host keeps the object that it is given and writes it out after the stream. */
export interface Meta {
  [field: string]: unknown;
}

/** A chat. */
export interface Thread {
  id?: string;
  messages: Message[];
  settings?: unknown;
  /** The file of 'MyCanvas Chat': `{ name, path }`, the path absolute. */
  attachment?: unknown;
}

/** Where the host keeps its threads. */
export interface ThreadRepository {
  /** The folder of all threads' folders. */
  storagePath?: string;
  /** Reads a thread's saved copy. */
  getThread?(id: string): Thread | null;
  /** Writes a thread, at once. */
  saveThread?(thread: Thread): void;
  /** Adds a marker and saves the thread. */
  addMarker?(thread: Thread): string;
}

/** The host's services. */
export interface HostUtils {
  threadRepository?: ThreadRepository;
  /** Sends a message to the panel; throws once the panel is closed. */
  postMessage?(message: unknown): void;
}

/** A button that was pressed, or `InitTask`. */
export interface Task {
  name?: string;
  meta?: unknown;
  host_utils?: HostUtils;
}

/** A button under a message. It is saved with the message, and is there again when the chat is opened. */
export interface AvailableTask {
  /** Its label. */
  name: string;
  task: ButtonTask;
}

/** What a button does. */
export interface ButtonTask {
  name: string;
  /** `message` sends `message` as the user's; `action` goes to `executeTask`. */
  type: 'message' | 'action';
  message: string;
  /** The host reads a field of it, so it has to be there. */
  meta: Meta;
  skipUserMessage?: boolean;
  skipBotMessage?: boolean;
}

export const isThread = (value: unknown): value is Thread =>
  isObject(value) && Array.isArray(value.messages);

/** `value` if it is a thread, else an empty one. */
export const asThread = (value: unknown): Thread => (isThread(value) ? value : { messages: [] });

/** The messages after the last marker: what the conversation is. */
export function currentMessages(messages: readonly Message[]): Message[] {
  const usable = messages.filter((message) => isObject(message));
  return usable.slice(usable.findLastIndex(({ type }) => type === 'marker') + 1);
}

/** A message's text, which is empty if it has none. */
export function textOf({ text }: Message): string {
  return typeof text === 'string' ? text : '';
}

/**
 * Sends a message to the panel.
 * @returns whether the panel is still there; true if there never was one
 */
export function postToPanel(hostUtils: HostUtils | undefined, message: object): boolean {
  try {
    hostUtils?.postMessage?.(message);
    return true;
  } catch {
    return false;
  }
}

/** The conversation begins anew after what is there now; the panel draws a line. If it cannot be saved, nothing happens. */
export function addMarker(thread: Thread, hostUtils: HostUtils | undefined): void {
  try {
    const markerId = hostUtils?.threadRepository?.addMarker?.(thread);
    postToPanel(hostUtils, { type: 'markerAdded', thread, markerId });
  } catch {
    // The host shows no words in reply to the button, and a summary is in the chat without a line, too.
  }
}
