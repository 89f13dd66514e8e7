import { resolve } from 'node:path';
import { numbered } from './names.ts';
import { findTaken } from './store.ts';

/** The names that recorders of this process hold, by folder; their exchanges may not be on disk yet. */
const heldNames = new Map<string, Set<string>>();

/** A name that a recorder holds for an exchange. */
interface HeldName {
  readonly name: string;
  /** The exchange is on disk: others see so themselves. */
  stored(): void;
  /** Nothing was stored: the number is free again. */
  giveBack(): void;
}

/**
 * Gives each exchange of a recorder a name in the order of the requests: a number is higher than those of all
 * exchanges that were begun before, so that equal requests are replayed in their order.
 */
export function createNumbering(folder: string) {
  const place = resolve(folder);
  const held = heldNames.get(place) ?? new Set<string>();
  heldNames.set(place, held);
  const numbersOf = new Map<string, Set<number>>();

  return function hold(base: string): HeldName {
    const numbers = numbersOf.get(base) ?? new Set<number>();
    numbersOf.set(base, numbers);
    const isTaken = findTaken(folder);
    let number = Math.max(0, ...numbers) + 1;
    const isHeld = (name: string) => held.has(name.toLowerCase());
    while (isHeld(numbered(base, number)) || isTaken(numbered(base, number))) number++;
    const name = numbered(base, number);
    numbers.add(number);
    held.add(name.toLowerCase());
    return {
      name,
      stored() {
        held.delete(name.toLowerCase());
      },
      giveBack() {
        numbers.delete(number);
        held.delete(name.toLowerCase());
      },
    };
  };
}
