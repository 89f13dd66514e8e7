import { fieldsOf } from '../../client/json.ts';

// What was thrown is looked at by its fields: jest runs test files in a realm of their own, in which an error of Node's
// modules is no `instanceof Error`.

/** The system's name for what went wrong, such as `EEXIST`; `undefined` where there is none. */
export const codeOf = (thrown: unknown): unknown => fieldsOf(thrown).code;

/** An error in words, with the system's own where `fetch` hides them in its cause. */
export function wordsOf(thrown: unknown): string {
  const { message, cause } = fieldsOf(thrown);
  if (typeof message !== 'string') return String(thrown);
  const { message: innerMessage } = fieldsOf(cause);
  return typeof innerMessage === 'string' ? `${message} (${innerMessage})` : message;
}
