import type { Phrase } from './words.ts';

/** Heads the quoted block. The sign is how the block is found again, so it never changes. */
export const reasoningTitle: Phrase = ['> 💭 **Thinking**', '> 💭 **思考过程**'];

/**
 * Makes the function that turns reasoning, delta by delta, into one quoted block of Markdown. A newline is held
 * back until something follows it, so that the block has no empty end.
 */
export function createQuoter(title: string): (delta: string) => string {
  let prefix = `${title}\n>\n> `;
  let begun = false;
  return (delta) => {
    const text = begun ? delta : delta.trimStart();
    if (text === '') return '';
    begun = true;
    let quoted = '';
    for (const part of text.split(/(\r?\n)/)) {
      if (part.endsWith('\n')) {
        prefix = prefix === '' ? '\n> ' : `${prefix.trimEnd()}\n> `;
      } else if (part !== '') {
        quoted += prefix + part;
        prefix = '';
      }
    }
    return quoted;
  };
}

/**
 * Takes reasoning out of a reply's text, which its reader may have edited: every block under the title, up to
 * the first empty line (as in Markdown, a line that lost its `>` still belongs to it), and `<think>` at the start.
 */
export function removeReasoning(text: string): string {
  return text
    .replace(/^>[ \t]*💭.*(?:\n.*\S.*)*\n*/gmu, '')
    .replace(/^\s*<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/, '');
}
