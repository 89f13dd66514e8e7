/** The middle of some measurements, and how far they lie apart. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  /** `3.1 (2.9 to 3.4)`. */
  words: string;
}

/** @returns `undefined` where nothing was measured */
export function spread(values: number[] | undefined, digits = 2): Spread | undefined {
  const sorted = [...(values ?? [])].sort((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  const median = sorted[sorted.length >> 1];
  if (least === undefined || most === undefined || median === undefined) return undefined;
  const show = (value: number) => value.toFixed(digits);
  return { median, least, most, words: `${show(median)} (${show(least)} to ${show(most)})` };
}
