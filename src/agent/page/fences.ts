/** A code fence that is open at the end of a text. */
interface OpenFence {
  /** The line that opened it. */
  opening: string;
  /** The line that closes it. */
  closing: string;
}

interface FenceState {
  indent: string;
  fence: string;
  info: string;
}

/**
 * Knows which code fence a Markdown text leaves open, while the text comes. What is added to such a text would be shown as
 * code.
 * @see https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export class FenceTracker {
  /** At the end of the last whole line. */
  #state: FenceState | undefined;
  #lastLine = '';

  push(text: string): void {
    const lines = text.split('\n');
    lines[0] = this.#lastLine + lines[0];
    this.#lastLine = lines.pop() ?? '';
    for (const line of lines) this.#state = afterLine(this.#state, line);
  }

  get open(): OpenFence | undefined {
    const state = afterLine(this.#state, this.#lastLine);
    if (!state) return undefined;
    const { indent, fence, info } = state;
    return { opening: `${indent}${fence}${info}`, closing: `${indent}${fence}` };
  }

  /** Whether the text ends with a whole line. */
  get endsLine(): boolean {
    return this.#lastLine === '';
  }
}

function afterLine(open: FenceState | undefined, line: string): FenceState | undefined {
  // A fence may begin in a list's item; it then ends at the item's indentation.
  const [, before = '', fence = '', rest = ''] =
    /^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)/.exec(line) ?? [];
  const indent = before.replace(/\S/g, ' ');
  if (!open) {
    const begins = fence && !(fence.startsWith('`') && rest.includes('`'));
    return begins ? { indent, fence, info: rest.trim() } : undefined;
  }
  const closes =
    fence.startsWith(open.fence) &&
    indent.length < open.indent.length + 4 &&
    `${before}${rest}`.trim() === '';
  return closes ? undefined : open;
}
