import { parseJson } from '../json.ts';

/**
 * Knows whether JSON that comes in pieces is whole by now. It looks at each character once, and parses once: to parse all of
 * it for every piece would cost the square of its length.
 */
export class JsonScan {
  #state: 'empty' | 'open' | 'whole' | 'broken' = 'empty';
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  add(piece: string): void {
    if (!piece.trim() || this.#state === 'broken') return;
    this.#state = 'open';
    for (const char of piece) this.#read(char);
  }

  /** @param json - everything that was added */
  isWhole(json: string): boolean {
    const isClosed = this.#depth === 0 && !this.#isInString;
    if (this.#state === 'open' && isClosed) {
      this.#state = parseJson(json) === undefined ? 'broken' : 'whole';
    }
    return this.#state === 'whole';
  }

  #read(char: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (char === '"') this.#isInString = !this.#isInString;
    else if (this.#isInString) this.#isEscaped = char === '\\';
    else if (char === '{' || char === '[') this.#depth++;
    else if (char === '}' || char === ']') this.#depth--;
  }
}
