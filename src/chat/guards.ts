/** JSON's object, as against its arrays, strings, numbers and null. */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of a value that may be none: what is missing, or not an object, has none. */
export const fieldsOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The items of a value that may be no list. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** `JSON.parse`, but `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

/**
 * The bytes that a string takes in UTF-8. Deltas are a few characters long, and a loop over them is quicker than an encoder
 * and its array; for a long text it is the other way round.
 */
export function utf8Length(text: string): number {
  if (text.length > 4096) return encoder.encode(text).length;
  let bytes = 0;
  for (let i = text.length; i--; ) {
    const unit = text.charCodeAt(i);
    const isHalf = unit >> 11 === 27;
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isHalf ? 2 : 3;
  }
  return bytes;
}
