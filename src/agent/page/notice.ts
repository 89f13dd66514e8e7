import { type HostUtils, type Message, postToPanel } from '../host.ts';
import type { Phrases } from '../say/phrases.ts';
import type { TurnClock } from '../turn/clock.ts';

/** What is waited for. A share is from 0 to 1. */
export type Waiting =
  | { for: 'first word' }
  | { for: 'loading'; model: string }
  | { for: 'reading'; share?: number }
  | { for: 'earlier question' }
  | { for: 'thinking' };

/** Says in the reply's bubble what is waited for. It is shown only; nothing of it is saved. */
export interface Notice {
  /** From now on this is waited for. */
  waitFor(waiting: Waiting): void;
  /** Ends it, before the first text: the host appends a chunk to what is shown. */
  end(): void;
}

/** Begins to wait: from the second second on the notice is shown, and renewed every second. */
export function createNotice(
  bubble: Message | undefined,
  hostUtils: HostUtils | undefined,
  phrases: Phrases,
  clock: TurnClock,
): Notice {
  let seconds = 0;
  let waiting: Waiting = { for: 'first word' };
  let isOver = false;

  const show = (text: string) =>
    postToPanel(hostUtils, { type: 'updateBotMessage', messageId: bubble?.id, text });

  let stopClock = clock.after(1000, tick);
  function tick(): void {
    seconds++;
    if (seconds > 1) show(sayWaiting(waiting, phrases.time(seconds), phrases));
    stopClock = clock.after(1000, tick);
  }

  return {
    waitFor(next) {
      waiting = next;
    },
    end() {
      if (isOver) return;
      isOver = true;
      stopClock();
      if (seconds > 1) show('');
    },
  };
}

/** The sentence for it. */
export function sayWaiting(waiting: Waiting, time: string, phrases: Phrases): string {
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
    case 'thinking':
      return phrases.thinking(time);
    default:
      return phrases.waiting(time);
  }
}
