import type { Model } from '../../client/models/models.ts';
import type { ChatResult } from '../../client/types.ts';
import { describeEnding, modelNote } from '../say/ending.ts';
import { factsOf, tellFailure } from '../say/failure.ts';
import { withoutSecret } from '../settings/secret.ts';
import { shorten } from '../thread/left-out.ts';
import type { AnswerPage } from './answer-page.ts';
import { hasOwnBubble, type Job } from './job.ts';
import { conversationFor } from './plan.ts';

/** What is said when an answer has ended: notes, buttons, meta. */
export async function endAnswer(job: Job, page: AnswerPage, result: ChatResult): Promise<void> {
  const { config, meta, phrases } = job;
  page.record(result);
  delete meta.resumable;
  const modelBefore = job.before.findLast((one) => one?.meta?.model !== undefined)?.meta?.model;
  const ofModel = modelNote(meta.requestedModel, modelBefore, meta.model, phrases);
  if (ofModel) page.remark(ofModel);
  const { notes, buttons } = describeEnding(result, {
    phrases,
    replyId: page.idToContinue,
    canAskAgain: hasOwnBubble(job),
    mayThink: config.reasoning !== 'off' && !isWithoutThinking(job),
    secret: config.apiKey ?? '',
    showStats: config.showStats,
    contextLength: job.asked.kind === 'summary' ? undefined : await contextLength(job, result),
  });
  for (const note of notes) page.remark({ note });
  if (job.asked.kind === 'summary' && result.verdict === 'complete') {
    meta.summary = phrases.summaryHeading;
    page.remark({ note: [phrases.summaryNote] });
  }
  page.endWith(buttons);
}

/** The same when it has failed. */
export async function failAnswer(job: Job, page: AnswerPage, error: unknown): Promise<void> {
  const { config, meta, phrases, server, insertion } = job;
  page.record();
  const facts = factsOf(error);
  meta.error = facts;
  // The server may go on with an answer whose connection was lost.
  if (facts.kind !== 'interrupted') delete meta.resumable;
  const model = config.model ?? textOrNothing(meta.requestedModel);
  const isTooLong = facts.reason === 'context';
  const failed = {
    phrases,
    config,
    model,
    replyId: page.idToContinue,
    hasText: insertion === undefined && page.hasText,
    canAskAgain: hasOwnBubble(job),
    used: usedModels(job),
    context: isTooLong && model ? await server.contextOf(model) : undefined,
    hasOlder: shorten(conversationFor(job), 0) !== undefined,
  };
  // A notification has no buttons.
  const models = async () => (insertion ? [] : server.models(true));
  const told = await tellFailure(error, failed, models);
  const paragraphs = told.paragraphs.map((one) => withoutSecret(one, config.apiKey ?? ''));
  page.say('⚠️', paragraphs);
  page.endWith(told.buttons);
  await insertion?.fail(phrases.withoutPanel(paragraphs.join(' ')));
}

/** The context of the model that answered, with the size with which it is loaded. */
async function contextLength(
  { server, meta, showModels }: Job,
  { usage, model }: ChatResult,
): Promise<number | undefined> {
  if (!usage) return undefined;
  const find = (models: readonly Model[]) =>
    models.find(({ id }) => id === model) ?? models.find(({ id }) => id === meta.requestedModel);
  const known = find(await server.models().catch(() => []));
  if (known?.loaded !== false) return known?.contextLength;
  // It was loaded for this answer.
  const models = await server.models(true).catch(() => []);
  showModels(models);
  const fresh = find(models);
  return fresh?.loaded ? fresh.contextLength : undefined;
}

const isWithoutThinking = ({ asked }: Job) => asked.kind === 'without' && asked.what === 'thinking';

/** The models that have answered in this chat, the last one first. */
function usedModels({ before }: Job): string[] {
  const names = before.flatMap((message) => textOrNothing(message?.meta?.model) ?? []);
  return [...new Set(names.reverse())];
}

const textOrNothing = (value: unknown) => (typeof value === 'string' ? value : undefined);
