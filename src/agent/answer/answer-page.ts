import { abridge } from '../../advice/index.ts';
import type { ChatReply, Fetch, PartialResult, ReplyEvent } from '../../client/types.ts';
import { nodeFetch } from '../../node-fetch.ts';
import type { AvailableTask, Message } from '../host.ts';
import { formatNote } from '../page/added.ts';
import { Layout } from '../page/layout.ts';
import { Notice, type Waiting } from '../page/notice.ts';
import { Thought } from '../page/thought.ts';
import { button } from '../say/buttons.ts';
import type { Note } from '../say/ending.ts';
import { resultFacts } from '../say/facts.ts';
import { createSecretFilter } from '../settings/secret.ts';
import { startOf } from '../thread/conversation.ts';
import type { EarlierReply } from '../turn/earlier-reply.ts';
import type { ReplyPart, ReplyWriter } from '../turn/reply.ts';
import type { Job } from './job.ts';
import { lastReply, type Remark } from './plan.ts';
import type { Attempt, TextFilter } from './request.ts';

const asItIs: TextFilter = (text) => text;

/** One reply as it is shown and saved: text, reasoning, what is waited for, notes, buttons, meta. */
export class AnswerPage implements ReplyWriter {
  /** How much of the answer has come. Progress is a sign; a word is text, reasoning or a call. */
  heard: 'nothing' | 'sign' | 'word' = 'nothing';
  readonly #job: Job;
  readonly #layout: Layout;
  readonly #notice: Notice;
  readonly #thought: Thought;
  #hasThought = false;
  readonly #remarks: Remark[] = [];
  /** The reply that goes on, for Continue. */
  readonly #last: Message | undefined;
  #earlier: EarlierReply | undefined;
  #buttonsAtEnd: readonly AvailableTask[] = [];
  #state: 'open' | 'ended' | 'stopped' = 'open';
  /** Another reply is written in place of this one. */
  #isElsewhere: boolean;
  #stream: ChatReply | undefined;
  #answerFilter = asItIs;
  #thoughtFilter = asItIs;

