import { abridge } from '../../advice/index.ts';
import { defaultChatModel, type Model } from '../../client/models/models.ts';
import { streamChat } from '../../client/stream-chat.ts';
import type { ChatMessage, ChatResult } from '../../client/types.ts';
import { nodeFetch } from '../../node-fetch.ts';
import type { Insertion } from '../editor/insert-text.ts';
import {
  type AvailableTask,
  type HostUtils,
  type Message,
  type Meta,
  postToPanel,
  type Thread,
} from '../host.ts';
import { loadButtons, MOST_BUTTONS, roomFor } from '../say/buttons.ts';
import { changedModelNote, describeEnding, otherModelNote } from '../say/ending.ts';
import { factsOf, tellFailure } from '../say/failure.ts';
import { effortsOf, modelNamed } from '../say/operations.ts';
import type { Phrases } from '../say/phrases.ts';
import type { Server } from '../server.ts';
import { withoutSecret } from '../settings/secret.ts';
import type { Config } from '../settings/settings.ts';
import type { LoadedMessage } from '../thread/conversation.ts';
import { shorten } from '../thread/left-out.ts';
import type { TurnClock } from '../turn/clock.ts';
import type { OpenReply, ReplyWriter } from '../turn/turn.ts';
import { AnswerPage } from './answer-page.ts';
import { type Attempt, conversationFor, type Plan, planAnswer } from './plan.ts';
import { buildRequest, refusesAttempt, refusesProgress } from './request.ts';
import { canWait, isMissingServer, waitForServer } from './server-wait.ts';

/*
 * One answer, from what is asked for to the last note:
 *
 *   Asked, thread ─ plan.ts (which messages, which model, which ways to ask; says what cannot be asked)
 *     ─ request.ts (the request's fields, what a server refuses of them) ─ streamChat
 *     ─ answer-page.ts (each event onto the page) ─ page/ ─ the reply
 *   an end or a failure ─ say/ending.ts, say/failure.ts ─ notes and buttons under the answer
 */

/** What is asked for. */
export type Asked =
  /** The last question is answered; if there is none, the reply says whether the server is ready. */
  | { kind: 'answer' }
  /** The last answer goes on. */
  | { kind: 'continue'; replyId: unknown }
  /** A model is loaded, anew if there is a size of context, and answers the last question. */
  | { kind: 'load'; model: string; contextLength?: number }
  /** The last question is answered without the oldest messages; of the text so much may stay, from 0 to 1. */
  | { kind: 'shorter'; share: number }
  /** The model sums up the conversation, which goes on from there. */
  | { kind: 'summary' }
  /** The last question is answered without something that has kept the model from an answer. */
  | { kind: 'without'; what: 'tools' | 'thinking' };

/** What an answer is made from. */
export interface Job {
  asked: Asked;
  thread: Thread;
  /** The thread's messages before this reply. */
  before: readonly Message[];
  hostUtils: HostUtils | undefined;
  clock: TurnClock;
  config: Config;
  phrases: Phrases;
  server: Server;
  /** Filled with what is worth saving beside the text. */
  meta: Meta;
  /** The thread's messages, as the request's. */
  convert(messages: LoadedMessage[]): ChatMessage[];
  /** Brings the panel's drop-downs up to date. */
  showModels(models: readonly Model[]): void;
  /** Writes the answer into a document, too. */
  insertion?: Insertion | undefined;
}

/**
 * For so long llama.cpp may be busy with a prompt whose reply was stopped, in ms: it notices only after a batch, and on a
 * slow machine a batch of 2048 tokens takes most of a minute.
 */
const STILL_BUSY_MS = 60_000;

/** When a reply was stopped before its first word, by the server's base URL. */
const stoppedEarly = new Map<string, number>();

/** Prepares an answer. Whatever goes wrong is said in the reply. */
export function createAnswer(given: Omit<Job, 'before'>): Answer {
  const job = { ...given, before: [...given.thread.messages] };
  let page: AnswerPage | undefined;
  return {
    write(reply) {
      page = new AnswerPage(job, reply);
      return answerOn(page, job, reply);
    },
    messageIfEnded: (text) => page?.messageIfEnded(text) ?? { text },
    onSavingFailed(error) {
      const words = abridge(error instanceof Error ? error.message : String(error), 200);
      page?.remark({ note: [job.phrases.notSaved(words), job.phrases.notSavedAdvice()] });
    },
    buttons: () => page?.buttons() ?? [],
  };
}

/** An answer that can be written into a reply. */
interface Answer extends ReplyWriter {
  /** The buttons under it, as they are now. */
  buttons(): readonly AvailableTask[];
}

