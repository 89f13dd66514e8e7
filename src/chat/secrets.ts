/** So many characters of a secret in a row give it away. */
const TELLING = 8;

/**
 * Makes the function that copies a JSON value without the secrets in its texts and names; what is nested deeper than
 * 9 levels is left out. Blanked is every run of 8 or more characters of one, because
 * servers echo keys in part ("Malformed API token provided: 22aac52a71..."). A secret of 4 to 7 is blanked whole; what
 * is shorter would blank ordinary words.
 */
export function createBlanker(secrets: readonly string[]): (value: unknown) => unknown {
  const pieces = new Set<string>();
  const sizes = new Set<number>();
  for (const secret of secrets.filter(({ length }) => length > 3)) {
    for (let i = 0; i === 0 || i + TELLING <= secret.length; i++) {
      const piece = secret.slice(i, i + TELLING);
      pieces.add(piece);
      sizes.add(piece.length);
    }
  }
  const blankText = (text: string): string => {
    let shown = '';
    let hiddenUpTo = 0;
    for (let i = 0; sizes.size && i < text.length; i++) {
      for (const size of sizes) {
        if (pieces.has(text.slice(i, i + size))) {
          if (i >= hiddenUpTo) shown += `${text.slice(hiddenUpTo, i)}***`;
          hiddenUpTo = Math.max(hiddenUpTo, i + size);
        }
      }
    }
    return shown + text.slice(hiddenUpTo);
  };

  return function blank(value: unknown, depth = 9): unknown {
    if (typeof value === 'string') return blankText(value);
    if (typeof value !== 'object') return value;
    const copy = Array.isArray(value) ? [] : {};
    for (const [key, inner] of Object.entries(value ?? {})) {
      if (depth && inner !== undefined) Reflect.set(copy, blankText(key), blank(inner, depth - 1));
    }
    return copy;
  };
}
