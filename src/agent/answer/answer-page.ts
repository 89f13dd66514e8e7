import type { ChatReply, PartialResult, ReplyEvent } from '../../client/types.ts';
import type { AvailableTask, Message } from '../host.ts';
import { createLayout, formatNote, type Layout } from '../page/layout.ts';
import { createNotice, type Notice, type Waiting } from '../page/notice.ts';
import { continueButton } from '../say/buttons.ts';
import type { Note } from '../say/ending.ts';
import { resultFacts } from '../say/facts.ts';
import { createSecretFilter } from '../settings/secret.ts';
import { modelText } from '../thread/conversation.ts';
import type { OpenReply } from '../turn/turn.ts';
import type { Job } from './answer.ts';
import { lastReply, type Remark } from './plan.ts';

type Filter = (text: string, isLast?: boolean) => string;

/** One reply as it is shown and saved: text, reasoning, what is waited for, notes, buttons, meta. */
export class AnswerPage {
  /** How much of the answer has come. A sign is progress, too; a word is text, reasoning or a call. */
  heard: 'nothing' | 'sign' | 'word' = 'nothing';
  readonly #job: Job;
  readonly #reply: OpenReply;
  readonly #layout: Layout;
  readonly #notice: Notice;
  readonly #notes: Note[] = [];
  #buttonsAtEnd: readonly AvailableTask[] = [];
  #isOver = false;
  #stream: ChatReply | undefined;
  #answerFilter: Filter = (text) => text;
  #thoughtFilter: Filter = (text) => text;

  constructor(job: Job, reply: OpenReply) {
    this.#job = job;
    this.#reply = reply;
    this.#notice = createNotice(reply.bubble, job.hostUtils, job.phrases, job.clock);
    const write = (text: string) => {
      this.#notice.end();
      reply.write(text);
    };
    const last = this.isContinuing ? lastReply(job.before) : undefined;
    const target = { write, rewrite: reply.rewrite };
    this.#layout = createLayout(target, job.phrases.reasoningLabel(), last ? modelText(last) : '');
  }

  get isContinuing(): boolean {
    return this.#job.purpose.kind === 'continue';
  }

  get hasText(): boolean {
    return this.#layout.answer.trim() !== '';
  }

  /** Of the reply that can be continued after this one: itself, or without a word of it the one that it goes on with. */
  get idToContinue(): unknown {
    const isWithoutWord = this.isContinuing && !this.hasText;
    return isWithoutWord ? lastReply(this.#job.before)?.id : this.#reply.bubble?.id;
  }

  waitFor(waiting: Waiting): void {
    this.#notice.waitFor(waiting);
  }

  /** A stream begins; what was heard of another stays heard. */
  follow(stream: ChatReply, filter: (text: string) => string = (text) => text): void {
    const { apiKey = '' } = this.#job.config;
    const withoutKey = createSecretFilter(apiKey);
    this.#stream = stream;
    this.#answerFilter = (text, isLast) => filter(withoutKey(text, isLast));
    this.#thoughtFilter = createSecretFilter(apiKey);
  }

  async show(event: ReplyEvent): Promise<void> {
    const { config, insertion } = this.#job;
    const showsThought = config.reasoning === 'show';
    if (event.type !== 'progress') this.heard = 'word';
    else if (this.heard === 'nothing') this.heard = 'sign';
    switch (event.type) {
      case 'progress': {
        const share = event.total > 0 ? { share: event.processed / event.total } : {};
        return this.waitFor({ for: 'reading', ...share });
      }
      case 'reasoning':
        this.waitFor({ for: 'thinking' });
        if (showsThought) this.#layout.reasoning(this.#thoughtFilter(event.text));
        return;
      case 'correction':
        await this.#layout.answerWasReasoning(showsThought);
        return insertion?.restart();
      case 'text':
        if (showsThought) this.#layout.reasoning(this.#thoughtFilter('', true));
        return this.#addText(this.#answerFilter(event.text));
      case 'finish':
        return this.#addText(this.#answerFilter('', true));
    }
  }

  say(sign: string, note: Note): void {
    this.#layout.note(sign, note);
  }

  remark({ note, once }: Remark): void {
    const facts = Object.entries(once ?? {});
    const isSame = (one: Message) => facts.every(([name, value]) => one?.meta?.[name] === value);
    if (!once || !this.#job.before.some(isSame)) this.#notes.push(note);
    Object.assign(this.#job.meta, once);
  }

  /** The buttons under the reply when it has ended. */
  endWith(buttons: readonly AvailableTask[]): void {
    this.#buttonsAtEnd = buttons;
  }

  buttons(): readonly AvailableTask[] {
    if (this.#isOver) return this.#buttonsAtEnd;
    const canGoOn = this.hasText || this.isContinuing;
    return canGoOn ? [continueButton(this.#job.phrases, this.idToContinue)] : [];
  }

  record(result: Partial<PartialResult> = this.#stream?.soFar ?? {}): void {
    Object.assign(this.#job.meta, resultFacts(result, this.#job.config.apiKey ?? ''));
  }

  /** The user has stopped it. @returns whether the server was still at the prompt */
  stop(): boolean {
    const { phrases, meta } = this.#job;
    this.#notice.end();
    this.record();
    meta.verdict ??= 'stopped';
    const advice = this.isContinuing ? phrases.continueAdvice() : phrases.stoppedEarlyAdvice();
    this.#reply.fillEmpty(formatNote('ℹ️', [phrases.stoppedEarly(), advice]));
    return this.#stream !== undefined && this.heard !== 'word';
  }

  close(): void {
    this.#notice.end();
    for (const note of this.#notes) this.say('ℹ️', note);
    this.#isOver = true;
  }

  #addText(text: string): void {
    this.#layout.text(text);
    this.#job.insertion?.write(text);
  }
}
