import { fieldsOf } from '../../client/json.ts';
import type { ChatMessage, ContentPart } from '../../client/types.ts';
import { currentMessages, type Message, type Meta, textOf } from '../host.ts';
import { type Span, withoutAdded, withoutLastAdded } from '../page/added.ts';

/** A message whose files were read; the host's own have only their names. */
export interface LoadedMessage extends Message {
  /** Data URLs. */
  images?: readonly string[];
}

interface ChatTurn {
  role: 'user' | 'assistant';
  parts: ContentPart[];
}

/** Questions that were asked in a row, and what came in reply to them, with what the model wrote of it. */
interface Round {
  questions: LoadedMessage[];
  replies: { id: unknown; meta: Meta; text: string }[];
}

/**
 * A thread's messages as the model should read them, in the form that every chat template takes: one system
 * message, then user and assistant in turn, the user first. Only what follows the last marker counts; errors,
 * empty and virtual messages are left out, and so is whatever the model did not write. A question that has no answer, because
 * it was stopped, failed or only thought about, goes with the next one; of several failed ones only the last. What would make
 * every later request fail, too, is left out.
 *
 * What a turn sends begins with what the turn before has sent, byte for byte, so that the server's cache holds.
 */
export function toChatMessages(
  messages: readonly LoadedMessage[],
  systemPrompt: string,
): ChatMessage[] {
  const turns: ChatTurn[] = [];
  const rounds = roundsOf(conversationOf(messages));
  const outcomes = rounds.map(outcomeOf);
  for (const [i, { questions, replies }] of rounds.entries()) {
    if (outcomes[i] === 'hopeless') continue;
    if (outcomes[i] === 'failed' && outcomes[i + 1] === 'failed') continue;
    for (const question of questions) addQuestion(turns, question);
    // An answer that was asked for again takes the place of the part before it.
    const again = replies.findLastIndex(({ meta, text }) => meta.again === true && text);
    for (const { text } of replies.slice(Math.max(again, 0))) {
      add(turns, 'assistant', contentOf(text));
    }
  }
  return [
    ...(systemPrompt ? [{ role: 'system', content: systemPrompt }] : []),
    ...turns.map(({ role, parts }) => ({ role, content: toContent(parts) })),
  ];
}

/** The messages of the conversation: after the last marker, and without the oldest if those were left out for good. */
export function conversationOf<M extends Message>(messages: readonly M[]): M[] {
  const later = currentMessages(messages).filter((message): message is M => !isAside(message));
  const summary = later.some(({ sender }) => sender === 'user') ? summaryOf(messages) : undefined;
  const all = summary ? [summary, ...later] : later;
  const startsAt = all.findLast(({ meta }) => typeof meta?.startsAt === 'string')?.meta?.startsAt;
  const start = startsAt === undefined ? -1 : all.findIndex(({ id }) => id === startsAt);
  return start === -1 ? all : all.slice(start);
}

/** The summary directly before the last marker, as the user's words: the conversation goes on from it. */
function summaryOf<M extends Message>(messages: readonly M[]): M | undefined {
  const last = messages[messages.findLastIndex((message) => message?.type === 'marker') - 1];
  const heading = last?.sender === 'bot' ? last.meta?.summary : undefined;
  if (!last || typeof heading !== 'string') return undefined;
  return { ...last, sender: 'user', text: `${heading}\n\n${modelText(last)}`, meta: {} };
}

/** What the model wrote of a reply: without reasoning, notes, and what the host appends when its panel is closed. */
export function modelText(message: Message): string {
  return withoutAdded(textOfReply(message), message.meta?.added).trimEnd();
}

/** What a reply goes on with: all of it but the notes at its end. */
export function startOf(message: Message): { text: string; added: Span[] } {
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
    if (message.sender !== 'user') {
      const { id, meta } = message;
      const text = isHostError(id) ? '' : modelText(message).trimStart();
      last?.replies.push({ id, meta: meta ?? {}, text });
    } else if (last && last.replies.length === 0) last.questions.push(message);
    else rounds.push({ questions: [message], replies: [] });
  }
  return rounds;
}

const isHostError = (id: unknown) => String(id).startsWith('error_');

/** The failures that are the question's own: it is too long, or has an image for a model that takes none. */
const OWN_FAILURES: readonly unknown[] = ['context', 'image'];

/**
 * Whether a word came in reply. If none did: whether none would come the next time, whether it failed, or whether it was
 * stopped or is still to come.
 */
function outcomeOf({ replies }: Round): 'answered' | 'hopeless' | 'failed' | 'open' {
  if (replies.some(({ text }) => text)) return 'answered';
  const isRefused = ({ error, verdict }: Meta) =>
    verdict === 'content_filter' || OWN_FAILURES.includes(fieldsOf(error).reason);
  if (replies.some(({ meta }) => isRefused(meta))) return 'hopeless';
  const isFailure = ({ error, verdict }: Meta) => error || (verdict ?? 'stopped') !== 'stopped';
  return replies.some(({ id, meta }) => isHostError(id) || isFailure(meta)) ? 'failed' : 'open';
}

/** A question that waits for an answer and is asked again in the same words goes once. */
function addQuestion(turns: ChatTurn[], question: LoadedMessage): void {
  const parts = contentOf(textOf(question), question.images);
  const waiting = turns.at(-1);
  const last = waiting?.role === 'user' ? waiting.parts.at(-1) : undefined;
  const [first] = parts;
  const isSame = first?.text !== undefined && first.text.trim() === last?.text?.trim();
  add(turns, 'user', isSame ? parts.slice(1) : parts);
}

/** Adds to the last turn if the same one goes on speaking. */
function add(turns: ChatTurn[], role: ChatTurn['role'], parts: ContentPart[]): void {
  const last = turns.at(-1);
  if (parts.length === 0) return;
  if (last?.role === role) last.parts.push(...parts);
  else turns.push({ role, parts });
}

/** Not part of the conversation: virtual messages, and those of nobody. */
function isAside({ sender, isVirtual, meta }: Message): boolean {
  const isSomebodys = sender === 'user' || sender === 'bot';
  return !isSomebodys || isVirtual === true || meta?.isVirtual === true;
}

function contentOf(text: string, images: readonly string[] = []): ContentPart[] {
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
