import type { ChatMessage } from '../../client/types.ts';

/** Where an answer is written beside the chat. No method rejects. */
export interface Insertion {
  /** Adds to the request what the model has to know about the place. */
  instruct(messages: ChatMessage[]): ChatMessage[];
  /** The answer goes on. */
  write(delta: string): void;
  /** What was written so far does not belong to the answer. */
  restart(): void;
  /** The answer is whole. */
  finish(): Promise<void>;
  /** There is none: the place is as it was, and the user is told. */
  fail(happened: string): Promise<void>;
  /** The user does not want it any more. */
  onCancel(cancel: () => void): void;
}

/**
 * The text without a code fence around the whole of it, and without empty lines at its end. A closing fence counts only
 * where nothing follows.
 * @param isWhole - nothing will follow; until then a line that may be the closing fence is left out
 */
export function withoutOuterFence(text: string, isWhole: boolean): string {
  const begun = text.trimStart();
  const [opening = '', fence = ''] = /^(`{3,}|~{3,})[^\n`]*(?:\n|$)/.exec(begun) ?? [];
  if (!fence) {
    // The first line may become a fence.
    if (!isWhole && /^(`{1,2}|~{1,2})?$/.test(begun)) return '';
    return isWhole ? begun.trimEnd() : begun.replace(/\s+$/, '');
  }
  const inside = begun.slice(opening.length);
  if (!opening.endsWith('\n')) return '';
  const closing = inside.search(new RegExp(`^[ \\t]*${fence}[ \\t]*$`, 'm'));
  if (closing === -1) {
    const last = inside.lastIndexOf('\n') + 1;
    const mayClose = fence.startsWith(inside.slice(last).trim());
    return (mayClose && !isWhole ? inside.slice(0, last) : inside).replace(/\s+$/, '');
  }
  const behind = inside.slice(closing).replace(/^[ \t]*[`~]+[ \t]*/, '');
  // More follows, so the fence is not around the whole.
  return behind.trim() ? begun.trimEnd() : inside.slice(0, closing).replace(/\s+$/, '');
}
