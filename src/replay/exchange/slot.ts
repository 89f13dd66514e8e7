import { resolve } from 'node:path';
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

/** A name that was given out. */
interface Given {
  readonly base: string;
  readonly number: number;
  readonly name: string;
  isStored: boolean;
}

/** What the recorders of this process have given out, by folder and by the name in lower case. */
const givenIn = new Map<string, Map<string, Given>>();

/**
 * Gives each exchange a number when its request comes: the first one that is free above those of the earlier exchanges of its name, so
 * that equal requests are replayed in their order, whichever ends first and whichever fails.
 */
export function createNumbering(folder: string): (base: string) => Slot {
  const place = resolve(folder);
  const given = givenIn.get(place) ?? new Map<string, Given>();
  givenIn.set(place, given);

  function hold(base: string): Given {
    const isTaken = findTaken(folder);
    let number = 1;
    for (const [key, earlier] of given) {
      const isDeleted = earlier.isStored && !isTaken(earlier.name);
      if (isDeleted) given.delete(key);
      else if (earlier.base === base) number = Math.max(number, earlier.number + 1);
    }
    for (; ; number++) {
      const name = number === 1 ? base : `${base}-${number}`;
      const key = name.toLowerCase();
      if (given.has(key) || isTaken(name)) continue;
      const own = { base, number, name, isStored: false };
      given.set(key, own);
      return own;
    }
  }

  return (base) => {
    let own = hold(base);
    const giveBack = () => {
      given.delete(own.name.toLowerCase());
    };
    return {
      giveBack,
      store(headFor, body) {
        const write = own.isStored ? storeAgain : storeNew;
        for (;;) {
          const { name } = own;
          const head = headFor(name);
          own.isStored = write({ folder, name, head, body });
          if (own.isStored) return { name, head };
          const next = hold(base);
          giveBack();
          own = next;
        }
      },
    };
  };
}
