import { abridge, type Explanation, shownURL } from '../../advice/index.ts';
import { isChatError } from '../../client/errors/errors.ts';
import { fieldsOf } from '../../client/json.ts';
import type { Model } from '../../client/models/models.ts';
import { parseHttpURL } from '../../client/option-values.ts';
import type { AvailableTask } from '../host.ts';
import type { Context } from '../server.ts';
import type { Config } from '../settings/settings.ts';
import { shareThatFits } from '../thread/left-out.ts';
import { button, loadButtons, MOST_BUTTONS, roomFor } from './buttons.ts';
import type { Phrases } from './phrases.ts';

/** The failures to which loading a model is an answer. */
const LOADABLE = ['no-model', 'model-unnamed', 'model-not-found', 'load-failed', 'crashed'];

interface FailureFacts {
  kind?: string;
  reason?: string | undefined;
  status?: number | undefined;
}

/** What of an error is saved in the message's meta; its words are in the reply. */
export function factsOf(error: unknown): FailureFacts {
  if (!isChatError(error)) return error instanceof TypeError ? { kind: 'settings' } : {};
  const { kind, reason, status } = error;
  return { kind, reason, status };
}

interface FailedReply {
  phrases: Phrases;
  config: Config;
  /** The model that was asked for, if one was. */
  model: string | undefined;
  /** The reply's message. */
  replyId: unknown;
  /** Whether some of the answer had come. */
  hasText: boolean;
  /** Whether the question can be asked again without the loss of an answer. */
  canAskAgain: boolean;
  /** The models that have answered in this chat, the last one first. */
  used: readonly string[];
  /** The context of the model, if the server can load it in another one. */
  context: Context | undefined;
  /** Whether there is anything older than the question that could be left out. */
  hasOlder: boolean;
}

/**
 * What happened, in the reader's language, with the server's own words, and then what to do about it; and the buttons that
 * help.
 * @param models - called only if they help
 */
export async function tellFailure(
  error: unknown,
  failed: FailedReply,
  models: () => Promise<readonly Model[]>,
): Promise<{ paragraphs: string[]; buttons: AvailableTask[] }> {
  const { phrases, model, hasText, hasOlder } = failed;
  const facts = factsOf(error);
  const { reason = '' } = facts;
  const words = isChatError(error) ? abridge(error.serverMessage ?? '') : '';
  const listed = LOADABLE.includes(reason) ? await models().catch(() => []) : [];
  const isUnloaded =
    ['no-model', 'model-not-found'].includes(reason) &&
    listed.some(({ id, loaded }) => id === model && loaded === false);
  const { happened, advice } =
    isUnloaded && model !== undefined
      ? { happened: phrases.notLoaded(model), advice: phrases.notLoadedAdvice }
      : explain(error, facts, failed);
  const isTooLong = reason === 'context';
  const buttons = failureButtons(reason, words, listed, failed);
  return {
    paragraphs: [
      happened,
      ...(words && words !== happened ? [phrases.serverSays(words)] : []),
      ...(hasText && !isTooLong ? [phrases.continueAdvice] : []),
      ...(isTooLong && !hasOlder
        ? [phrases.nothingLeftOut, phrases.nothingLeftOutAdvice]
        : [advice]),
      ...roomFor(buttons),
    ],
    buttons,
  };
}

/** What helps first comes first: going on with what is there, then another model, then the same once more. */
function failureButtons(
  reason: string,
  words: string,
  listed: readonly Model[],
  { phrases, model, replyId, hasText, hasOlder, canAskAgain, used, context }: FailedReply,
): AvailableTask[] {
  if (reason === 'context') {
    const share = shareThatFits(words);
    const size = context && contextFor(context, share);
    return [
      ...(hasOlder ? [button('answerShorter', phrases, { share })] : []),
      ...(size && model !== undefined
        ? [button('loadWithMoreContext', phrases, { model, contextLength: size })]
        : []),
      ...(hasOlder ? [button('resetContext', phrases)] : []),
    ];
  }
  // The model that could not be loaded is not offered again.
  const loadable = reason === 'load-failed' ? listed.filter(({ id }) => id !== model) : listed;
  const first = [
    ...(hasText ? [button('continue', phrases, { replyId })] : []),
    ...(reason === 'image' ? [button('resetContext', phrases)] : []),
  ];
  // The same question with the same picture would fail again.
  const last = canAskAgain && reason !== 'image' ? [button('askAgainLabel', phrases)] : [];
  const wanted = [...(model === undefined ? [] : [model]), ...used];
  const room = MOST_BUTTONS - first.length - last.length;
  return [...first, ...loadButtons(phrases, loadable, wanted).slice(0, room), ...last];
}

/**
 * A size of context in which everything fits, if the model can have one that is larger than now.
 * @param share - how much of the conversation fits now
 */
function contextFor({ now, most }: Context, share: number): number | undefined {
  const wanted = Math.ceil(now / share / 1024) * 1024;
  return most > now ? Math.min(wanted, most) : undefined;
}

function explain(
  error: unknown,
  { kind, reason, status }: FailureFacts,
  { config, model, phrases }: FailedReply,
): Explanation {
  const words = String(fieldsOf(error).message ?? error);
  const message = abridge(words.replace(/^options\./, '')).replace(/\.$/, '');
  if (kind === 'settings') return phrases.wrongSettings(message);
  const { firstToken, idle } = config.timeouts;
  const patience = phrases.time(Math.round((reason === 'idle' ? idle : firstToken) / 1000));
  const baseURL = parseHttpURL(config.baseURL);
  const url = baseURL ? shownURL(baseURL) : '`baseURL`';
  const hasKey = Boolean(config.apiKey);
  return phrases.explain({ kind, reason }, { url, model, status, hasKey, patience, message });
}
