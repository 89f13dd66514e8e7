import { type Message, type Meta, textOf } from '../host.ts';
import type { Span } from '../page/added.ts';
import type { TurnClock } from './clock.ts';
import { renderingMs } from './joiner.ts';

/** The beginning of a reply: its text, and where in it something was added. */
export interface ReplyStart {
  text: string;
  added: Span[];
}

/** What of a message a reply changes. */
export type ReplyPart = Pick<Message, 'text' | 'meta' | 'availableTasks'>;

/**
 * An earlier reply of the thread, which goes on in its own bubble. The host streams into the newest bubble only, so this one
 * is shown by replacing its text, as often as the panel can render it.
 */
export class EarlierReply {
  /** In the thread, where it is changed. */
  readonly message: Message;
  /** What is saved of it, as far as the agent knows: somebody may have edited it meanwhile. */
  savedText: string;
  /** Whether a word was put to it. */
  hasText = false;
  readonly #before: { text: string; meta: Meta };
  readonly #start: ReplyStart;
  readonly #show: (text: string) => void;
  readonly #clock: TurnClock;
  #isWaiting = false;
  #stopClock = () => {};
  #below = '';

  /**
   * @param start - what the new part is put to
   * @param show - shows the whole text in its bubble
   */
  constructor(message: Message, start: ReplyStart, show: (text: string) => void, clock: TurnClock) {
    this.message = message;
    this.savedText = textOf(message);
    this.#before = { text: this.savedText, meta: message.meta ?? {} };
    this.#start = start;
    this.#show = show;
    this.#clock = clock;
  }

  /** What of it would be saved if it ended now. */
  ifEnded = (): ReplyPart => this.message;

  write(text: string): void {
    if (text === '') return;
    const { message } = this;
    if (!this.hasText) {
      const { added } = this.#start;
      this.#take(this.#start.text, { ...this.#before.meta, added, panelClosed: undefined });
    }
    message.text += text;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#stopClock = this.#clock.after(renderingMs(message.text?.length ?? 0), this.#showAll);
  }

  /** Puts a text in the place of all that there is. */
  replace(text: string, meta: Meta): void {
    this.#take(text, meta);
    this.#showAll();
  }

  /** Shows a text below it until more of it comes. */
  showBelow(text: string): void {
    if (text === this.#below) return;
    this.#below = text;
    this.#showAll();
  }

  /** What came is no answer: the reply is as it was. */
  restart(): void {
    if (!this.hasText) return;
    this.hasText = false;
    Object.assign(this.message, this.#before);
    this.#showAll();
  }

  /**
   * Shows the last of it.
   * @param facts - of the new part, for its meta
   */
  end(facts: Meta): void {
    if (this.hasText) Object.assign(this.message.meta ?? {}, { error: undefined, ...facts });
    if (this.#isWaiting) this.#showAll();
  }

  #take(text: string, meta: Meta): void {
    this.hasText = true;
    Object.assign(this.message, { text, meta });
  }

  #showAll = (): void => {
    this.#stopClock();
    this.#isWaiting = false;
    this.#show(textOf(this.message) + this.#below);
  };
}
