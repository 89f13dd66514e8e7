const OPEN = '<think>';
const CLOSE = '</think>';
/** The closing tag, or what may become one at the end, or the end. */
const CLOSING = /<\/think>|<[^>]{0,6}$|$/;

/** More white space than this at the start is text: it must not be held without end. */
const LONGEST_START = 64;

/** Content in, reasoning and text out. */
export interface ThinkSplitter {
  push(content: string): void;
  /** Gives out what was held for a tag that never came; from now on all is text. */
  end(): void;
}

/**
 * Takes `<think>…</think>` out of the content, where the content begins with it (white space before it counts as
 * nothing). Servers that do not separate the reasoning send it so; the tags may be cut anywhere between deltas.
 * A tag later in the text is the text's own. Without a closing tag all of it is reasoning.
 */
export function createThinkSplitter(
  add: (channel: 'text' | 'reasoning', piece: string) => void,
): ThinkSplitter {
  let channel: 'text' | 'reasoning' | undefined;
  let held = '';

  function end(): void {
    add(channel ?? 'text', held);
    held = '';
    channel = 'text';
  }

  return {
    push(content) {
      held += content;
      if (!channel) {
        const start = held.trimStart();
        if (start.startsWith(OPEN)) {
          channel = 'reasoning';
          held = start.slice(OPEN.length);
        } else if (OPEN.startsWith(start) && held.length < LONGEST_START) return;
      }
      if (channel === 'reasoning') {
        const close = held.search(CLOSING);
        add(channel, held.slice(0, close));
        held = held.slice(close);
        if (!held.startsWith(CLOSE)) return;
        held = held.slice(CLOSE.length);
        channel = 'text';
      }
      end();
    },
    end,
  };
}
