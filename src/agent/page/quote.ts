/** What can stand at the end of a line in Markdown, for the panel's reader and for every program between. */
const LINE_ENDS = /\r\n?|[\n\v\f\u0085\u2028\u2029]/;

/** Signs that mean something in Markdown wherever they are. */
const SIGNS = /[\\`*_[\]<&~|]/g;

/** Signs that mean something at the beginning of a line: headings, lists, quotations, lines under a heading. */
const FIRST_SIGNS = /^([#+\-=>]|\d{1,9}(?=[.)]))/;

/**
 * A text as it was written, in a quotation: nothing in it counts as Markdown, and its line ends stay line ends, which the
 * panel would show as blanks.
 */
export function quoteVerbatim(text: string): string {
  const lines = text.split(LINE_ENDS).map(escapeLine);
  return lines
    .map((line, i) => {
      if (line === '') return '>';
      return lines[i + 1] ? `> ${line}\\` : `> ${line}`;
    })
    .join('\n');
}

function escapeLine(line: string): string {
  const text = line.trimStart();
  // Four blanks would begin a block of code.
  const indent = '\u00a0'.repeat(line.length - text.length);
  const escaped = text
    .trimEnd()
    .replace(SIGNS, '\\$&')
    .replace(FIRST_SIGNS, (sign) => (/\d/.test(sign) ? `${sign}\\` : `\\${sign}`));
  return escaped && indent + escaped;
}

/** The last lines of a text that have words, each no longer than a line of the panel or two. */
export function lastLines(text: string, most: number, mostCharacters: number): string[] {
  const lines = text.split(LINE_ENDS).filter((line) => line.trim() !== '');
  return lines
    .slice(-most)
    .map((line) => (line.length > mostCharacters ? `…${line.slice(-mostCharacters)}` : line));
}
