import { UsageError } from './command.ts';

const HOUR = 3_600_000;
const units = new Map([
  ['h', HOUR],
  ['d', 24 * HOUR],
  ['w', 7 * 24 * HOUR],
  ['y', 365 * 24 * HOUR],
]);

/**
 * Reads an age: `12h`, `90d`, `8w`, `1y`.
 * @returns ms
 * @throws {UsageError}
 */
export function readAge(text: string): number {
  const [, number, letter = ''] = /^(\d+)([hdwy])$/.exec(text) ?? [];
  const unit = units.get(letter);
  if (unit !== undefined) return Number(number) * unit;
  throw new UsageError(`--older-than ${text}: give a number of h, d, w or y: 90d`);
}

/** An age in whole days, or in hours where it is less than two: `120 days`. */
export function ageInWords(ms: number): string {
  const hours = Math.floor(ms / HOUR);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
