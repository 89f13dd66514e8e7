import { type Message, type Meta, textOf } from '../host.ts';
import type { TurnClock } from './clock.ts';
import { renderingMs } from './joiner.ts';
import type { OpenReply, ReplyPart } from './reply.ts';

/**
 * An earlier reply of the thread, which goes on or is written anew, in its own bubble. The host streams into the newest
 * bubble only, so this one is shown by replacing its text, as often as the panel can render it.
 */
export class EarlierReply implements OpenReply {
  /** In the thread, where it is changed. */
  readonly bubble: Message;
  readonly signal: AbortSignal;
  readonly save: () => void;
  text: string;
  /** Whether it has taken the place of what was there. */
  isBegun = false;
  /** What is saved of it, as far as the agent knows: somebody may have edited it meanwhile. */
  savedText: string;
  /** What of it would be saved if it ended now. */
  ifEnded: () => ReplyPart;
  readonly #start: { text: string; meta: Meta };
  readonly #before: { text: string; meta: Meta };
  readonly #show: (text: string) => void;
  readonly #clock: TurnClock;
  /** While something waits to be shown. */
  #stopClock: (() => void) | undefined;
  #below = '';

  /**
   * @param turn - the one that it is written in
   * @param start - what takes the place of its text and meta
   * @param show - shows the whole text in its bubble
   */
  constructor(
    turn: Pick<OpenReply, 'signal' | 'save'>,
    message: Message,
    start: { text: string; meta: Meta },
    show: (text: string) => void,
    clock: TurnClock,
  ) {
    this.bubble = message;
    this.signal = turn.signal;
    this.save = turn.save;
    this.savedText = textOf(message);
    this.ifEnded = () => message;
    this.#start = start;
    this.#before = { text: this.savedText, meta: message.meta ?? {} };
    this.#show = show;
    this.#clock = clock;
    this.text = start.text;
  }

  /** Takes the place of what was there. @returns whether it had not yet */
  begin(): boolean {
    if (this.isBegun) return false;
    this.isBegun = true;
    Object.assign(this.bubble, { text: this.text, meta: this.#start.meta });
    this.#showAll();
    return true;
  }

  /** What came is no answer: the reply is as it was. */
  restart(): void {
    this.text = this.#start.text;
    if (!this.isBegun) return;
    this.isBegun = false;
    Object.assign(this.bubble, this.#before);
    this.#showAll();
  }

  /**
   * Shows the last of it.
   * @param facts - of what was written, for its meta
   */
  end(facts: Meta = {}): void {
    Object.assign(this.#start.meta, facts);
    if (this.#stopClock) this.#showAll();
  }

  write = (text: string): void => {
    this.text += text;
    if (!this.isBegun) return;
    this.bubble.text = this.text;
    this.#stopClock ??= this.#clock.after(renderingMs(this.text.length), this.#showAll);
  };

  rewrite = async (text: string): Promise<void> => {
    this.text = text;
    if (!this.isBegun) return;
    this.bubble.text = text;
    this.#showAll();
  };

  showBelow = (text: string): void => {
    if (text === this.#below) return;
    this.#below = text;
    if (this.isBegun) this.#showAll();
  };

  #showAll = (): void => {
    this.#stopClock?.();
    this.#stopClock = undefined;
    this.#show(textOf(this.bubble) + this.#below);
  };
}
