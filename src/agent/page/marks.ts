/**
 * What the agent adds to a reply stands between two marks, so that it is known again when the reply goes back to the
 * model. A mark is two characters that nothing shows and nobody types: Unicode's retired LANGUAGE TAG, which no text
 * has used since 2010, and a tag character. In what a model writes the first is taken out, so no model can make one.
 * A user who edits the words of a note or of the reasoning leaves the marks where they are.
 */
const TAG = '\u{E0001}';
const OPEN = `${TAG}\u{E0028}`;
/** Like {@link OPEN}, but nothing stood before it: what stands there now is its reader's. */
const OPEN_FIRST = `${TAG}\u{E003C}`;
/** Like {@link OPEN}, but the line before was added, too: it closes a code fence that the answer had left open. */
const OPEN_AFTER_FENCE = `${TAG}\u{E007B}`;
/** The end. The line behind it may have been added, too: it opens the answer's code fence again. */
const CLOSE = `${TAG}\u{E0029}`;
const CLOSE_BEFORE_FENCE = `${TAG}\u{E007D}`;

/** What can stand at the end of a line in Markdown, for the panel's reader and for every program between. */
const LINE_END = /\r\n?|[\n\v\f\u0085\u2028\u2029]/g;

/** A text of somebody else's, in which no mark can be: not by chance, and not because one was quoted. */
export function withoutMarks(text: string): string {
  return text.includes(TAG) ? text.replaceAll(TAG, '') : text;
}

/** How a block begins: at the beginning of the reply, behind a fence that was closed for it, or behind anything else. */
export function openingMark(place: 'first' | 'after fence' | 'after text'): string {
  if (place === 'first') return OPEN_FIRST;
  return place === 'after fence' ? OPEN_AFTER_FENCE : OPEN;
}

/** How a block ends. */
export function closingMark(beforeFence: boolean): string {
  return beforeFence ? CLOSE_BEFORE_FENCE : CLOSE;
}

/** A text as the inside of a quoted block: every line of it begins with `>`, whatever ends the lines. */
export function quoteLines(text: string): string {
  return text.replace(LINE_END, '\n> ').replace(/> (?=\n)/g, '>');
}

/**
 * Takes out what the agent has added to a reply: the model did not write it. Where an edit has lost the end of a
 * block, the block ends as a quotation does in Markdown, at the first empty line.
 */
export function removeAdded(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let tag = text.indexOf(TAG); tag !== -1; tag = text.indexOf(TAG, from)) {
    const mark = text.slice(tag, tag + OPEN.length);
    if (mark === OPEN || mark === OPEN_FIRST || mark === OPEN_AFTER_FENCE) {
      kept.push(beforeBlock(text.slice(from, tag), mark));
      from = endOfBlock(text, tag);
    } else {
      // The end of a block whose beginning was deleted.
      kept.push(text.slice(from, tag));
      from = tag + CLOSE.length;
    }
  }
  kept.push(text.slice(from));
  return kept.join('');
}

/** What stands before a block, without the line ends, the sign of a quotation and the fence that belong to the block. */
function beforeBlock(text: string, mark: string): string {
  const outside = text.replace(/> ?$/, '');
  if (mark === OPEN_FIRST) return outside;
  const own = outside.replace(/\n{0,2}$/, '');
  const lineEnd = own.lastIndexOf('\n');
  const isFence = mark === OPEN_AFTER_FENCE && /^[ \t]*(?:`+|~+)$/.test(own.slice(lineEnd + 1));
  return isFence ? own.slice(0, Math.max(lineEnd, 0)) : own;
}

/** Where a block ends, with the line ends behind it, and the fence. */
function endOfBlock(text: string, open: number): number {
  const inside = open + OPEN.length;
  const tag = text.indexOf(TAG, inside);
  const mark = tag === -1 ? '' : text.slice(tag, tag + CLOSE.length);
  if (mark === CLOSE || mark === CLOSE_BEFORE_FENCE) {
    const end = tag + CLOSE.length;
    const added = mark === CLOSE ? /\n{0,2}/y : /\n{0,2}(?:[ \t]*(?:`{3,}|~{3,})[^\n]*(?:\n|$))?/y;
    added.lastIndex = end;
    return end + (added.exec(text)?.[0].length ?? 0);
  }
  const emptyLine = text.indexOf('\n\n', inside);
  const ends = [emptyLine, tag].filter((end) => end !== -1);
  return ends.length > 0 ? Math.min(...ends) : text.length;
}
