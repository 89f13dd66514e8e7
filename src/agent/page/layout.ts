import type { Span } from './added.ts';
import { FenceTracker } from './fences.ts';

/** Takes what is laid out; `rewrite` puts a text in the place of everything that was written. */
interface LayoutTarget {
  write(text: string): void;
  rewrite(text: string): Promise<void>;
}

/**
 * Lays out one reply: the answer, and what the agent adds to it, each in a block of its own.
 *
 *   text, add ─ what goes between two blocks ─ the target (the stream, through the joiner)
 *                     └ `added`: where the additions are, for the reply's meta (added.ts reads it)
 *
 * fences.ts knows which code fence is open, quote.ts quotes a text as it was written, notice.ts says what is waited for.
 */
export class Layout {
  /** Where in the text something was added. Always the same array. */
  readonly added: Span[] = [];
  /** Whether a word of the answer was written. */
  hasText = false;
  readonly #target: LayoutTarget;
  #fences = new FenceTracker();
  #length = 0;

  constructor(target: LayoutTarget) {
    this.#target = target;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The answer goes on. */
  text(delta: string): void {
    if (delta === '') return;
    if (this.#endsAdded) {
      const { open } = this.#fences;
      this.#add(`\n\n${open ? `${open.opening}\n` : ''}`);
    }
    this.#write(delta);
    this.#fences.push(delta);
    this.hasText ||= delta.trim() !== '';
  }

  /** Adds a block that the model did not write, outside any code fence that the answer left open. */
  add(block: string): void {
    this.#add(`${this.separator}${block}`);
  }

  /** What goes between the text so far and something that is added now. */
  get separator(): string {
    if (this.isEmpty) return '';
    const { open, endsLine } = this.#fences;
    if (!open || this.#endsAdded) return '\n\n';
    return `${endsLine ? '' : '\n'}${open.closing}\n\n`;
  }

  /** Begins anew: what was written so far was no answer. */
  async restart(): Promise<void> {
    this.cutTo('');
    await this.#target.rewrite('');
  }

  /**
   * The reply was stopped: of what was written only this is kept.
   * @param text - its beginning
   */
  cutTo(text: string): void {
    const spans = this.added.splice(0);
    this.#fences = new FenceTracker();
    this.#length = text.length;
    let from = 0;
    for (const [start, end] of spans.filter(([start]) => start < text.length)) {
      this.added.push([start, Math.min(end, text.length)]);
      this.#fences.push(text.slice(from, start));
      from = Math.min(end, text.length);
    }
    this.#fences.push(text.slice(from));
    if (text.trim() === '') this.hasText = false;
  }

  get #endsAdded(): boolean {
    return this.#length > 0 && this.added.at(-1)?.[1] === this.#length;
  }

  #add(text: string): void {
    const start = this.#length;
    const last = this.added.at(-1);
    this.#write(text);
    if (last?.[1] === start) last[1] = this.#length;
    else this.added.push([start, this.#length]);
  }

  #write(text: string): void {
    this.#length += text.length;
    this.#target.write(text);
  }
}
