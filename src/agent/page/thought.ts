import type { Phrases } from '../say/phrases.ts';
import type { TurnClock } from '../turn/clock.ts';
import { THOUGHT } from './added.ts';
import { lastLines, quoteVerbatim } from './quote.ts';

/** So much of the end of the reasoning is kept at hand, to show its last lines. */
const TAIL_CHARACTERS = 1000;

/** How much of it is in sight while it comes. */
const LINES = 3;
const LINE_CHARACTERS = 160;

/** The reasoning of a model: collected while it thinks, one block when something else follows. */
export class Thought {
  /** When the server has sent what comes now, in ms: a reply that is read again comes faster than it was thought. */
  sentAt = 0;
  /** Since when the model thinks, on the clock. */
  since: number | undefined;
  readonly #isShown: boolean;
  readonly #phrases: Phrases;
  readonly #clock: TurnClock;
  #pieces: string[] = [];
  #tail = '';
  #sentSince = 0;

  /** @param isShown - the text itself, not only for how long the model has thought */
  constructor(isShown: boolean, phrases: Phrases, clock: TurnClock) {
    this.#isShown = isShown;
    this.#phrases = phrases;
    this.#clock = clock;
  }

  push(text: string): void {
    if (text === '') return;
    if (this.since === undefined) {
      this.since = this.#clock.now();
      this.#sentSince = this.sentAt;
    }
    this.#pieces.push(text);
    if (this.#isShown) this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS);
  }

  /** Says that it thinks, with the last lines, if they are shown. */
  sayThinking = (time: string): string => {
    const lines = lastLines(this.#tail, LINES, LINE_CHARACTERS);
    const quoted = lines.length > 0 ? `\n\n${quoteVerbatim(lines.join('\n'))}` : '';
    return `${this.#phrases.thinking(time)}${quoted}`;
  };

  /** The block that is written now; `undefined` if there was no thought. */
  block(): string | undefined {
    const text = this.#pieces.join('').trim();
    if (this.since === undefined || text === '') return undefined;
    const ms = Math.max(this.#clock.now() - this.since, this.sentAt - this.#sentSince);
    const seconds = Math.max(1, Math.round(ms / 1000));
    const heading = `${THOUGHT}${this.#phrases.thought(this.#phrases.time(seconds))}**`;
    return this.#isShown ? `${heading}\n>\n${quoteVerbatim(text)}` : heading;
  }

  /** The block, once; what is thought later is another one. */
  end(): string | undefined {
    if (this.since === undefined) return undefined;
    const block = this.block();
    this.#pieces = [];
    this.#tail = '';
    this.since = undefined;
    return block;
  }
}
