import type { AvailableTask, Message } from '../host.ts';

/** A reply that is being written. */
export interface OpenReply {
  /** Its message in the thread; `undefined` if the host has none. */
  readonly bubble: Message | undefined;
  /** Aborts when the host leaves the stream or a newer turn comes, before anything is saved; the reason is a {@link Leaving}. */
  readonly signal: AbortSignal;
  /** What of it the host has, or will have. */
  readonly text: string;
  /** Adds to it; after its end into what the host is about to save, because the host takes no more chunks then. */
  write(text: string): void;
  /** Puts a text in the place of everything that was written. */
  rewrite(text: string): Promise<void>;
  /** Shows a text below the reply until more of the reply comes; `''` takes it away. It is not saved. */
  showBelow(text: string): void;
  /** Saves what there is of it, now. */
  save(): void;
}

/** Why a reply is left: it is not wanted any more, or nobody looks at it now. */
export type Leaving = 'unwanted' | 'unseen';

/** What of a message a reply changes. */
export type ReplyPart = Pick<Message, 'text' | 'meta' | 'availableTasks'>;

/** What a turn asks the one who writes its reply. */
export interface ReplyWriter {
  /** What of its message would be saved if it ended now, with this text. */
  messageIfEnded(text: string): ReplyPart;
  /** The buttons under it, as they are now. */
  buttons(): readonly AvailableTask[];
  /** The thread cannot be saved while the reply is written. */
  onSavingFailed(error: unknown): void;
}
