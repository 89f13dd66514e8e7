const OPEN = '<think>';
const CLOSE = '</think>';

/** Content in, reasoning and text out. */
export interface ThinkSplitter {
  push(content: string): void;
  /** Gives out what was held for a tag that never came. */
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

  return {
    push(content) {
      held += content;
      if (channel === undefined) {
        const start = held.trimStart();
        if (start.length < OPEN.length && OPEN.startsWith(start)) return;
        channel = start.startsWith(OPEN) ? 'reasoning' : 'text';
        if (channel === 'reasoning') held = start.slice(OPEN.length);
      }
      if (channel === 'reasoning') {
        const close = held.indexOf(CLOSE);
        const tag = close < 0 ? held.lastIndexOf('<') : close;
        const end =
          tag >= 0 && (close >= 0 || CLOSE.startsWith(held.slice(tag))) ? tag : held.length;
        add(channel, held.slice(0, end));
        held = held.slice(end);
        if (close < 0) return;
        held = held.slice(CLOSE.length);
        channel = 'text';
      }
      add(channel, held);
      held = '';
    },
    end() {
      add(channel ?? 'text', held);
      held = '';
    },
  };
}
