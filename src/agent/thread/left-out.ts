import { type Message, textOf } from '../host.ts';
import { conversationOf, modelText } from './conversation.ts';

/** As much of the context is left for the answer. */
const ROOM = 0.4;

/**
 * Leaves the oldest messages out, so that the rest is likely to fit. The last question always stays.
 * @param share - how much of the text may stay, from 0 to 1
 * @returns the id of the first message that stays, and how many go; `undefined` if there is nothing older than the last question
 */
export function shorten(
  messages: readonly Message[],
  share: number,
): { startsAt: string; count: number } | undefined {
  const all = conversationOf(messages);
  const lengths = all.map((message) =>
    message.sender === 'user' ? textOf(message).length : modelText(message).length,
  );
  const budget = share * lengths.reduce((sum, length) => sum + length, 0);
  const lastQuestion = all.findLastIndex(({ sender }) => sender === 'user');
  let start = lastQuestion;
  let length = lengths.slice(lastQuestion).reduce((sum, one) => sum + one, 0);
  for (let i = lastQuestion - 1; i > 0; i--) {
    length += lengths[i] ?? 0;
    if (length > budget) break;
    if (all[i]?.sender === 'user') start = i;
  }
  const startsAt = all[start]?.id;
  const count = lengths.slice(0, Math.max(start, 0)).filter(Boolean).length;
  return start > 0 && startsAt !== undefined && count > 0 ? { startsAt, count } : undefined;
}

/**
 * How much of a conversation's text may stay, from what a server says of its size: "request (9025 tokens) exceeds the
 * available context size (8192 tokens)". Half, if it says nothing of the kind.
 */
export function shareThatFits(serverWords: string): number {
  const counts = Array.from(serverWords.matchAll(/(\d+) tokens?/g), ([, count]) => Number(count));
  const [one = 0, other = 0] = counts;
  const share = ((1 - ROOM) * Math.min(one, other)) / Math.max(one, other);
  return share > 0 ? share : 0.5;
}
