import type { Head } from './exchange.ts';
import { findTaken, storeAgain, storeNew } from './store.ts';

/** A name that is held for an exchange from its request on. */
export interface Slot {
  /**
   * Stores the exchange; under another name if somebody else was faster to take this one. The second time it writes what it has
   * stored once more.
   * @throws what the file system says; the name is still held
   */
  store(
    headFor: (name: string) => Head,
    body: Uint8Array,
  ): { readonly name: string; readonly head: Head };
  /** Nothing was stored: the name is free again. */
  giveBack(): void;
}

/**
 * Gives each exchange of a recorder the first number that is free when its request comes, so that equal requests are replayed in their
 * order, whichever ends first.
 */
export function createNumbering(folder: string): (base: string) => Slot {
  /** Their exchanges are not on disk yet. */
  const held = new Set<string>();

  function hold(base: string): string {
    const isTaken = findTaken(folder);
    const isFree = (name: string) => !held.has(name.toLowerCase()) && !isTaken(name);
    let name = base;
    for (let number = 2; !isFree(name); number++) name = `${base}-${number}`;
    held.add(name.toLowerCase());
    return name;
  }

  return (base) => {
    let name = hold(base);
    let isStored = false;
    const giveBack = () => {
      held.delete(name.toLowerCase());
    };
    return {
      giveBack,
      store(headFor, body) {
        const write = isStored ? storeAgain : storeNew;
        for (;;) {
          const head = headFor(name);
          isStored = write({ folder, name, head, body });
          if (isStored) {
            // Others see the file from now on.
            giveBack();
            return { name, head };
          }
          const next = hold(base);
          giveBack();
          name = next;
        }
      },
    };
  };
}
