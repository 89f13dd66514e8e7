/** A code fence that is open at the end of a text. */
interface OpenFence {
  /** The line that opened it. */
  opening: string;
  /** The line that closes it. */
  closing: string;
}

/**
 * The code fence that a Markdown text leaves open. What is appended to such a text would be shown as code.
 * @see https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export function openFence(text: string): OpenFence | undefined {
  let open: { indent: string; fence: string; info: string } | undefined;
  for (const line of text.split('\n')) {
    // A fence may begin in a list's item; it then ends at the item's indentation.
    const [, before = '', fence = '', rest = ''] =
      /^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)/.exec(line) ?? [];
    const indent = before.replace(/\S/g, ' ');
    if (open === undefined) {
      if (fence && !(fence.startsWith('`') && rest.includes('`'))) {
        open = { indent, fence, info: rest.trim() };
      }
    } else if (fence.startsWith(open.fence) && indent.length < open.indent.length + 4) {
      if (`${before}${rest}`.trim() === '') open = undefined;
    }
  }
  return (
    open && {
      opening: `${open.indent}${open.fence}${open.info}`,
      closing: `${open.indent}${open.fence}`,
    }
  );
}