  constructor(job: Job) {
    const { phrases, clock, config, reply } = job;
    this.#job = job;
    this.#last = job.asked.kind === 'continue' ? lastReply(job.before) : undefined;
    this.#layout = new Layout({
      write: (text) => {
        this.#notice.end();
        reply.write(text);
      },
      rewrite: reply.rewrite,
    });
    this.#notice = new Notice(
      (text) => reply.showBelow(text && this.#layout.separator + text),
      phrases,
      clock,
    );
    this.#thought = new Thought(config.reasoning === 'show', phrases, clock);
    this.#isElsewhere = job.asked.kind === 'resume';
    job.meta.added = this.#layout.added;
  }

  /** For its stream. A server that can go on while nobody looks is not asked to stop then. */
  readonly fetch: Fetch = async (url, init) =>
    init.method === 'DELETE' && this.#isUnseen
      ? new Response(null, { status: 204 })
      : nodeFetch(url, init);

  /** Nobody looks at it now. */
  get #isUnseen(): boolean {
    return this.#job.reply.signal.reason === 'unseen';
  }

  get #isContinuing(): boolean {
    return this.#job.asked.kind === 'continue';
  }

  /** Whether there is a text that can be continued after this reply. */
  get hasText(): boolean {
    return this.#layout.hasText || this.#isContinuing;
  }

  /** Of the reply that can be continued after this one. */
  get idToContinue(): unknown {
    return (this.#last ?? this.#job.reply.bubble)?.id;
  }

  waitFor(waiting: Waiting, since?: number): void {
    if (this.#state === 'open') this.#notice.waitFor(waiting, since);
  }

  /** A stream begins; what was heard of another stays heard. */
  follow(stream: ChatReply, attempt: Pick<Attempt, 'filter' | 'isPrefilled'> = {}): void {
    const { apiKey = '' } = this.#job.config;
    const { filter = asItIs, isPrefilled } = attempt;
    const withoutKey = createSecretFilter(apiKey);
    this.#stream = stream;
    this.#answerFilter = (text, isLast) => filter(withoutKey(text, isLast), isLast);
    this.#thoughtFilter = createSecretFilter(apiKey);
    const { resumable } = stream;
    if (resumable) {
      const { id, baseURL } = resumable;
      this.#job.meta.resumable = { id, baseURL };
      this.#job.reply.save();
    }
    if (!this.#last) return;
    const { text, added } = startOf(this.#last);
    const meta = { ...this.#last.meta, added, error: undefined, panelClosed: undefined };
    // The server goes on with the text that it was sent, which has no blanks at its end.
    const start = { text: isPrefilled ? text.trimEnd() : text, meta };
    this.#earlier = this.#job.turn.goOnWith(this.#last, start);
  }

  /** @param created - when the server has sent what comes now, in s */
  sent(created: unknown): void {
    if (typeof created === 'number') this.#thought.sentAt = 1000 * created;
  }

  async show(event: ReplyEvent): Promise<void> {
    if (event.type !== 'progress') this.heard = 'word';
    else if (this.heard === 'nothing') this.heard = 'sign';
    switch (event.type) {
      case 'progress': {
        const { phrases } = this.#job;
        const percent = Math.floor((100 * event.processed) / event.total);
        const isShare = percent >= 0 && percent <= 100;
        return this.waitFor(
          isShare ? (time) => phrases.readingShare(percent, time) : phrases.reading,
        );
      }
      case 'reasoning':
        return this.#think(this.#thoughtFilter(event.text));
      case 'correction':
        await this.#layout.restart();
        this.#earlier?.restart();
        this.#job.insertion?.restart();
        // What was held back of it is in the reasoning, too.
        this.#answerFilter('', true);
        return this.#think(this.#thoughtFilter(event.reasoning));
      case 'text':
        return this.#addText(this.#answerFilter(event.text));
      case 'finish':
        return this.#addText(this.#answerFilter('', true));
    }
  }

  /** Adds a block of the agent's own. */
  say(sign: string, note: Note): void {
    if (this.#state === 'stopped') return;
    this.#endThought();
    this.#layout.add(formatNote(sign, note));
  }

  /** Not this reply goes on, but an earlier one. */
  goElsewhere(): void {
    this.#isElsewhere = true;
    this.say('ℹ️', [this.#job.phrases.goesOnAbove]);
  }

  /** Takes back what was said, and the buttons. */
  async beginAgain(): Promise<void> {
    this.#buttonsAtEnd = [];
    this.#notice.end();
    await this.#layout.restart();
  }

  /** Says something under the answer, when it has ended. */
  remark(remark: Remark): void {
    const { once } = remark;
    const facts = Object.entries(once ?? {});
    const isSame = (one: Message) => facts.every(([name, value]) => one?.meta?.[name] === value);
    if (!once || !this.#job.before.some(isSame)) this.#remarks.push(remark);
    Object.assign(this.#job.meta, once);
  }

  /** The buttons under the reply when it has ended. */
  endWith(buttons: readonly AvailableTask[]): void {
    if (this.#state === 'open') this.#buttonsAtEnd = buttons;
  }

  buttons(): readonly AvailableTask[] {
    return this.#state === 'open' ? this.#buttonsIfStopped() : this.#buttonsAtEnd;
  }

  /** What of the reply's message would be saved if it ended now, with this text. */
  messageIfEnded(text: string): ReplyPart {
    const { meta } = this.#job;
    const thought = this.#thought.block();
    const whole = thought ? text + this.#layout.separator + thought : text;
    const added = [...this.#layout.added, ...(thought ? [[text.length, whole.length]] : [])];
    const buttons = this.buttons();
    return {
      text: whole,
      meta: { ...meta, added, verdict: meta.verdict ?? 'stopped' },
      // Those that were saved while it was unfinished would stay otherwise.
      availableTasks: buttons.length > 0 ? buttons : undefined,
    };
  }

  onSavingFailed(error: unknown): void {
    const { phrases } = this.#job;
    const words = abridge(error instanceof Error ? error.message : String(error), 200);
    this.remark({ note: [phrases.notSaved(words), phrases.notSavedAdvice] });
  }

  /** Keeps in the reply's meta what is known of the answer. */
  record(result: Partial<PartialResult> = this.#stream?.soFar ?? {}): void {
    Object.assign(this.#job.meta, resultFacts(result, this.#job.config.apiKey ?? ''));
  }

  /** The user has stopped it, or has left. @returns whether the server was still at the prompt */
  stop(): boolean {
    const { phrases, meta } = this.#job;
    if (this.#state !== 'open') return false;
    this.record();
    if (!this.#isUnseen) delete meta.resumable;
    meta.verdict ??= 'stopped';
    this.#notice.end();
    this.#layout.cutTo(this.#job.reply.text);
    this.#endThought();
    this.#buttonsAtEnd = this.#buttonsIfStopped();
    this.#earlier?.end({ verdict: 'stopped' });
    if (this.#layout.isEmpty && !this.#isElsewhere) {
      const advice = this.#isContinuing ? phrases.continueAdvice : phrases.stoppedEarlyAdvice;
      this.say('ℹ️', [phrases.stoppedEarly, advice]);
    }
    this.#state = 'stopped';
    return this.#stream !== undefined && this.heard !== 'word';
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#endThought();
    this.#notice.end();
    const { verdict, finishReason, usage, timing } = this.#job.meta;
    this.#earlier?.end({ verdict, finishReason, usage, timing });
    for (const { sign = 'ℹ️', note } of this.#remarks) this.say(sign, note);
    this.#state = 'ended';
  }

  #buttonsIfStopped(): readonly AvailableTask[] {
    const { phrases, insertion } = this.#job;
    if (this.#isElsewhere) return [];
    if (this.hasText) return [button('continue', phrases, { replyId: this.idToContinue })];
    if (insertion) return [];
    const again = button('askAgainLabel', phrases);
    return this.#hasThought ? [button('withoutThinking', phrases), again] : [again];
  }

  #think(text: string): void {
    if (text) this.#hasThought = true;
    this.#thought.push(text);
    this.waitFor(this.#thought.sayThinking, this.#thought.since);
  }

  /** What was thought is written as one block, now that something else follows. */
  #endThought(): void {
    this.#thought.push(this.#thoughtFilter('', true));
    const block = this.#thought.end();
    if (block) this.#layout.add(block);
  }

  #addText(text: string): void {
    if (text === '') return;
    this.#endThought();
    this.#job.insertion?.write(text);
    if (!this.#earlier) return this.#layout.text(text);
    this.#earlier.write(text);
    if (this.#earlier.begin()) this.say('ℹ️', [this.#job.phrases.goesOnAbove]);
  }
}
