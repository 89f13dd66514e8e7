/** Characters that take two columns, and between which a line may break: Chinese, Japanese, Korean, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const WITHOUT_WIDTH = /\p{Mark}|[\u200b-\u200f\u2060]/u;

/** How many columns of a terminal a character takes. */
export function columnsOf(character: string): number {
  if (WITHOUT_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Breaks lines between words, for text that comes in pieces and is shown at once. */
export interface WordWrap {
  /** The text to write for this piece: line ends are put in, and the beginning of a word is taken to the next line. */
  add(piece: string): string;
  /** The cursor stands at the beginning of a line, since something else has moved it there. */
  startLine(): void;
}

/**
 * @param columns - asked for with each piece, since a window may be resized; the last column stays free, because terminals differ in
 * where the cursor is after it was written to
 */
export function createWordWrap(columns: () => number): WordWrap {
  /** Where the cursor is, once the word at the end is written. */
  let column = 0;
  /** What earlier pieces had of that word: it is on the screen. */
  let shownWord = '';
  /** What this piece has of it. */
  let newWord = '';
  let wordColumns = 0;
  let written = '';

  function add(character: string, limit: number): void {
    if (character === '\n') {
      endWord();
      written += character;
      column = 0;
      return;
    }
    const isBlank = character === ' ' || character === '\t';
    const width = character === '\t' ? 8 - (column % 8) : columnsOf(character);
    const fits = column + width <= limit;
    if (isBlank || width === 2) {
      endWord();
      if (fits) written += character;
      // A blank at the border becomes the line's end.
      else written += isBlank ? '\n' : `\n${character}`;
      column = fits ? column + width : isBlank ? 0 : width;
      return;
    }
    // What is longer than a line, such as an address, is left to the terminal, so that it can be copied whole.
    const isLongerThanLine = wordColumns + width > limit;
    if (!fits && !isLongerThanLine) moveWord();
    newWord += character;
    wordColumns += width;
    column += width;
    if (column > limit) column %= limit + 1;
  }

  /** Takes the beginning of a word to the next line. */
  function moveWord(): void {
    if (shownWord !== '') written += `\x1b[${widthOf(shownWord)}D\x1b[K`;
    written += `\n${shownWord}`;
    column = wordColumns;
  }

  function endWord(): void {
    written += newWord;
    shownWord = '';
    newWord = '';
    wordColumns = 0;
  }

  return {
    add(piece) {
      const limit = Math.max(20, columns() - 1);
      written = '';
      for (const character of piece) add(character, limit);
      written += newWord;
      shownWord += newWord;
      newWord = '';
      return written;
    },
    startLine() {
      column = 0;
      shownWord = '';
      wordColumns = 0;
    },
  };
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}
