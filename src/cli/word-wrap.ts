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
  let column = 0;
  /** The part of a word that is written already, at the end of this line. */
  let word = '';
  let wordColumns = 0;

  function addCharacter(character: string, limit: number): string {
    if (character === '\n') {
      column = 0;
      endWord();
      return character;
    }
    const isBlank = character === ' ' || character === '\t';
    const width = character === '\t' ? 8 - (column % 8) : columnsOf(character);
    const fits = column + width <= limit;
    if (isBlank || width === 2) {
      endWord();
      column = fits ? column + width : isBlank ? 0 : width;
      if (fits) return character;
      // A blank at the border becomes the line's end.
      return isBlank ? '\n' : `\n${character}`;
    }
    const isLongerThanLine = wordColumns + width > limit;
    if (fits || isLongerThanLine) {
      // What is longer than a line, such as an address, is left to the terminal, so that it can be copied whole.
      column = fits ? column + width : (column + width) % (limit + 1);
      word += character;
      wordColumns += width;
      return character;
    }
    const moved = `${wordColumns > 0 ? `\x1b[${wordColumns}D\x1b[K` : ''}\n${word}${character}`;
    word += character;
    wordColumns += width;
    column = wordColumns;
    return moved;
  }

  function endWord(): void {
    word = '';
    wordColumns = 0;
  }

  return {
    add(piece) {
      const limit = Math.max(20, columns() - 1);
      let written = '';
      for (const character of piece) written += addCharacter(character, limit);
      return written;
    },
    startLine() {
      column = 0;
      endWord();
    },
  };
}
