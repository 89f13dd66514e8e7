import { fieldsOf, type JsonObject } from '../../client/json.ts';
import { inOneLine } from './in-words.ts';

/** What one field of an object must be. */
export interface Rule {
  /** `end`, or one level down: `response.status`. */
  readonly field: string;
  readonly holds: (value: unknown, parent: JsonObject) => boolean;
  /** What the value must be, in words: `a whole number`. */
  readonly mustBe: string;
}

/** A rule for a field that must be there. */
export const required = (field: string, holds: Rule['holds'], mustBe: string): Rule => ({
  field,
  holds,
  mustBe,
});

/** A rule for a field that may be left out. */
export const optional = (field: string, holds: Rule['holds'], mustBe: string): Rule =>
  required(field, (value, parent) => value === undefined || holds(value, parent), mustBe);

export const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && isAmount(value);
export const isOneOf = (...words: readonly unknown[]) => {
  return (value: unknown): boolean => words.includes(value);
};
export const matches = (form: RegExp) => {
  return (value: unknown): boolean => typeof value === 'string' && form.test(value);
};

/** @throws {TypeError} at the first rule that the value breaks: `end must be …; it is "reset"` */
export function assertRules<T>(value: unknown, rules: readonly Rule[]): asserts value is T {
  for (const { field, holds, mustBe } of rules) {
    const [first = '', second] = field.split('.');
    const parent = fieldsOf(second === undefined ? value : fieldsOf(value)[first]);
    const item = parent[second ?? first];
    if (!holds(item, parent)) {
      throw new TypeError(`${field} must be ${mustBe}; it is ${inOneLine(item)}`);
    }
  }
}
