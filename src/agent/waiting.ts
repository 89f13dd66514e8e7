import type { HostUtils, Message } from './host.ts';
import { type Say, waitingFor } from './words.ts';

/** Says in the reply's bubble what is waited for. It is shown only; nothing of it is saved. */
export interface Waiting {
  /** Reasoning comes, which is not to be shown. */
  isThinking(): void;
  /** Ends it, before the first text: the host appends a chunk to what is shown. */
  end(): void;
}

/** Begins to wait: from the second second on a notice is shown, and renewed every second. */
export function createWaiting(
  bubble: Message | undefined,
  hostUtils: HostUtils | undefined,
  say: Say,
): Waiting {
  let seconds = 0;
  let isThinking = false;

  function show(text: string): void {
    try {
      hostUtils?.postMessage?.({ type: 'updateBotMessage', messageId: bubble?.id, text });
    } catch {
      // The panel is closed; the host will notice when it shows the next chunk.
    }
  }

  const timer = setInterval(() => {
    if (++seconds > 1) show(isThinking ? `💭 ${seconds} s` : say(waitingFor, seconds));
  }, 1000);

  return {
    isThinking() {
      isThinking = true;
    },
    end() {
      clearInterval(timer);
      if (seconds > 1) show('');
      seconds = 0;
    },
  };
}
