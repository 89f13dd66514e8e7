import { abridge } from '../../advice/index.ts';
import { ChatError, isChatError } from '../../client/errors/errors.ts';
import { streamChat } from '../../client/stream-chat.ts';
import { addMarker } from '../host.ts';
import { sleep } from '../turn/clock.ts';
import type { AnswerPage } from './answer-page.ts';
import { type Asked, hasOwnBubble, type Job } from './job.ts';
import { endAnswer, failAnswer } from './outcome.ts';
import { modelToAsk, planAnswer } from './plan.ts';
import { type Attempt, buildRequest, refusesAttempt } from './request.ts';
import { takeUp } from './resume.ts';

/*
 * One answer, from what is asked for to the last note:
 *
 *   job.ts: what is asked for, and what an answer is made from
 *     ─ plan.ts (which messages, which model, which ways to ask; says what cannot be asked)
 *     ─ request.ts (the request's fields, what a server refuses of them) ─ streamChat
 *     ─ answer-page.ts (each event onto the page) ─ page/ ─ the reply
 *   an end or a failure ─ outcome.ts ─ say/ending.ts, say/failure.ts ─ notes and buttons under the answer
 *   an answer that has lost its window ─ resume.ts ─ its own bubble
 */

/**
 * For so long llama.cpp may be busy with a prompt whose reply was stopped, in ms: it notices only after a batch, and on a
 * slow machine a batch of 2048 tokens takes most of a minute.
 */
const STILL_BUSY_MS = 60_000;

/** How long to wait for a server that is not running, and the time between two looks, in ms. */
const WAIT_MS = 120_000;
const BETWEEN_LOOKS_MS = 2000;

/** When a reply was stopped before its first word, by the server's base URL. */
const stoppedEarly = new Map<string, number>();

/** Writes one answer, from the first look at the server to the last note. Whatever goes wrong is said in the reply. */
export async function writeAnswer(job: Job, page: AnswerPage): Promise<void> {
  const { asked, config, phrases, insertion, server, showModels, meta, clock, turn } = job;
  // At once, because the host saves the message when it has left the stream.
  turn.signal.addEventListener('abort', () => {
    if (page.stop() && !meta.error) stoppedEarly.set(config.baseURL, clock.now());
  });
  insertion?.onCancel(() => turn.cancel());
  page.waitFor(phrases.waiting);
  void server.models(true).then(showModels, () => showModels([]));
  try {
    if (config.problem) throw config.problem;
    noteUnknownSettings(job, page);
    const isTakenUp = await takeUp(job, page);
    if (!isTakenUp && asked.kind !== 'resume') await answerWhenPossible(job, page);
    await insertion?.finish();
  } catch (error) {
    if (!turn.signal.aborted) await failAnswer(job, page, error);
  }
  page.close();
  if (meta.summary !== undefined) addMarker(job.thread, job.hostUtils);
}

/** If no server is running, the reply says so, and answers if one comes while somebody looks at it. */
async function answerWhenPossible(job: Job, page: AnswerPage): Promise<void> {
  try {
    return await answer(job, page);
  } catch (error) {
    if (!isMissingServer(error) || !canWait(job)) throw error;
    await failAnswer(job, page, error);
  }
  page.waitFor(job.phrases.waitingForServer);
  if (!(await waitForServer(job))) return;
  delete job.meta.error;
  await page.beginAgain();
  page.say('✅', [job.phrases.serverCame]);
  await answer(job, page);
}

/** Whether a failure is one that ends when somebody starts the server. */
const isMissingServer = (error: unknown): boolean =>
  isChatError(error) && error.reason === 'refused';

/** Whether somebody sees the wait: a question is open in a panel. */
function canWait({ asked, before, hostUtils, insertion }: Job): boolean {
  const isSeen = hostUtils?.postMessage !== undefined && insertion === undefined;
  return asked.kind === 'answer' && before.at(-1)?.sender === 'user' && isSeen;
}

