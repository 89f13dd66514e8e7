import { createTextBlanker } from './text-blanker.ts';

/** Copies a JSON value without the secrets in its texts and names; what is nested deeper than 9 levels is left out. */
type Blanker = <T>(value: T) => T;

/** Makes the function that blanks secrets: see {@link createTextBlanker}. */
export function createBlanker(secrets: readonly string[]): Blanker {
  const blankText = createTextBlanker(secrets);

  function blank(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return blankText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return depth ? value.map((item) => blank(item, depth - 1)) : [];
    const copy: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      if (!depth || inner === undefined) continue;
      // Not by assignment, for which `__proto__` is no name.
      Object.defineProperty(copy, blankText(key), {
        value: blank(inner, depth - 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  }

  return <T>(value: T) => blank(value, 9) as T;
}
