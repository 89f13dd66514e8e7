/** JSON's object, as against its arrays, strings, numbers and null. */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty. */
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '';

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
