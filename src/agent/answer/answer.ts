import { abridge } from '../../advice/index.ts';
import { ChatError } from '../../client/errors/errors.ts';
import { defaultChatModel } from '../../client/models/models.ts';
import { streamChat } from '../../client/stream-chat.ts';
import { type AvailableTask, addMarker } from '../host.ts';
import { effortsOf, modelNamed } from '../say/operations.ts';
import type { OpenReply, ReplyWriter } from '../turn/turn.ts';
import { AnswerPage } from './answer-page.ts';
import { type Asked, hasOwnBubble, type Job } from './job.ts';
import { endAnswer, failAnswer } from './outcome.ts';
import { type Attempt, type Plan, planAnswer } from './plan.ts';
import { buildRequest, refusesAttempt } from './request.ts';
import { findUnfinished, takeUp } from './resume.ts';
import { canWait, isMissingServer, waitForServer } from './server-wait.ts';

/*
 * One answer, from what is asked for to the last note:
 *
 *   job.ts: what is asked for, and what an answer is made from
 *     ─ plan.ts (which messages, which model, which ways to ask; says what cannot be asked)
 *     ─ request.ts (the request's fields, what a server refuses of them) ─ streamChat
 *     ─ answer-page.ts (each event onto the page) ─ page/ ─ the reply
 *   an end or a failure ─ outcome.ts ─ say/ending.ts, say/failure.ts ─ notes and buttons under the answer
 *   an answer that has lost its window ─ resume.ts ─ resumed-reply.ts ─ its own bubble
 */

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
    if (page.stop(reply.signal.reason) && !meta.error)
      stoppedEarly.set(config.baseURL, clock.now());
    leaving.abort();
  });
  insertion?.onCancel(() => leaving.abort());
  void server.models(true).then(showModels, () => showModels([]));
  try {
    if (config.problem) throw config.problem;
    noteUnknownSettings(job, page);
    const isTakenUp = await takeUpLast(job, page, reply);
    if (!isTakenUp && job.asked.kind !== 'resume')
      await answerWhenPossible(job, page, leaving.signal);
    await insertion?.finish();
  } catch (error) {
    if (leaving.signal.aborted) meta.verdict ??= 'stopped';
    else await failAnswer(job, page, error);
  }
  page.close();
  if (meta.summary === undefined) return;
  try {
    addMarker(job.thread, job.hostUtils);
  } catch {
    // The summary is in the chat without it, too.
  }
}

/**
 * The last answer may have lost its window, and the server may have gone on with it.
 * @returns whether nothing else was asked for
 */
async function takeUpLast(job: Job, page: AnswerPage, reply: OpenReply): Promise<boolean> {
  const { asked, config, before } = job;
  const unfinished = findUnfinished(before, config.baseURL);
  if (!unfinished) return false;
  const isAskedFor = asked.kind === 'resume' || asked.kind === 'continue';
  const onShown = isAskedFor ? () => page.goElsewhere() : () => {};
  return (await takeUp(job, reply, unfinished, isAskedFor, onShown)) && isAskedFor;
}

/** If no server is running, the reply says so, and answers if one comes while somebody looks at it. */
async function answerWhenPossible(job: Job, page: AnswerPage, signal: AbortSignal): Promise<void> {
  try {
    return await answer(job, page, signal);
  } catch (error) {
    if (!isMissingServer(error) || !canWait(job)) throw error;
    await failAnswer(job, page, error);
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
  if (asked.kind === 'load') await loadModel(job, page, asked, signal);
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
  const { config, meta, insertion, server } = job;
  const { baseURL, apiKey, timeouts } = config;
  meta.requestedModel = model;
  const watching = new AbortController();
  const stopWatching = () => watching.abort();
  signal.addEventListener('abort', stopWatching);
  void watchModel(job, page, model, watching.signal);
  try {
    const sent = insertion ? insertion.instruct(messages) : messages;
    const [efforts, isLlamaCpp] = await Promise.all([effortsFor(job, model), server.isLlamaCpp()]);
    const request = buildRequest(config, model, sent, efforts, isLlamaCpp, more);
    const resume = isLlamaCpp && hasOwnBubble(job);
    const options = { baseURL, apiKey, timeouts, fetch: page.fetch, signal, resume };
    const reply = streamChat(request, options);
    page.follow(reply, filter, isPrefilled);
    for await (const event of reply.events()) {
      stopWatching();
      stoppedEarly.delete(baseURL);
      await page.show(event);
      if (event.type === 'finish') await endAnswer(job, page, event.result);
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

async function loadModel(
  { server, meta, showModels }: Job,
  page: AnswerPage,
  { model, contextLength }: Asked & { kind: 'load' },
  signal: AbortSignal,
): Promise<void> {
  page.waitFor({ for: 'loading', model });
  const models = await server.models(true).catch(() => []);
  const isLoaded = models.some(({ id, loaded }) => id === model && loaded);
  if (isLoaded && contextLength === undefined) return;
  meta.requestedModel = model;
  try {
    await server.load(model, signal, contextLength);
  } catch (error) {
    if (signal.aborted) throw error;
    const serverMessage = error instanceof Error ? error.message : '';
    const fields = { kind: 'server', reason: 'load-failed', serverMessage } as const;
    throw new ChatError('The server could not load the model', fields, error);
  }
  void server.models(true).then(showModels, () => {});
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
