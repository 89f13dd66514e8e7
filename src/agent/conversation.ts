import type { ChatMessage } from '../chat/types.ts';
import { currentMessages, type Message, textOf } from './host.ts';
import { removeNotes } from './notes.ts';
import { removeReasoning } from './reasoning.ts';

/** A message whose image was read; the host's own have only its file's name. */
export interface LoadedMessage extends Message {
  /** Data URLs. */
  images?: readonly string[];
}

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/**
 * A thread's messages as the model should read them, in the form that every chat template takes: one system
 * message, then user and assistant in turn, the user first. Only what follows the last marker counts; errors,
 * empty and virtual messages are left out, and so is whatever the model did not write.
 */
export function toChatMessages(
  messages: readonly LoadedMessage[],
  systemPrompt: string,
): ChatMessage[] {
  const turns: { role: string; parts: Part[] }[] = [];
  for (const message of currentMessages(messages)) {
    const role = message.sender === 'user' ? 'user' : 'assistant';
    const parts = partsOf(message);
    const last = turns.at(-1);
    if (parts.length === 0 || isAside(message) || (role === 'assistant' && !last)) continue;
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts });
  }
  return [
    ...(systemPrompt ? [{ role: 'system', content: systemPrompt }] : []),
    ...turns.map(({ role, parts }) => ({ role, content: toContent(parts) })),
  ];
}

/** What the model wrote of a reply: without reasoning, notes, and what the host appends when its panel is closed. */
export function modelText(text: string): string {
  const own = text.replace(/( An error occurred during processing\.)+\s*$/, '');
  return removeReasoning(removeNotes(own)).trim();
}

/** Not part of the conversation: the host's error messages, virtual ones, and those of nobody. */
function isAside({ id, sender, isVirtual, meta }: Message): boolean {
  return (
    !/^(user|bot)$/.test(String(sender)) ||
    isVirtual === true ||
    meta?.isVirtual === true ||
    String(id).startsWith('error_')
  );
}

function partsOf(message: LoadedMessage): Part[] {
  const own = textOf(message);
  const text = message.sender === 'user' ? own : modelText(own);
  return [
    ...(text.trim() ? [{ type: 'text', text } as const] : []),
    ...(message.images ?? []).map((url) => ({ type: 'image_url', image_url: { url } }) as const),
  ];
}

/** A plain string where there is no image: some servers take nothing else. */
function toContent(parts: Part[]): string | Part[] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? part.text : []));
  return texts.length === parts.length ? texts.join('\n\n') : parts;
}
