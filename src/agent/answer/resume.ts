import { fieldsOf } from '../../client/json.ts';
import { parseHttpURL } from '../../client/option-values.ts';
import { resumeChat } from '../../client/stream-chat.ts';
import type { ChatReply } from '../../client/types.ts';
import { currentMessages, type Message, postToPanel } from '../host.ts';
import type { KeptAnswer } from '../server.ts';
import type { Leaving, OpenReply } from '../turn/turn.ts';
import { AnswerPage } from './answer-page.ts';
import type { Job } from './job.ts';
import { endAnswer, failAnswer } from './outcome.ts';
import { ResumedReply } from './resumed-reply.ts';

/*
 * An answer that has lost its window, because that was reloaded, closed or killed, and that llama.cpp goes on with:
 *
 *   the reply's meta.resumable ─ findUnfinished ─ Server.keptAnswer (what is there of it)
 *     ─ resumeChat, from the first byte ─ answer-page.ts
 *     ─ resumed-reply.ts (its own bubble, once all that is there was read)
 */

/** A reply that ended with its window. */
interface Unfinished {
  message: Message;
  /** The server knows the answer by it. */
  id: string;
}

/**
 * The reply that a server may have gone on with: of the last question that was answered at all.
 * @param baseURL - the server's; another one is sent nothing
 */
export function findUnfinished(
  messages: readonly Message[],
  baseURL: string,
): Unfinished | undefined {
  const current = currentMessages(messages);
  const asked = current.slice(0, current.findLastIndex(({ sender }) => sender === 'bot') + 1);
  const replies = asked.slice(asked.findLastIndex(({ sender }) => sender === 'user') + 1);
  const message = replies.findLast(({ meta }) => meta?.resumable !== undefined);
  const { id, baseURL: from } = fieldsOf(message?.meta?.resumable);
  const url = parseHttpURL(baseURL);
  const isSame = url !== undefined && from === url.origin + url.pathname;
  return message && typeof id === 'string' && isSame ? { message, id } : undefined;
}

/**
 * Puts the whole of an unfinished reply into its bubble, if the server still has it.
 * @param reply - the one that is open
 * @param goesOn - it is streamed to its end; otherwise the server is stopped, and what is there is kept
 * @returns whether the server had it
 */
export async function takeUp(
  job: Job,
  reply: OpenReply,
  { message, id }: Unfinished,
  goesOn: boolean,
  onShown: () => void,
): Promise<boolean> {
  const kept = await job.server.keptAnswer(id);
  if (!kept || reply.signal.aborted) return false;
  return new Resumption(job, reply, message, kept, goesOn, onShown).run(id);
}

class Resumption {
  readonly #job: Job;
  readonly #reply: ResumedReply;
  readonly #page: AnswerPage;
  readonly #goesOn: boolean;
  readonly #kept: KeptAnswer;
  readonly #onShown: () => void;
  readonly #leaving = new AbortController();
  #isOver = false;
  #stream: ChatReply | undefined;

  constructor(
    job: Job,
    reply: OpenReply,
    message: Message,
    kept: KeptAnswer,
    goesOn: boolean,
    onShown: () => void,
  ) {
    const { error: _, verdict: _verdict, panelClosed: _closed, ...meta } = message.meta ?? {};
    this.#job = {
      ...job,
      asked: { kind: 'answer' },
      before: job.before.slice(0, job.before.indexOf(message)),
      // The time that the rest took is not the answer's.
      config: { ...job.config, showStats: false },
      insertion: undefined,
      meta,
    };
    this.#reply = new ResumedReply(reply, message, meta, (text) => this.#page.messageIfEnded(text));
    this.#page = new AnswerPage(this.#job, this.#reply);
    this.#goesOn = goesOn;
    this.#kept = kept;
    this.#onShown = onShown;
  }

  async run(id: string): Promise<boolean> {
    const { baseURL, apiKey, timeouts } = this.#job.config;
    const { signal } = this.#reply;
    signal.addEventListener('abort', () => this.#leave(signal.reason));
    const stream = resumeChat(
      { id, baseURL, bytes: 0 },
      {
        baseURL,
        apiKey,
        timeouts,
        fetch: this.#page.fetch,
        signal: this.#leaving.signal,
        onChunk: ({ created }) => {
          this.#page.sent(created);
          if (this.#hasCaughtUp) setImmediate(() => this.#catchUp());
        },
      },
    );
    this.#stream = stream;
    this.#page.follow(stream, (text) => text, false);
    if (this.#kept.bytes === 0) setImmediate(() => this.#catchUp());
    try {
      for await (const event of stream.events()) {
        await this.#page.show(event);
        if (event.type === 'finish') await endAnswer(this.#job, this.#page, event.result);
      }
    } catch (error) {
      const isLeft = this.#leaving.signal.aborted;
      if (!isLeft && this.#hasCaughtUp) await failAnswer(this.#job, this.#page, error);
    }
    this.#close();
    return this.#hasCaughtUp;
  }

  /** Everything has come that the server had when it was asked. */
  get #hasCaughtUp(): boolean {
    return (this.#stream?.resumable?.bytes ?? 0) >= this.#kept.bytes;
  }

  #catchUp(): void {
    if (this.#isOver) return;
    if (this.#goesOn || this.#kept.isDone) {
      if (this.#reply.begin()) this.#onShown();
    } else this.#leave('unwanted');
  }

  #leave(leaving: Leaving): void {
    this.#page.stop(leaving);
    this.#close();
    this.#leaving.abort();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#page.close();
    if (!this.#hasCaughtUp) return;
    delete this.#job.meta.timing;
    this.#reply.begin();
    const availableTasks = this.#goesOn ? this.#page.buttons() : [];
    this.#reply.end(availableTasks);
    if (availableTasks.length === 0) return;
    const messageId = this.#reply.bubble.id;
    postToPanel(this.#job.hostUtils, { type: 'addAvailableTasks', messageId, availableTasks });
  }
}
