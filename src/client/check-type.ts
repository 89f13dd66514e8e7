/** The types that an option can have, as `typeof` calls them. */
export type OptionType = 'string' | 'number' | 'boolean' | 'object' | 'function';

/**
 * Refuses an option of a wrong type. What is left out (`undefined` or `null`) is right; an array is no object, and
 * a number has to be 0 or more.
 * @param name - what the caller calls it: `options.timeouts.idle`
 * @throws {TypeError} naming the option, and never showing its value, which may be a secret
 */
export function checkType(name: string, value: unknown, type: OptionType): void {
  if (value === undefined || value === null) return;
  if (typeof value !== type || Array.isArray(value)) {
    throw new TypeError(`${name} must be of type ${type}`);
  }
  if (typeof value === 'number' && !(value >= 0)) {
    throw new TypeError(`${name} must be a number that is 0 or more`);
  }
}
