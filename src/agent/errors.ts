import { fieldsOf } from '../json.ts';
import type { Model } from '../models.ts';
import { advice, modelLabel, retry, type Say } from './words.ts';

/** What of an error is saved in the message's meta; its words are in the reply. */
export function factsOf(error: unknown): { kind: unknown; reason: unknown; status: unknown } {
  const {
    name,
    reason,
    status,
    kind = name === 'TypeError' ? 'settings' : undefined,
  } = fieldsOf(error);
  return { kind, reason, status };
}

/**
 * What to do about an error, in the reader's language, and what it says, with the server's own words.
 * @param models - asked only where their names help
 */
export async function explainError(
  error: unknown,
  say: Say,
  models: () => Promise<readonly Model[]>,
): Promise<string> {
  const { kind, reason } = factsOf(error);
  const phrase = advice[String(reason)] ?? advice[String(kind)] ?? retry;
  const lines = [say(phrase), fieldsOf(error).message];
  if (/model/.test(String(reason))) {
    const names = (await models().catch(() => [])).map(({ id }) => id);
    if (names.length > 0) lines.push(`${say(modelLabel)}: ${names.slice(0, 20).join(', ')}`);
  }
  return lines.join('\n');
}
