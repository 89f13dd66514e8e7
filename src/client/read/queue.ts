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
    // `pop` keeps the memory of the list, which most often holds one item.
    if (this.#items.length < 2) return this.#items.pop();
    const item = this.#items[this.#taken++];
    // Half of them at once, so that each is moved up once.
    if (this.#taken * 2 > this.#items.length) {
      this.#items.splice(0, this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  clear(): void {
    this.#items.length = this.#taken = 0;
  }
}
