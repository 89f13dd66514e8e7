/** A code fence that is open at the end of a text. */
interface OpenFence {
  indent: string;
  fence: string;
  /** The line that opened it. */
  opening: string;
  /** The line that closes it. */
  closing: string;
}

/**
 * Knows which code fence a Markdown text leaves open, while the text comes. What is added to such a text would be shown as
 * code.
 * @see https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export class FenceTracker {
  /** At the end of the last whole line. */
  #state: OpenFence | undefined;
  #lastLine = '';

  push(text: string): void {
    const lines = text.split('\n');
    lines[0] = this.#lastLine + lines[0];
    this.#lastLine = lines.pop() ?? '';
    for (const line of lines) this.#state = afterLine(this.#state, line);
  }

  get open(): OpenFence | undefined {
    return afterLine(this.#state, this.#lastLine);
  }

  /** Whether the text ends with a whole line. */
  get endsLine(): boolean {
    return this.#lastLine === '';
  }
}

function afterLine(open: OpenFence | undefined, line: string): OpenFence | undefined {
  // A fence may begin in a list's item; it then ends at the item's indentation.
  const [, before = '', fence = '', rest = ''] =
    /^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)/.exec(line) ?? [];
  const indent = before.replace(/\S/g, ' ');
  if (!open) {
    const begins = fence && !(fence.startsWith('`') && rest.includes('`'));
    if (!begins) return undefined;
    const closing = indent + fence;
    return { indent, fence, opening: closing + rest.trim(), closing };
  }
  const closes =
    fence.startsWith(open.fence) &&
    indent.length < open.indent.length + 4 &&
    `${before}${rest}`.trim() === '';
  return closes ? undefined : open;
}
