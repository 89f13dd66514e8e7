import type { PartialResult, Usage } from '../../client/types.ts';
import type { Meta } from '../host.ts';
import { withoutSecret } from '../settings/secret.ts';

/** The most characters of a name that a server gives. */
const MOST_CHARACTERS = 200;

/**
 * What of a result is saved in the message's meta. Of what the server has sent only the known numbers and clipped names
 * are taken: the thread is a JSON file that is written and read again with every turn.
 */
export function resultFacts(result: Partial<PartialResult>, secret: string): Meta {
  const { verdict, finishReason, usage, model, timing } = result;
  return {
    verdict,
    finishReason: name(finishReason, secret),
    usage: usage && knownNumbers(usage),
    model: name(model, secret),
    timing,
  };
}

/** A server's name for something, short and without the key. */
export function name(value: string | undefined, secret: string): string | undefined {
  return value === undefined ? undefined : withoutSecret(value, secret).slice(0, MOST_CHARACTERS);
}

function knownNumbers({ prompt_tokens, completion_tokens, total_tokens }: Usage): Meta {
  const known = Object.entries({ prompt_tokens, completion_tokens, total_tokens });
  return Object.fromEntries(known.filter(([, value]) => Number.isFinite(value)));
}