/** One answer, from the first look at the server to the last note. */
async function answerOn(page: AnswerPage, job: Job, reply: OpenReply): Promise<void> {
  const { config, insertion, server, showModels, meta, clock } = job;
  const leaving = new AbortController();
  // At once, because the host saves the message when it has left the stream.
  reply.signal.addEventListener('abort', () => {
    if (page.stop() && !meta.error) stoppedEarly.set(config.baseURL, clock.now());
    leaving.abort();
  });
  insertion?.onCancel(() => leaving.abort());
  void server.models(true).then(showModels, () => showModels([]));
  try {
    if (config.problem) throw config.problem;
    noteUnknownSettings(job, page);
    await answerWhenPossible(job, page, leaving.signal);
    await insertion?.finish();
  } catch (error) {
    if (leaving.signal.aborted) meta.verdict ??= 'stopped';
    else await fail(job, page, error);
  }
  page.close();
  if (meta.summary !== undefined) addMarker(job);
}

/** The conversation begins anew after this reply. */
function addMarker({ thread, hostUtils }: Job): void {
  try {
    const markerId = hostUtils?.threadRepository?.addMarker?.(thread);
    postToPanel(hostUtils, { type: 'markerAdded', thread, markerId });
  } catch {
    // The summary stands in the chat all the same.
  }
}

/** If no server is running, the reply says so, and answers if one comes while somebody looks at it. */
async function answerWhenPossible(job: Job, page: AnswerPage, signal: AbortSignal): Promise<void> {
  try {
    return await answer(job, page, signal);
  } catch (error) {
    if (!isMissingServer(error) || !canWait(job)) throw error;
    await fail(job, page, error);
  }
  page.waitFor({ for: 'server' });
  if (!(await waitForServer(job, signal))) return;
  delete job.meta.error;
  await page.beginAgain();
  page.say('✅', [job.phrases.serverCame()]);
  await answer(job, page, signal);
}

async function answer(job: Job, page: AnswerPage, signal: AbortSignal): Promise<void> {
  const { asked } = job;
  if (asked.kind === 'load' && !(await loadModel(job, page, asked, signal))) return;
  const plan = await planAnswer(job);
  if (plan.kind === 'ready') return tellReady(job, page);
  for (const remark of plan.remarks) page.remark(remark);
  if (plan.kind === 'ask') await ask(job, page, plan, signal);
}

/** Asks in the first way that the server does not refuse. */
async function ask(
  job: Job,
  page: AnswerPage,
  plan: Plan & { kind: 'ask' },
  signal: AbortSignal,
): Promise<void> {
  const [attempt, ...others] = plan.attempts;
  if (!attempt) return;
  try {
    await stream(job, page, plan.model, attempt, signal);
  } catch (error) {
    if (page.heard !== 'nothing' || signal.aborted) throw error;
    // It is left out of the requests from now on.
    if (refusesProgress(error, job.config.baseURL)) return ask(job, page, plan, signal);
    if (others.length === 0 || !refusesAttempt(error)) throw error;
    return ask(job, page, { ...plan, attempts: others }, signal);
  }
}

/** Streams one answer onto the page. Until the first sign of life the page says what is waited for. */
async function stream(
  job: Job,
  page: AnswerPage,
  model: string | undefined,
  { messages, more, filter = (text) => text, isPrefilled = false }: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const { config, meta, insertion } = job;
  const { baseURL, apiKey, timeouts } = config;
  meta.requestedModel = model;
  const watching = new AbortController();
  const stopWatching = () => watching.abort();
  signal.addEventListener('abort', stopWatching);
  void watchModel(job, page, model, watching.signal);
  try {
    const sent = insertion ? insertion.instruct(messages) : messages;
    const request = buildRequest(config, model, sent, await effortsFor(job, model), more);
    const reply = streamChat(request, { baseURL, apiKey, timeouts, fetch: nodeFetch, signal });
    page.follow(reply, filter, isPrefilled);
    for await (const event of reply.events()) {
      stopWatching();
      stoppedEarly.delete(baseURL);
      await page.show(event);
      if (event.type === 'finish') await end(job, page, event.result);
    }
  } finally {
    stopWatching();
  }
}

/** Looked up only if an effort was chosen. */
async function effortsFor({ config, server }: Job, model: string | undefined) {
  if (config.effort === undefined) return [];
  return effortsOf(modelNamed(model, await server.models().catch(() => [])));
}

async function end(job: Job, page: AnswerPage, result: ChatResult): Promise<void> {
  const { config, meta, phrases } = job;
  page.record(result);
  const { requestedModel, model } = meta;
  const other = otherModelNote(requestedModel, textOrNothing(model), phrases);
  if (other) page.remark({ note: other, once: { requestedModel, model } });
  const modelBefore = job.before.findLast((one) => one?.meta?.model !== undefined)?.meta?.model;
  const changed = changedModelNote(modelBefore, textOrNothing(model), phrases);
  if (changed && !other) page.remark({ note: changed });
  const { notes, buttons } = describeEnding(
    result,
    {
      replyId: page.idToContinue,
      canAskAgain: canAskAgain(job),
      mayThink: config.reasoning !== 'off' && !isWithoutThinking(job),
      secret: config.apiKey ?? '',
      showStats: config.showStats,
      contextLength: job.asked.kind === 'summary' ? undefined : await contextLength(job, result),
    },
    phrases,
  );
  for (const note of notes) page.remark({ note });
  if (job.asked.kind === 'summary' && result.verdict === 'complete') {
    meta.summary = phrases.summaryHeading();
    page.remark({ note: [phrases.summaryNote()] });
  }
  page.endWith(buttons);
}

