const OPEN = '<think>';
const CLOSE = '</think>';

/** A piece of content, told apart. Either may be empty. */
export interface Split {
  reasoning: string;
  text: string;
}

/** Content in, reasoning and text out. */
export interface ThinkSplitter {
  push(content: string): Split;
  /** Gives back what was held for a tag that never came. */
  end(): Split;
  /** Nothing more to split: content may go past the splitter. */
  readonly over: boolean;
}

/**
 * Takes `<think>…</think>` out of the content, where the content begins with it (white space before it counts as
 * nothing). Servers that do not separate the reasoning send it so; the tags may be cut anywhere between deltas.
 * A tag later in the text is the text's own. Without a closing tag all of it is reasoning.
 */
export function createThinkSplitter(): ThinkSplitter {
  let state: 'before' | 'inside' | 'over' = 'before';
  let held = '';

  function push(content: string): Split {
    const split: Split = { reasoning: '', text: '' };
    held += content;
    if (state === 'before') {
      const start = held.trimStart();
      if (start.length < OPEN.length && OPEN.startsWith(start)) return split;
      state = start.startsWith(OPEN) ? 'inside' : 'over';
      if (state === 'inside') held = start.slice(OPEN.length);
    }
    if (state === 'inside') {
      const close = held.indexOf(CLOSE);
      if (close === -1) {
        const keep = tagPrefixAtEnd(held);
        split.reasoning = held.slice(0, held.length - keep);
        held = held.slice(held.length - keep);
        return split;
      }
      split.reasoning = held.slice(0, close);
      held = held.slice(close + CLOSE.length);
      state = 'over';
    }
    split.text = held;
    held = '';
    return split;
  }

  return {
    push,
    end() {
      const rest = held;
      held = '';
      return state === 'inside' ? { reasoning: rest, text: '' } : { reasoning: '', text: rest };
    },
    get over() {
      return state === 'over';
    },
  };
}

/** How many characters at the end could be the beginning of the closing tag. */
function tagPrefixAtEnd(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