/** Waits until a server listens there. @returns whether one does */
async function waitForServer({ server, clock, turn }: Job): Promise<boolean> {
  const { signal } = turn;
  for (const end = clock.now() + WAIT_MS; clock.now() < end && !signal.aborted; ) {
    await sleep(BETWEEN_LOOKS_MS, clock, signal);
    const isThere = await server.models(true).then(
      () => true,
      (error) => !isMissingServer(error),
    );
    if (isThere) return !signal.aborted;
  }
  return false;
}

async function answer(job: Job, page: AnswerPage): Promise<void> {
  const { asked, turn } = job;
  if (asked.kind === 'load') await loadModel(job, page, asked);
  const { remarks, attempts } = await planAnswer(job);
  for (const remark of remarks) page.remark(remark);
  // In the first way that the server does not refuse.
  for (const [i, attempt] of attempts.entries()) {
    try {
      return await stream(job, page, attempt);
    } catch (error) {
      const isLast = i === attempts.length - 1 || page.heard !== 'nothing';
      if (isLast || turn.signal.aborted || !refusesAttempt(error)) throw error;
    }
  }
}

/** Streams one answer onto the page. Until the first sign of life the page says what is waited for. */
async function stream(job: Job, page: AnswerPage, attempt: Attempt): Promise<void> {
  const { config, meta, server, turn } = job;
  const { baseURL, apiKey, timeouts } = config;
  const model = await modelToAsk(job);
  meta.requestedModel = model;
  void watchModel(job, page, model);
  const isLlamaCpp = await server.isLlamaCpp();
  const request = await buildRequest(job, model, attempt, isLlamaCpp);
  const resume = isLlamaCpp && hasOwnBubble(job);
  const { fetch } = page;
  const reply = streamChat(request, {
    baseURL,
    apiKey,
    timeouts,
    fetch,
    signal: turn.signal,
    resume,
  });
  page.follow(reply, attempt);
  for await (const event of reply.events()) {
    stoppedEarly.delete(baseURL);
    await page.show(event);
    if (event.type === 'finish') await endAnswer(job, page, event.result);
  }
}

async function loadModel(
  { server, meta, phrases, showModels, turn }: Job,
  page: AnswerPage,
  { model, contextLength }: Asked & { kind: 'load' },
): Promise<void> {
  page.waitFor((time) => phrases.loading(model, time));
  const models = await server.models(true).catch(() => []);
  const isLoaded = models.some(({ id, loaded }) => id === model && loaded);
  if (isLoaded && contextLength === undefined) return;
  meta.requestedModel = model;
  try {
    await server.load(model, turn.signal, contextLength);
  } catch (error) {
    const serverMessage = error instanceof Error ? error.message : '';
    const fields = { kind: 'server', reason: 'load-failed', serverMessage } as const;
    throw new ChatError('The server could not load the model', fields, error);
  }
  void server.models(true).then(showModels, () => {});
}

/** Says what is waited for, unless something has come by then. */
async function watchModel(
  { config, server, clock, phrases }: Job,
  page: AnswerPage,
  model: string | undefined,
): Promise<void> {
  const stoppedAt = stoppedEarly.get(config.baseURL);
  const isRecent = stoppedAt !== undefined && clock.now() - stoppedAt < STILL_BUSY_MS;
  const mayBeBusy = isRecent && (await server.isLlamaCpp());
  const models = await server.models().catch(() => []);
  const asked = models.find(({ id }) => id === model);
  if (page.heard !== 'nothing') return;
  if (model !== undefined && asked?.loaded === false)
    page.waitFor((time) => phrases.loading(model, time));
  else if (mayBeBusy) page.waitFor(phrases.busy);
  else if (asked?.loaded) page.waitFor(phrases.reading);
}

function noteUnknownSettings({ config, phrases }: Job, page: AnswerPage): void {
  if (config.unknown.length === 0) return;
  const unknownSettings = abridge(config.unknown.map((field) => `\`${field}\``).join(', '), 200);
  const note = [phrases.unknownSettings(unknownSettings), phrases.unknownSettingsAdvice];
  page.remark({ note, once: { unknownSettings } });
}