async function fail(job: Job, page: AnswerPage, error: unknown): Promise<void> {
  const { config, meta, phrases, server, insertion } = job;
  page.record();
  const facts = factsOf(error);
  meta.error = facts;
  const model = config.model ?? textOrNothing(meta.requestedModel);
  const isTooLong = facts.reason === 'context';
  const failed = {
    config,
    model,
    replyId: page.idToContinue,
    hasText: insertion === undefined && (page.hasText || page.isContinuing),
    canAskAgain: canAskAgain(job),
    used: usedModels(job),
    context: isTooLong && model ? await server.contextOf(model) : undefined,
    hasOlder: shorten(conversationFor(job), 0) !== undefined,
  };
  // A notification has no buttons.
  const models = async () => (insertion ? [] : server.models(true));
  const told = await tellFailure(error, failed, phrases, models);
  const paragraphs = told.paragraphs.map((one) => withoutSecret(one, config.apiKey ?? ''));
  page.say('⚠️', paragraphs);
  page.endWith(told.buttons);
  await insertion?.fail(phrases.withoutPanel(paragraphs.join(' ')));
}

/** @returns whether it is loaded, as far as can be known */
async function loadModel(
  job: Job,
  page: AnswerPage,
  { model, contextLength }: Asked & { kind: 'load' },
  signal: AbortSignal,
): Promise<boolean> {
  const { server, phrases, meta, showModels } = job;
  page.waitFor({ for: 'loading', model });
  const models = await server.models(true).catch(() => []);
  const isLoaded = models.some(({ id, loaded }) => id === model && loaded);
  if (isLoaded && contextLength === undefined) return true;
  try {
    await server.load(model, signal, contextLength);
  } catch (error) {
    if (signal.aborted) throw error;
    meta.error = { kind: 'server', reason: 'load-failed' };
    const words = abridge(error instanceof Error ? error.message : '');
    const said = words ? [phrases.serverSays(words)] : [];
    const others = models.filter(({ id }) => id !== model);
    const buttons = loadButtons(phrases, others, usedModels(job)).slice(0, MOST_BUTTONS);
    const paragraphs = [phrases.loadFailed(model), ...said, phrases.loadFailedAdvice()];
    page.say('⚠️', [...paragraphs, ...roomFor(buttons)]);
    page.endWith(buttons);
    return false;
  }
  void server.models(true).then(showModels, () => {});
  return true;
}

/** Says what is waited for, until the signal ends it. */
async function watchModel(
  { config, server, clock }: Job,
  page: AnswerPage,
  model: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const stoppedAt = stoppedEarly.get(config.baseURL);
  const isRecent = stoppedAt !== undefined && clock.now() - stoppedAt < STILL_BUSY_MS;
  const mayBeBusy = isRecent && (await server.isLlamaCpp());
  const models = await server.models().catch(() => []);
  const asked = models.find(({ id }) => id === model);
  if (signal.aborted) return;
  if (model !== undefined && asked?.loaded === false) page.waitFor({ for: 'loading', model });
  else if (mayBeBusy) page.waitFor({ for: 'earlier question' });
  else if (asked?.loaded) page.waitFor({ for: 'reading' });
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

/** Asks the server even if the model is named, because it may not be running. */
async function tellReady({ config, server, phrases }: Job, page: AnswerPage): Promise<void> {
  const models = await server.models(true);
  const model = config.model ?? defaultChatModel(models)?.id;
  const shown = model === undefined ? phrases.anyModel() : `\`${model}\``;
  page.say('✅', [phrases.ready(new URL(config.baseURL).host, shown)]);
}

function noteUnknownSettings({ config, phrases }: Job, page: AnswerPage): void {
  if (config.unknown.length === 0) return;
  const unknownSettings = abridge(config.unknown.map((field) => `\`${field}\``).join(', '), 200);
  const note = [phrases.unknownSettings(unknownSettings), phrases.unknownSettingsAdvice()];
  page.remark({ note, once: { unknownSettings } });
}

/** Whether the question can be asked again: Retry would take away the answer that a Continue or a summary follows. */
const canAskAgain = ({ asked, insertion }: Job) =>
  asked.kind !== 'continue' && asked.kind !== 'summary' && insertion === undefined;

const isWithoutThinking = ({ asked }: Job) => asked.kind === 'without' && asked.what === 'thinking';

/** The models that have answered in this chat, the last one first. */
function usedModels({ before }: Job): string[] {
  const names = before.flatMap((message) => textOrNothing(message?.meta?.model) ?? []);
  return [...new Set(names.reverse())];
}

const textOrNothing = (value: unknown) => (typeof value === 'string' ? value : undefined);
