/**
 * The line that closes a code fence left open at the end of a Markdown text; `''` where none is open. What is
 * appended to such a text would be shown as code. See https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export function closingFence(text: string): string {
  let open: { indent: string; fence: string } | undefined;
  for (const line of text.split('\n')) {
    // A fence may begin in a list's item; it then ends at the item's indentation.
    const [, before = '', fence = '', rest = ''] =
      /^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)/.exec(line) ?? [];
    const indent = before.replace(/\S/g, ' ');
    if (open === undefined) {
      if (fence && !(fence.startsWith('`') && rest.includes('`'))) open = { indent, fence };
    } else if (fence.startsWith(open.fence) && indent.length < open.indent.length + 4) {
      if (`${before}${rest}`.trim() === '') open = undefined;
    }
  }
  return open === undefined ? '' : `${text.endsWith('\n') ? '' : '\n'}${open.indent}${open.fence}`;
}
