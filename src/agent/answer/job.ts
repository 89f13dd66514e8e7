import type { Model } from '../../client/models/models.ts';
import type { ChatMessage } from '../../client/types.ts';
import type { Insertion } from '../editor/insert-text.ts';
import type { HostUtils, Message, Meta, Thread } from '../host.ts';
import type { Phrases } from '../say/phrases.ts';
import type { KeptAnswer, Server } from '../server.ts';
import type { Config } from '../settings/settings.ts';
import type { LoadedMessage } from '../thread/conversation.ts';
import type { TurnClock } from '../turn/clock.ts';
import type { OpenReply } from '../turn/reply.ts';
import type { Turn } from '../turn/turn.ts';

/** What is asked for. */
export type Asked =
  /**
   * The last question is answered; if there is none, the reply says whether the server is ready. It is the initial one if the
   * chat was opened, or made by 'Generate Text at Cursor'.
   */
  | { kind: 'answer'; isInitial?: boolean }
  /** The last answer goes on. */
  | { kind: 'continue'; replyId: unknown }
  /** A model is loaded, anew if there is a size of context, and answers the last question. */
  | { kind: 'load'; model: string; contextLength?: number }
  /** The last question is answered without the oldest messages; of the text so much may stay, from 0 to 1. */
  | { kind: 'shorter'; share: number }
  /** The last answer is taken up again: the chat was opened, and the server has this of it. */
  | { kind: 'resume'; kept: KeptAnswer }
  /** The model sums up the conversation, which goes on from there. */
  | { kind: 'summary' }
  /** The last question is answered without something that has kept the model from an answer. */
  | { kind: 'without'; what: 'tools' | 'thinking' };

/** What an answer is made from. */
export interface Job {
  asked: Asked;
  thread: Thread;
  /** The thread's messages before this reply. */
  before: readonly Message[];
  turn: Turn;
  /** What it is written into: the turn's own reply, or an earlier one. */
  reply: OpenReply;
  hostUtils: HostUtils | undefined;
  clock: TurnClock;
  config: Config;
  phrases: Phrases;
  server: Server;
  /** Filled with what is worth saving beside the text. */
  meta: Meta;
  /** The thread's messages, as the request's. */
  convert(messages: LoadedMessage[]): ChatMessage[];
  /** Brings the panel's drop-downs up to date. */
  showModels(models: readonly Model[]): void;
  /** Writes the answer into a document, too. */
  insertion?: Insertion | undefined;
}

/**
 * Whether the answer has a bubble of its own, in which it can be asked for again or taken up again. A Continue and a summary follow
 * another answer, and a text at the cursor has no bubble.
 */
export const hasOwnBubble = ({ asked, insertion }: Job): boolean =>
  asked.kind !== 'continue' && asked.kind !== 'summary' && insertion === undefined;
