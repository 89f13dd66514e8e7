import { abridge, type Explanation, shownURL } from '../../advice/index.ts';
import { isChatError } from '../../client/errors/errors.ts';
import { fieldsOf } from '../../client/json.ts';
import type { Model } from '../../client/models/models.ts';
import type { AvailableTask } from '../host.ts';
import type { Config } from '../settings/settings.ts';
import { shareThatFits } from '../thread/left-out.ts';
import { continueButton, loadButtons, resetButton, shorterButton } from './buttons.ts';
import type { Phrases } from './phrases.ts';

/** The failures to which loading a model is an answer. */
const LOADABLE = ['no-model', 'model-unnamed', 'model-not-found', 'load-failed', 'crashed'];

/** What of an error is saved in the message's meta; its words are in the reply. */
interface FailureFacts {
  kind: string | undefined;
  reason: string | undefined;
  status: number | undefined;
}

export function factsOf(error: unknown): FailureFacts {
  if (isChatError(error)) {
    const { kind, reason, status } = error;
    return { kind, reason, status };
  }
  const kind = error instanceof TypeError ? 'settings' : undefined;
  return { kind, reason: undefined, status: undefined };
}

/** What is said of a failure, paragraph by paragraph, and the buttons that help. */
interface ToldFailure {
  paragraphs: string[];
  buttons: AvailableTask[];
}

interface FailedReply {
  config: Config;
  /** The model that was asked for, if one was. */
  model: string | undefined;
  /** The reply's message. */
  replyId: unknown;
  /** Whether some of the answer had come. */
  hasText: boolean;
  /** Whether there is anything older than the question that could be left out. */
  hasOlder: boolean;
}

/**
 * What happened, in the reader's language, with the server's own words, and then what to do about it.
 * @param models - called only if they help
 */
export async function tellFailure(
  error: unknown,
  { config, model, replyId, hasText, hasOlder }: FailedReply,
  phrases: Phrases,
  models: () => Promise<readonly Model[]>,
): Promise<ToldFailure> {
  const facts = factsOf(error);
  const { reason = '' } = facts;
  const words = isChatError(error) ? abridge(error.serverMessage ?? '') : '';
  const { happened, advice } = explain(error, facts, config, model, phrases);
  const all = LOADABLE.includes(reason) ? await models().catch(() => []) : [];
  const listed = reason === 'load-failed' ? all.filter(({ id }) => id !== model) : all;
  const isTooLong = reason === 'context';
  const isQuestionTooLong = isTooLong && !hasOlder;
  const names = listed.slice(0, 20).map(({ id }) => `\`${id}\``);
  return {
    paragraphs: [
      happened,
      ...(words && words !== happened ? [phrases.serverSays(words)] : []),
      ...(names.length > 0 ? [phrases.models(names)] : []),
      ...(isQuestionTooLong
        ? [phrases.nothingLeftOut(), phrases.nothingLeftOutAdvice()]
        : [
            [
              advice,
              ...(listed.length > 0 ? [phrases.loadBelow()] : []),
              ...(hasText && !isTooLong ? [phrases.continueAdvice()] : []),
            ].join(' '),
          ]),
    ],
    buttons: [
      ...(isTooLong && hasOlder ? [shorterButton(phrases, shareThatFits(words))] : []),
      ...((isTooLong && hasOlder) || reason === 'image' ? [resetButton(phrases)] : []),
      ...loadButtons(phrases, listed),
      ...(hasText && !isTooLong ? [continueButton(phrases, replyId)] : []),
    ],
  };
}

/** What happened and what to do, in the reader's language. */
export function explain(
  error: unknown,
  { kind, reason, status }: Partial<FailureFacts>,
  config: Config,
  model: string | undefined,
  phrases: Phrases,
): Explanation {
  const { firstToken, idle } = config.timeouts;
  const message = String(fieldsOf(error).message ?? error);
  return phrases.explain(
    { kind, reason },
    {
      url: shownBaseURL(config),
      model,
      status,
      hasKey: Boolean(config.apiKey),
      patience: phrases.time(Math.round((reason === 'idle' ? idle : firstToken) / 1000)),
      message: abridge(message.replace(/^options\./, '')).replace(/\.$/, ''),
    },
  );
}

/** A base URL may be anything that somebody wrote into agents.json. */
function shownBaseURL({ baseURL }: Config): string {
  try {
    return shownURL(new URL(baseURL));
  } catch {
    return '`baseURL`';
  }
}
