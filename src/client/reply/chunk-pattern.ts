import { parseJson } from '../json.ts';
import type { Word } from '../read/fold.ts';

/**
 * Finds a chunk's word without parsing the chunk, which is half of what a delta costs.
 *
 * A server writes the same JSON for every token, but for the word in it. Two chunks prove where the word is, if they differ
 * in nothing but one string, and each says what its string holds and nothing else. A third chunk that is equal to them
 * around this place says what its own string holds there.
 */
export class ChunkPattern {
  #before = '';
  #after = '';
  /** What the first chunk said. */
  #first: Word | undefined;
  #isProven = false;

  /** What a chunk says; `undefined` if it has to be parsed. */
  match(data: string): Word | undefined {
    const text = this.#isProven ? this.#find(data) : undefined;
    return text && this.#first ? { channel: this.#first.channel, text } : undefined;
  }

  /**
   * Learns from a chunk that was parsed.
   * @param word - what it says, if it says one word and nothing else
   */
  learn(data: string, word: Word | undefined): void {
    const text = this.#first && this.#find(data);
    if (!word || text !== word.text) this.#begin(data, word);
    else if (text !== this.#first?.text) this.#isProven = true;
  }

  #begin(data: string, word: Word | undefined): void {
    const json = JSON.stringify(word?.text ?? '');
    // The last of several is most often the word. The next chunk shows whether it is.
    const at = data.lastIndexOf(json);
    this.#before = data.slice(0, at);
    this.#after = data.slice(at + json.length);
    this.#first = word;
    this.#isProven = false;
  }

  /** The string in the word's place; `undefined` if there is none, or if the chunk differs elsewhere. */
  #find(data: string): string | undefined {
    const start = this.#before.length;
    const end = data.length - this.#after.length;
    // V8 compares slices several times faster than `startsWith` does.
    if (data.slice(0, start) !== this.#before || data.slice(end) !== this.#after) return undefined;
    const text = parseJson(data.slice(start, end));
    return typeof text === 'string' ? text : undefined;
  }
}
