import type { Model } from '../../client/models/models.ts';
import type { ChatMessage } from '../../client/types.ts';
import type { HostUtils, Message, Meta, Thread } from '../host.ts';
import type { Note } from '../say/ending.ts';
import type { Phrases } from '../say/phrases.ts';
import { isFileAlone, loadAttachments } from './attachments.ts';
import type { LoadedMessage } from './conversation.ts';

/*
 * A thread's messages, as the model is sent them:
 *
 *   messages ─ conversation.ts (after the last marker; who has spoken) ─ attachments.ts (files read) ─ question.ts
 *     ─ conversation.ts (toChatMessages: without what the model did not write) ─ the request's messages
 *   left-out.ts leaves out the oldest if they do not fit
 */

/** What a conversation asks. */
type Question =
  /** The messages of the request, and notes that are shown once a thread under the answer. */
  | { kind: 'asked'; messages: ChatMessage[]; notes: { facts: Meta; note: Note }[] }
  /** Nothing of it can be sent, or nothing is asked yet; the notes say why. */
  | { kind: 'told'; sign?: string; notes: Note[] }
  | { kind: 'none' };

/** What a question is made from. */
interface Asking {
  thread: Thread;
  hostUtils: HostUtils | undefined;
  phrases: Phrases;
  asked: { kind: string };
  convert(messages: LoadedMessage[]): ChatMessage[];
}

/**
 * Reads the files of a conversation and makes its messages into those of a request.
 * @param findModel - finds the model that will be asked; called only if there are images
 */
export async function findQuestion(
  { asked, thread, hostUtils, phrases, convert }: Asking,
  conversation: readonly Message[],
  findModel: () => Promise<Model | undefined>,
): Promise<Question> {
  const last = conversation.at(-1);
  if (!last) return { kind: 'none' };
  const isFile = last.sender === 'user' && isFileAlone(last);
  if (isFile && !last.filePath) {
    return { kind: 'told', notes: [[phrases.noFile, phrases.noFileAdvice]] };
  }
  const storagePath = hostUtils?.threadRepository?.storagePath;
  const loaded = await loadAttachments(conversation, thread, storagePath);
  const refused = loaded.files.filter(({ contents }) => contents === undefined);
  const notes: { facts: Meta; note: Note }[] = refused.map(({ name }) => ({
    // Every question with a file that is not sent says so.
    facts: { fileNotSent: `${last.id} ${name}`.slice(0, 200) },
    note: [phrases.fileNotSent(name), phrases.fileAdvice],
  }));
  if (isFile && notes.length === 0) {
    const files = loaded.files.map(({ name, contents }) => `${name} (${sizeOf(contents?.bytes)})`);
    return { kind: 'told', sign: '📎', notes: [[phrases.fileGoesWith(files.join(', '))]] };
  }
  let { messages } = loaded;
  const count = messages.reduce((sum, { images = [] }) => sum + images.length, 0);
  const model = count > 0 ? await findModel().catch(() => undefined) : undefined;
  if (model?.vision === false) {
    messages = messages.map((message) => ({ ...message, images: [] }));
    notes.push({
      facts: { imagesLeftOut: model.id },
      note: [phrases.imagesLeftOut(model.id, count), phrases.imagesAdvice],
    });
  }
  const question = messages.at(-1);
  const isEmpty = question?.sender === 'user' && !question.text?.trim() && !question.images?.length;
  if (isEmpty && notes.length > 0) return { kind: 'told', notes: notes.map(({ note }) => note) };
  const chat = convert(messages);
  const goesOn = asked.kind === 'continue' || asked.kind === 'summary';
  return chat.at(-1)?.role === (goesOn ? 'assistant' : 'user')
    ? { kind: 'asked', messages: chat, notes }
    : { kind: 'none' };
}

/** A file's size, in round numbers. */
function sizeOf(bytes = 0): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1000))} kB`;
}
