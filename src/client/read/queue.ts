/** So many items may be taken from the front of a long queue before it is moved up. */
const MOST_TAKEN = 1024;

/**
 * First in, first out, in the same time however many wait. `Array.shift` moves all that is behind the first item, so a
 * queue of 200,000 would cost the square of its length.
 */
export class Queue<T> {
  readonly #items: T[] = [];
  /** So many of the items at the front were taken already. */
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The first item, which is then gone; `undefined` if there is none. */
  take(): T | undefined {
    if (this.length > 1) {
      const item = this.#items[this.#taken++];
      if (this.#taken > MOST_TAKEN && this.#taken > this.length) this.#moveUp();
      return item;
    }
    // `pop` keeps the memory of the list, which most often holds one item.
    const last = this.#items.pop();
    if (this.#taken > 0) this.clear();
    return last;
  }

  #moveUp(): void {
    this.#items.splice(0, this.#taken);
    this.#taken = 0;
  }

  clear(): void {
    this.#items.length = this.#taken = 0;
  }
}
