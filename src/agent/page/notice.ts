import type { Phrases } from '../say/phrases.ts';
import type { TurnClock } from '../turn/clock.ts';

/** Says what is waited for. */
export type Waiting = (time: string) => string;

/** Says below a reply what is waited for, from the second second on, every second. It is shown only, and never saved. */
export class Notice {
  readonly #show: (text: string) => void;
  readonly #phrases: Phrases;
  readonly #clock: TurnClock;
  #waiting: Waiting | undefined;
  #begunAt = 0;
  #since = 0;
  #stopClock = () => {};

  /** @param show - shows a text below the reply, in the place of the one before; `''` takes it away */
  constructor(show: (text: string) => void, phrases: Phrases, clock: TurnClock) {
    this.#show = show;
    this.#phrases = phrases;
    this.#clock = clock;
  }

  /**
   * From now on this is waited for.
   * @param since - on the clock; by default since anything was waited for
   */
  waitFor(waiting: Waiting, since?: number): void {
    if (this.#waiting === undefined) {
      this.#begunAt = this.#clock.now();
      this.#stopClock = this.#clock.after(1000, () => this.#tick());
    }
    this.#waiting = waiting;
    this.#since = since ?? this.#begunAt;
  }

  end(): void {
    if (this.#waiting === undefined) return;
    this.#waiting = undefined;
    this.#stopClock();
    this.#show('');
  }

  #tick(): void {
    if (!this.#waiting) return;
    const now = this.#clock.now();
    const time = this.#phrases.time(Math.round((now - this.#since) / 1000));
    if (now - this.#begunAt > 1500) this.#show(this.#waiting(time));
    this.#stopClock = this.#clock.after(1000, () => this.#tick());
  }
}
