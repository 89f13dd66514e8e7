import { isObject, type JsonObject } from '../chat/guards.ts';
import type { Model } from '../models.ts';
import type { Config } from './settings.ts';
import { advice, modelLabel, retry, type Say } from './words.ts';

/** What of an error is saved in the message's meta; its words are in the reply. */
export function factsOf(error: unknown): { kind: unknown; reason: unknown; status: unknown } {
  const { kind = 'settings', reason, status }: JsonObject = isObject(error) ? error : {};
  return { kind, reason, status };
}

/**
 * What to do about an error, in the reader's language, and what it says, with the server's own words.
 * @param models - asked only where their names help
 */
export async function explainError(
  error: unknown,
  { url }: Config,
  say: Say,
  models: () => Promise<readonly Model[]>,
): Promise<string> {
  const { kind, reason } = factsOf(error);
  const phrase = advice[String(reason)] ?? advice[String(kind)] ?? retry;
  const address = /\/v\d+$/.test(url) ? 'http://127.0.0.1:1234/v1' : `${url}/v1`;
  const lines = [say(phrase, address), isObject(error) ? error.message : error];
  if (/model/.test(String(reason))) {
    const list = await models().catch(() => []);
    const names = list.flatMap(({ id, type }) => (type === 'embedding' ? [] : id));
    if (names.length > 0) lines.push(`${say(modelLabel)}: ${names.slice(0, 20).join(', ')}`);
  }
  return lines.join('\n');
}
