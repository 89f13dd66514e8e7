import { fieldsOf } from '../../client/json.ts';
import { parseHttpURL } from '../../client/option-values.ts';
import { resumeChat } from '../../client/stream-chat.ts';
import type { ChatReply } from '../../client/types.ts';
import { currentMessages, type Message, postToPanel } from '../host.ts';
import type { KeptAnswer } from '../server.ts';
import type { EarlierReply } from '../turn/earlier-reply.ts';
import { AnswerPage } from './answer-page.ts';
import type { Job } from './job.ts';
import { endAnswer, failAnswer } from './outcome.ts';

/*
 * An answer that has lost its window, because that was reloaded, closed or killed, and that llama.cpp goes on with:
 *
 *   the reply's meta.resumable ─ findUnfinished ─ Server.keptAnswer (what is there of it)
 *     ─ resumeChat, from the first byte ─ answer-page.ts
 *     ─ turn/earlier-reply.ts (its own bubble, once all that is there was read: until then what was saved stays)
 */

/**
 * The reply that a server may have gone on with, and the id by which it knows the answer: of the last question that was
 * answered at all.
 * @param baseURL - the server's; another one is sent nothing
 */
export function findUnfinished(messages: readonly Message[], baseURL: string) {
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
 * Puts the whole of the last answer into its bubble, if it has lost its window and the server still has it. If that is what
 * was asked for, it is streamed to its end; otherwise the server is stopped, and what is there is kept.
 * @param press - the page of the reply that is open
 * @returns whether nothing else was asked for
 */
export async function takeUp(job: Job, press: AnswerPage): Promise<boolean> {
  const { asked, before, config, reply, server } = job;
  const unfinished = findUnfinished(before, config.baseURL);
  if (!unfinished) return false;
  const { message, id } = unfinished;
  const kept = asked.kind === 'resume' ? asked.kept : await server.keptAnswer(id);
  if (!kept || reply.signal.aborted) return false;
  const isAskedFor = asked.kind === 'resume' || asked.kind === 'continue';
  const resumption = new Resumption(job, message, kept, isAskedFor ? press : undefined);
  return (await resumption.run(id)) && isAskedFor;
}

class Resumption {
  readonly #job: Job;
  readonly #reply: EarlierReply;
  readonly #page: AnswerPage;
  readonly #kept: KeptAnswer;
  readonly #press: AnswerPage | undefined;
  readonly #leaving = new AbortController();
  #isOver = false;
  #stream: ChatReply | undefined;

  /** @param press - the page of a reply that makes way for it: it goes on to its end */
  constructor(job: Job, message: Message, kept: KeptAnswer, press: AnswerPage | undefined) {
    const { error: _, verdict: _verdict, panelClosed: _closed, ...meta } = message.meta ?? {};
    this.#reply = job.turn.goOnWith(message, { text: '', meta });
    this.#job = {
      ...job,
      asked: { kind: 'answer' },
      before: job.before.slice(0, job.before.indexOf(message)),
      // The time that the rest took is not the answer's.
      config: { ...job.config, showStats: false },
      insertion: undefined,
      reply: this.#reply,
      meta,
    };
    this.#page = new AnswerPage(this.#job);
    this.#reply.ifEnded = () => this.#page.messageIfEnded(this.#reply.text);
    this.#kept = kept;
    this.#press = press;
  }

  /** @returns whether all came that the server had */
  async run(id: string): Promise<boolean> {
    const { baseURL, apiKey, timeouts } = this.#job.config;
    this.#reply.signal.addEventListener('abort', () => this.#leave());
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
    this.#page.follow(stream);
    this.#page.waitFor(this.#job.phrases.waiting);
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
    if (!this.#press && !this.#kept.isDone) this.#leave();
    else if (this.#reply.begin()) this.#press?.goElsewhere();
  }

  #leave(): void {
    this.#page.stop();
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
    const availableTasks = this.#press ? this.#page.buttons() : [];
    const { bubble } = this.#reply;
    if (availableTasks.length > 0) bubble.availableTasks = availableTasks;
    this.#reply.end();
    this.#reply.save();
    if (availableTasks.length === 0) return;
    const shown = { type: 'addAvailableTasks', messageId: bubble.id, availableTasks };
    postToPanel(this.#job.hostUtils, shown);
  }
}
