import { isObject } from '../chat/guards.ts';
import type { Model } from '../models.ts';
import type { Config } from './settings.ts';
import { errorPhrases, phrases, type Say, somethingWrong } from './words.ts';

/** So many models are named. */
const NAMED = 10;

/** A ChatError's fields, read from whatever was thrown. */
export interface ErrorFacts {
  kind: string;
  reason?: unknown;
  status?: unknown;
  code?: unknown;
}

/** What of an error is saved in the message's meta; its words are in the reply. */
export function factsOf(error: unknown): ErrorFacts {
  if (!isObject(error) || error.name !== 'ChatError') return { kind: 'other' };
  const { kind, reason, status, code } = error;
  return JSON.parse(JSON.stringify({ kind, reason, status, code }));
}

/** Which settings are wrong, and what they should be. */
export function explainProblems({ problems }: Config, say: Say): string[] {
  return problems.map(({ field, wanted }) =>
    say(phrases.wrongType, { field, wanted: say(wanted) }),
  );
}

/**
 * What went wrong and what to do about it, in the reader's language, with the server's own words.
 * @param models - asked only where their names help
 */
export async function explainError(
  error: unknown,
  config: Config,
  say: Say,
  models: () => Promise<readonly Model[]>,
): Promise<string> {
  const { kind, reason, status } = factsOf(error);
  const isElsewhere = reason === 'base-url' || kind === 'protocol';
  const byReason = errorPhrases[String(reason)];
  const phrase =
    isElsewhere && !/\/v\d+$/.test(config.url)
      ? errorPhrases['no-v1']
      : (byReason ?? errorPhrases[kind]);
  const lines = [
    say(phrase ?? somethingWrong, {
      url: config.url,
      model: config.model ?? '',
      status: status === undefined ? '' : ` (HTTP ${status})`,
    }),
  ];
  if (reason === 'token' && config.keyMissing) lines.push(say(phrases.keyMissing));

  const message = error instanceof Error ? error.message : String(error);
  const own = isObject(error) ? error.serverMessage : undefined;
  const words = own || (byReason !== undefined || kind === 'interrupted' ? '' : message);
  if (words) lines.push(say(phrases.serverSays, { words: shorten(String(words)) }));

  if (reason === 'no-model' || reason === 'model-not-found') {
    const chat = (await models()).filter(({ type }) => type !== 'embedding');
    const names = chat.slice(0, NAMED).map(({ id }) => `\`${id}\``);
    if (chat.length > NAMED) names.push('…');
    if (names.length > 0) lines.push(say(phrases.models, { models: names.join(', ') }));
  }
  return lines.join('\n');
}

function shorten(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length <= 500 ? line : `${line.slice(0, 300)} … ${line.slice(-200)}`;
}
