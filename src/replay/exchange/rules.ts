import { fieldsOf, isObject, type JsonObject } from '../../client/json.ts';

/** What one field of an object must be. */
export interface Rule {
  /** `end`, or one level down: `response.status`. */
  readonly field: string;
  /** Whether the field may be left out. */
  readonly optional: boolean;
  readonly holds: (value: unknown, parent: JsonObject) => boolean;
  /** What the value must be, in words: `a whole number`. */
  readonly mustBe: string;
}

/** A rule for a field that must be there. */
export const required = (field: string, holds: Rule['holds'], mustBe: string): Rule => ({
  field,
  optional: false,
  holds,
  mustBe,
});

/** A rule for a field that may be left out. */
export const optional = (field: string, holds: Rule['holds'], mustBe: string): Rule => ({
  field,
  optional: true,
  holds,
  mustBe,
});

export const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
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
  for (const { field, optional, holds, mustBe } of rules) {
    const [first = '', second] = field.split('.');
    const parent = fieldsOf(second === undefined ? value : fieldsOf(value)[first]);
    const item = parent[second ?? first];
    if (item === undefined && optional) continue;
    if (!holds(item, parent)) {
      throw new TypeError(`${field} must be ${mustBe}; it is ${inOneLine(item)}`);
    }
  }
}

/** A value in one short line, for a message. */
export function inOneLine(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = jsonText(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** `JSON.stringify` overflows its stack on what is nested some thousand levels deep. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return isObject(value) ? 'an object that is nested too deep' : 'a list that is nested too deep';
  }
}
