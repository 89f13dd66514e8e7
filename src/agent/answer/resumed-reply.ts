import type { AvailableTask, Message, Meta } from '../host.ts';
import type { EarlierReply, ReplyPart } from '../turn/earlier-reply.ts';
import type { OpenReply } from '../turn/turn.ts';

/** An earlier reply that is written anew, in its own bubble. What is there stays until the new text has all of it. */
export class ResumedReply implements OpenReply {
  readonly bubble: Message;
  readonly #reply: OpenReply;
  readonly #meta: Meta;
  readonly #ifEnded: (text: string) => ReplyPart;
  #text = '';
  #earlier: EarlierReply | undefined;

  /**
   * @param reply - the one that is open
   * @param meta - takes the place of the message's
   * @param ifEnded - gives what would be saved if it ended now, with this text
   */
  constructor(
    reply: OpenReply,
    message: Message,
    meta: Meta,
    ifEnded: (text: string) => ReplyPart,
  ) {
    this.#reply = reply;
    this.bubble = message;
    this.#meta = meta;
    this.#ifEnded = ifEnded;
  }

  get signal(): AbortSignal {
    return this.#reply.signal;
  }

  get text(): string {
    return this.#text;
  }

  /** From now on it is shown. @returns whether it was not before */
  begin(): boolean {
    if (this.#earlier) return false;
    this.#earlier = this.goOnWith(this.bubble, { text: '', added: [] });
    this.#earlier.ifEnded = () => this.#ifEnded(this.#text);
    this.#earlier.replace(this.#text, this.#meta);
    return true;
  }

  end(buttons: readonly AvailableTask[]): void {
    if (buttons.length > 0) this.bubble.availableTasks = buttons;
    this.#earlier?.end({});
    this.#reply.save();
  }

  goOnWith: OpenReply['goOnWith'] = (message, start) => this.#reply.goOnWith(message, start);

  write = (text: string): void => {
    this.#text += text;
    this.#earlier?.write(text);
  };

  rewrite = async (text: string): Promise<void> => {
    this.#text = text;
    this.#earlier?.replace(text, this.#meta);
  };

  showBelow = (text: string): void => this.#earlier?.showBelow(text);

  save = (): void => {
    if (this.#earlier) this.#reply.save();
  };
}
