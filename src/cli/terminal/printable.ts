/**
 * Text without control characters, but line ends and tabs: what a server or a file says must not steer the terminal, as an escape
 * sequence could (move the cursor, change the title, write to the clipboard).
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}

/** Printable text on one line, for a name that is shown inside a sentence: it cannot begin a line of its own. */
export function onOneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim();
}
