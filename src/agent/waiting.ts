import type { HostUtils, Message } from './host.ts';
import { type Clock, realClock } from './joiner.ts';
import { type Say, waitingFor } from './words.ts';

const SHOW_AFTER_MS = 2000;
const EVERY_MS = 1000;

/** Says in the reply's bubble what is waited for. It is shown only; nothing of it is saved. */
export interface Waiting {
  /** Reasoning comes, which is not to be shown. */
  isThinking(): void;
  /** The server told how much of the prompt it has read. */
  isReading(processed: number, total: number): void;
  /**
   * Ends it, and shows the reply's text again instead: the host appends the next chunk to what is shown.
   * @param soFar - the reply's text up to now
   */
  end(soFar: string): void;
}

/** Begins to wait: after two seconds a notice is shown, and renewed every second. */
export function createWaiting(
  bubble: Message | undefined,
  hostUtils: HostUtils | undefined,
  say: Say,
  clock: Clock = realClock,
): Waiting {
  const startedAt = clock.now();
  let isThinking = false;
  let progress = '';
  let isShown = false;
  let cancel = clock.after(SHOW_AFTER_MS, notice);

  function show(text: string): void {
    isShown = true;
    // Another host may not have put a message there yet.
    if (bubble?.sender !== 'bot') return;
    try {
      hostUtils?.postMessage?.({ type: 'updateBotMessage', messageId: bubble.id, text });
    } catch {
      // The panel is closed; the host will notice when it shows the next chunk.
    }
  }

  function notice(): void {
    const seconds = Math.round((clock.now() - startedAt) / 1000);
    show(isThinking ? `💭 ${seconds} s` : say(waitingFor, seconds) + progress);
    cancel = clock.after(EVERY_MS, notice);
  }

  return {
    isThinking() {
      isThinking = true;
    },
    isReading(processed, total) {
      progress = ` (${processed}/${total})`;
    },
    end(soFar) {
      cancel();
      if (isShown) show(soFar);
      isShown = false;
    },
  };
}
