import { fieldsOf } from '../../client/json.ts';

// What was thrown is looked at by its fields: jest runs each test file in a realm of its own, in which an error of
// Node's modules is no `instanceof Error`.

/** The system's name for what went wrong, such as `EEXIST`; `undefined` if there is none. */
export const codeOf = (thrown: unknown): unknown => fieldsOf(thrown).code;

/** An error in words, with those of its cause, in which `fetch` hides the system's own. */
export function wordsOf(thrown: unknown): string {
  const { message, cause } = fieldsOf(thrown);
  if (typeof message !== 'string') return String(thrown);
  const { message: innerMessage } = fieldsOf(cause);
  return typeof innerMessage === 'string' ? `${message} (${innerMessage})` : message;
}

/** A value in one short line, for a message. */
export function inOneLine(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
