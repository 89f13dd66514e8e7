import type { Phrases } from '../say/phrases.ts';
import type { TurnClock } from '../turn/clock.ts';
import { lastLines, quoteVerbatim } from './quote.ts';

/** What is waited for. A share is from 0 to 1. */
export type WaitingFor =
  | { for: 'first token' }
  | { for: 'loading'; model: string }
  | { for: 'reading'; share?: number }
  | { for: 'earlier question' }
  | { for: 'server' }
  /** Since when, on the clock, and the last of what was thought, if it is shown. */
  | { for: 'thinking'; since: number; tail: () => string };

/** How much of the reasoning is in sight while it comes. */
const LINES = 3;
const LINE_CHARACTERS = 160;

/** Says below a reply what is waited for, from the second second on, every second. It is shown only, and never saved. */
export class Notice {
  readonly #show: (text: string) => void;
  readonly #phrases: Phrases;
  readonly #clock: TurnClock;
  #waiting: WaitingFor | undefined;
  #since = 0;
  #stopClock = () => {};

  /** @param show - shows a text below the reply, in the place of the one before; `''` takes it away */
  constructor(show: (text: string) => void, phrases: Phrases, clock: TurnClock) {
    this.#show = show;
    this.#phrases = phrases;
    this.#clock = clock;
  }

  /** From now on this is waited for. */
  waitFor(waiting: WaitingFor): void {
    const isNew = this.#waiting === undefined;
    this.#waiting = waiting;
    if (!isNew) return;
    this.#since = this.#clock.now();
    this.#stopClock = this.#clock.after(1000, () => this.#tick());
  }

  end(): void {
    if (this.#waiting === undefined) return;
    this.#waiting = undefined;
    this.#stopClock();
    this.#show('');
  }

  #tick(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    const now = this.#clock.now();
    const since = waiting.for === 'thinking' ? waiting.since : this.#since;
    const seconds = Math.round((now - since) / 1000);
    if (now - this.#since > 1500) this.#show(sayWaiting(waiting, seconds, this.#phrases));
    this.#stopClock = this.#clock.after(1000, () => this.#tick());
  }
}

/** The sentence for it. */
export function sayWaiting(waiting: WaitingFor, seconds: number, phrases: Phrases): string {
  const time = phrases.time(seconds);
  const percentOf = (share: number) => Math.floor(100 * Math.min(Math.max(share, 0), 1));
  switch (waiting.for) {
    case 'loading':
      return phrases.loading(waiting.model, time);
    case 'reading':
      return waiting.share === undefined
        ? phrases.reading(time)
        : phrases.readingShare(percentOf(waiting.share), time);
    case 'earlier question':
      return phrases.busy(time);
    case 'server':
      return phrases.waitingForServer(time);
    case 'thinking': {
      const lines = lastLines(waiting.tail(), LINES, LINE_CHARACTERS);
      const quoted = lines.length > 0 ? `\n\n${quoteVerbatim(lines.join('\n'))}` : '';
      return `${phrases.thinking(time)}${quoted}`;
    }
    default:
      return phrases.waiting(time);
  }
}
