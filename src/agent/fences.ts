/**
 * The line that closes a code fence left open at the end of a Markdown text; `''` where none is open. What is
 * appended to such a text would be shown as code. See https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export function closingFence(text: string): string {
  let open: { indent: string; fence: string } | undefined;
  for (const line of text.split('\n')) {
    if (open !== undefined) {
      const [, indent = '', fence = ''] = /^([ \t]*)(`+|~+)\s*$/.exec(line) ?? [];
      if (fence.startsWith(open.fence) && indent.length < open.indent.length + 4) open = undefined;
      continue;
    }
    // A fence may begin in a list's item; it then ends at the item's indentation.
    const [, before = '', fence] =
      /^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
    if (fence !== undefined) open = { indent: before.replace(/\S/g, ' '), fence };
  }
  return open === undefined ? '' : `${text.endsWith('\n') ? '' : '\n'}${open.indent}${open.fence}`;
}
