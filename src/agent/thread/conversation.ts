import type { ChatMessage, ContentPart } from '../../client/types.ts';
import { currentMessages, type Message, textOf } from '../host.ts';
import { withoutAdded, withoutLastAdded } from '../page/added.ts';
import type { ReplyStart } from '../turn/earlier-reply.ts';

/** A message whose files were read; the host's own have only their names. */
export interface LoadedMessage extends Message {
  /** Data URLs. */
  images?: readonly string[];
}

interface ChatTurn {
  role: 'user' | 'assistant';
  parts: ContentPart[];
}

/** Questions that were asked in a row, and what came in reply to them. */
interface Round {
  questions: LoadedMessage[];
  replies: LoadedMessage[];
}

/**
 * A thread's messages as the model should read them, in the form that every chat template takes: one system
 * message, then user and assistant in turn, the user first. Only what follows the last marker counts; errors,
 * empty and virtual messages are left out, and so is whatever the model did not write. A question whose answer failed
 * before its first word is left out of the later ones; one that was stopped there is not.
 *
 * What a turn sends begins with what the turn before has sent, byte for byte, so that the server's cache holds.
 */
export function toChatMessages(
  messages: readonly LoadedMessage[],
  systemPrompt: string,
): ChatMessage[] {
  const turns: ChatTurn[] = [];
  for (const { questions, replies } of roundsOf(conversationOf(messages))) {
    if (replies.length > 0 && hasFailed(replies)) continue;
    for (const question of questions) add(turns, 'user', contentOf(textOf(question), question));
    for (const reply of replies) addReply(turns, reply);
  }
  return [
    ...(systemPrompt ? [{ role: 'system', content: systemPrompt }] : []),
    ...turns.map(({ role, parts }) => ({ role, content: toContent(parts) })),
  ];
}

/** The messages of the conversation: after the last marker, and without the oldest if those were left out for good. */
export function conversationOf<M extends Message>(messages: readonly M[]): M[] {
  const all = currentMessages(messages).filter((message): message is M => !isAside(message));
  const startsAt = all.findLast(({ meta }) => typeof meta?.startsAt === 'string')?.meta?.startsAt;
  const start = startsAt === undefined ? -1 : all.findIndex(({ id }) => id === startsAt);
  return start === -1 ? all : all.slice(start);
}

/** What the model wrote of a reply: without reasoning, notes, and what the host appends when its panel is closed. */
export function modelText(message: Message): string {
  return withoutAdded(textOfReply(message), message.meta?.added).trimEnd();
}

/** What a reply goes on with: all of it but the notes at its end. */
export function startOf(message: Message): ReplyStart {
  return withoutLastAdded(textOfReply(message), message.meta?.added);
}

function textOfReply({ meta, ...message }: Message): string {
  const text = textOf(message);
  return meta?.panelClosed === true
    ? text.replace(/( An error occurred during processing\.)+\s*$/, '')
    : text;
}

function roundsOf(messages: readonly LoadedMessage[]): Round[] {
  const rounds: Round[] = [];
  for (const message of messages) {
    const last = rounds.at(-1);
    if (message.sender !== 'user') last?.replies.push(message);
    else if (last && last.replies.length === 0) last.questions.push(message);
    else rounds.push({ questions: [message], replies: [] });
  }
  return rounds;
}

/** Whether there is not a word in reply, and nobody has stopped it. */
function hasFailed(replies: readonly Message[]): boolean {
  const isFailure = ({ id, meta }: Message) =>
    isHostError(id) || Boolean(meta?.error) || (meta?.verdict ?? 'stopped') !== 'stopped';
  return (
    replies.some(isFailure) &&
    replies.every((reply) => isHostError(reply.id) || !modelText(reply).trim())
  );
}

function addReply(turns: ChatTurn[], reply: LoadedMessage): void {
  const text = modelText(reply);
  if (isHostError(reply.id) || !text.trim()) return;
  add(turns, 'assistant', contentOf(text.trimStart(), reply));
}

/** Adds to the last turn if the same one goes on speaking. */
function add(turns: ChatTurn[], role: ChatTurn['role'], parts: ContentPart[]): void {
  const last = turns.at(-1);
  if (parts.length === 0) return;
  if (last?.role === role) last.parts.push(...parts);
  else turns.push({ role, parts });
}

const isHostError = (id: unknown) => String(id).startsWith('error_');

/** Not part of the conversation: virtual messages, and those of nobody. */
function isAside({ sender, isVirtual, meta }: Message): boolean {
  const isSomebodys = sender === 'user' || sender === 'bot';
  return !isSomebodys || isVirtual === true || meta?.isVirtual === true;
}

function contentOf(text: string, { images = [] }: LoadedMessage): ContentPart[] {
  return [
    ...(text.trim() ? [{ type: 'text', text } as const] : []),
    ...images.map((url) => ({ type: 'image_url', image_url: { url } }) as const),
  ];
}

/** A plain string if there is no image: some servers accept nothing else. */
function toContent(parts: ContentPart[]): string | ContentPart[] {
  const texts = parts.flatMap((part) => part.text ?? []);
  return texts.length === parts.length ? texts.join('\n\n') : parts;
}
