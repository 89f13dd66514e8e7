import { resolve } from 'node:path';
import type { Head } from './exchange.ts';
import { numbered } from './names.ts';
import { findTaken, type StoredExchange, storeNew } from './store.ts';

/** The names that recorders of this process hold, by folder; their exchanges may not be on disk yet. */
const heldNames = new Map<string, Set<string>>();

/** A name that is held for an exchange from its request on. */
export interface Slot {
  /**
   * Stores the exchange; under another name if somebody else was faster to take this one.
   * @throws what the file system says; the name is still held
   */
  store(headFor: (name: string) => Head, body: Uint8Array): StoredExchange;
  /** Nothing was stored: the name is free again. */
  giveBack(): void;
}

/**
 * Gives each exchange of a recorder a name in the order of the requests: its number is higher than those of all exchanges
 * that were begun before, so that equal requests are replayed in their order.
 */
export function createNumbering(folder: string): (base: string) => Slot {
  const place = resolve(folder);
  const held = heldNames.get(place) ?? new Set<string>();
  heldNames.set(place, held);
  const numbersOf = new Map<string, Set<number>>();

  function hold(base: string) {
    const numbers = numbersOf.get(base) ?? new Set<number>();
    numbersOf.set(base, numbers);
    const isTaken = findTaken(folder);
    let number = Math.max(0, ...numbers) + 1;
    const isHeld = (name: string) => held.has(name.toLowerCase());
    while (isHeld(numbered(base, number)) || isTaken(numbered(base, number))) number++;
    const name = numbered(base, number);
    numbers.add(number);
    held.add(name.toLowerCase());
    return { name, numbers, number };
  }

  return (base) => {
    let own = hold(base);
    const giveBack = () => {
      own.numbers.delete(own.number);
      held.delete(own.name.toLowerCase());
    };
    return {
      giveBack,
      store(headFor, body) {
        for (;;) {
          const { name } = own;
          const exchange = { folder, name, head: headFor(name), body };
          if (storeNew(exchange)) {
            // Others see the file from now on.
            held.delete(name.toLowerCase());
            return { folder, name, head: exchange.head };
          }
          const next = hold(base);
          giveBack();
          own = next;
        }
      },
    };
  };
}
