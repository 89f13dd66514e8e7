/**
 * Makes the function that turns reasoning, delta by delta, into one quoted block of Markdown. White space is held back
 * until something follows it, so that the block has no empty end.
 * @param title - heads the block
 */
export function createQuoter(title: string): (delta: string) => string {
  // The sign is how the block is found again, so it never changes.
  let head = `> 💭 **${title}**\n>\n> `;
  let held = '';
  return (delta) => {
    const text = head ? delta.trimStart() : held + delta;
    const shown = text.trimEnd();
    held = text.slice(shown.length);
    if (!shown) return '';
    const quoted = head + shown.replace(/\r?\n/g, '\n> ').replace(/> (?=\n)/g, '>');
    head = '';
    return quoted;
  };
}

/**
 * Takes reasoning out of a reply's text, which its reader may have edited: every block under the sign, up to
 * the first empty line (as in Markdown, a line that lost its `>` still belongs to it), and `<think>` at the start.
 */
export function removeReasoning(text: string): string {
  return text
    .replace(/^>[ \t]*💭.*(?:\n.*\S.*)*\n*/gmu, '')
    .replace(/^\s*<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/, '');
}
