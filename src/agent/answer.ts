import { streamChat } from '../chat/stream-chat.ts';
import type { ChatMessage, ChatReply, ChatResult, PartialResult } from '../chat/types.ts';
import type { JsonObject } from '../json.ts';
import { defaultChatModel, type Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { continueButton, loadButtons } from './buttons.ts';
import {
  type Continuation,
  conversationOf,
  type LoadedMessage,
  modelText,
} from './conversation.ts';
import { createEchoFilter } from './echo.ts';
import { describeEnding, type Note, otherModelNote } from './ending.ts';
import { resultFacts } from './facts.ts';
import { clip, explain, factsOf, tellFailure } from './failure.ts';
import type { AvailableTask, HostUtils, Message, Meta, Thread } from './host.ts';
import type { Insertion } from './insertion.ts';
import { createLayout, formatNote, type Layout } from './layout.ts';
import { shorten } from './left-out.ts';
import { createNotice, type Notice } from './notice.ts';
import type { Phrases } from './phrases.ts';
import { findQuestion, type Question } from './question.ts';
import { buildRequest, CONTINUE_FINAL, refusesContinuing, refusesProgress } from './request.ts';
import { createSecretFilter, withoutSecret } from './secret.ts';
import type { Server } from './server.ts';
import type { Config } from './settings.ts';
import type { OpenReply, Work } from './turn.ts';

/** What is asked for. */
export type Purpose =
  /** The last question is answered; where there is none, the reply tells whether the server is ready. */
  | { kind: 'answer' }
  /** The last answer goes on. */
  | { kind: 'continue'; replyId: unknown }
  /** A model is loaded, and answers the last question. */
  | { kind: 'load'; model: string }
  /** The last question is answered without the oldest messages; of the text so much may stay, from 0 to 1. */
  | { kind: 'shorter'; share: number };

/** What an answer is made from. */
export interface Job {
  purpose: Purpose;
  thread: Thread;
  hostUtils: HostUtils | undefined;
  config: Config;
  phrases: Phrases;
  server: Server;
  /** Filled with what is worth saving beside the text. */
  meta: Meta;
  /** The thread's messages, as the request's. */
  convert(messages: LoadedMessage[]): ChatMessage[];
  /** Brings the panel's drop-downs up to date. */
  showModels(models: readonly Model[]): void;
  /** Where the answer is to be written, too. */
  insertion?: Insertion | undefined;
}

/** An answer that can be made. */
export interface Answer {
  work: Work;
  /** The buttons under it, as they are now. */
  buttons(): readonly AvailableTask[];
}

/** For so long a server may be busy with a prompt whose reply was stopped, in ms. */
const STILL_BUSY_MS = 60_000;

/** When a reply was stopped before its first word, by the server's base URL. */
const stoppedEarly = new Map<string, number>();

/** Prepares an answer. Whatever goes wrong is said in the reply. */
export function createAnswer(job: Job): Answer {
  const { thread, config, phrases, meta, server, hostUtils, insertion } = job;
  const { apiKey: secret = '' } = config;
  const before = [...thread.messages];
  const notes: Note[] = [];
  let buttons: readonly AvailableTask[] = [];
  let layout: Layout | undefined;
  let replyId: unknown;
  let hasEnded = false;

  const isContinuing = job.purpose.kind === 'continue';
  const hasText = () => Boolean(layout?.answer.trim());

  async function work(reply: OpenReply): Promise<void> {
    replyId = reply.bubble?.id;
    const controller = new AbortController();
    const { signal } = controller;
    const notice = createNotice(reply.bubble, hostUtils, phrases);
    const page = createLayout(
      {
        write(text) {
          notice.end();
          reply.write(text);
        },
        rewrite: reply.rewrite,
      },
      phrases.reasoningLabel(),
      continuedText(),
    );
    layout = page;
    let stream: ChatReply | undefined;
    let hasSign = false;
    let hasWord = false;

    // At once, because the host saves the message when it has left the stream.
    reply.signal.addEventListener('abort', () => {
      notice.end();
      record(stream?.soFar);
      meta.verdict ??= 'stopped';
      const advice = isContinuing ? phrases.continueAdvice() : phrases.stoppedEarlyAdvice();
      reply.fillEmpty(formatNote('ℹ️', [phrases.stoppedEarly(), advice]));
      if (stream && !hasWord) stoppedEarly.set(config.baseURL, performance.now());
      controller.abort();
    });
    insertion?.onCancel(() => controller.abort());
    void server.models(true).then(job.showModels, () => job.showModels([]));
    try {
      if (config.problem) throw config.problem;
      tellUnknownSettings();
      await run();
      await insertion?.finish();
    } catch (error) {
      if (signal.aborted) meta.verdict ??= 'stopped';
      else await fail(error);
    }
    notice.end();
    for (const note of notes) page.note('ℹ️', note);
    hasEnded = true;

    async function run(): Promise<void> {
      if (job.purpose.kind === 'continue') return goOn(job.purpose.replyId);
      if (job.purpose.kind === 'shorter' && !leaveOut(job.purpose.share)) return;
      if (job.purpose.kind === 'load' && !(await load(job.purpose.model))) return;
      const question = await ask();
      if (question.kind === 'told') notes.push(...question.notes);
      else if (question.kind === 'none') await tellReady();
      else await answer(question.messages, await modelToAsk());
    }

    /** The conversation up to its last question. */
    async function ask(): Promise<Question> {
      const question = await findQuestion(job, conversation(), async () => {
        const model = await modelToAsk();
        return (await server.models()).find(({ id }) => id === model);
      });
      for (const { facts, note } of question.kind === 'asked' ? question.notes : []) {
        noteOnce(facts, note);
      }
      return question;
    }

    /** Goes on with the last answer, where it is the one that the button stands under. */
    async function goOn(buttonOf: unknown): Promise<void> {
      const last = lastReply();
      if (!last || (buttonOf !== undefined && last.id !== buttonOf)) {
        notes.push([phrases.notTheLast()]);
        return;
      }
      const question = await findQuestion(job, conversationOf(before), async () => undefined);
      if (question.kind !== 'asked') return;
      const model = await modelToAsk();
      if (await server.isLlamaCpp()) {
        meta.continues = { how: 'prefill' } satisfies Continuation;
        try {
          const part = modelText(last);
          return await answer(question.messages, model, CONTINUE_FINAL, createEchoFilter(part));
        } catch (error) {
          if (hasSign || signal.aborted || !refusesContinuing(error)) throw error;
        }
      }
      const prompt = phrases.goOn();
      meta.continues = { how: 'asked', prompt } satisfies Continuation;
      await answer([...question.messages, { role: 'user', content: prompt }], model);
    }

    function leaveOut(share: number): boolean {
      const shortened = shorten(before, share);
      if (shortened) {
        meta.startsAt = shortened.startsAt;
        notes.push([phrases.oldestLeftOut(shortened.count)]);
      } else notes.push([phrases.nothingLeftOut(), phrases.nothingLeftOutAdvice()]);
      return shortened !== undefined;
    }

    /** @returns whether it is loaded, as far as can be known */
    async function load(model: string): Promise<boolean> {
      notice.waitFor({ for: 'loading', model });
      const models = await server.models(true).catch(() => []);
      if (models.some(({ id, loaded }) => id === model && loaded)) return true;
      try {
        await server.load(model, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        meta.error = { kind: 'server', reason: 'load-failed' };
        const words = clip(error instanceof Error ? error.message : '');
        page.note('⚠️', [
          phrases.loadFailed(model),
          ...(words ? [phrases.serverSays(words)] : []),
          phrases.loadFailedAdvice(),
        ]);
        buttons = loadButtons(
          phrases,
          models.filter(({ id }) => id !== model),
        );
        return false;
      }
      void server.models(true).then(job.showModels, () => {});
      return true;
    }

    /** Streams one answer, once more where the server does not know a field that only helps. */
    async function answer(
      messages: ChatMessage[],
      model: string | undefined,
      more: JsonObject = {},
      filter: (text: string) => string = unchanged,
    ): Promise<void> {
      const sent = insertion ? insertion.instruct(messages) : messages;
      meta.requestedModel = model;
      const watcher = new AbortController();
      signal.addEventListener('abort', () => watcher.abort());
      void watchModel(model, notice, watcher.signal);
      try {
        await read(buildRequest(config, model, sent, more), filter, () => watcher.abort());
      } catch (error) {
        if (hasSign || signal.aborted || !refusesProgress(error, config.baseURL)) throw error;
        await read(buildRequest(config, model, sent, more), filter, () => watcher.abort());
      } finally {
        watcher.abort();
      }
    }

    async function read(
      request: Parameters<typeof streamChat>[0],
      filter: (text: string) => string,
      onSign: () => void,
    ): Promise<void> {
      const withoutKey = createSecretFilter(secret);
      const thoughtWithoutKey = createSecretFilter(secret);
      const { baseURL, apiKey, timeouts } = config;
      stream = streamChat(request, { baseURL, apiKey, timeouts, fetch: nodeFetch, signal });
      for await (const event of stream.events()) {
        hasSign = true;
        stoppedEarly.delete(baseURL);
        onSign();
        hasWord ||= event.type !== 'progress';
        if (event.type === 'progress') {
          const { processed, total } = event;
          notice.waitFor({ for: 'reading', ...(total > 0 && { share: processed / total }) });
        } else if (event.type === 'reasoning') {
          notice.waitFor({ for: 'thinking' });
          if (config.reasoning === 'show') page.reasoning(thoughtWithoutKey(event.text));
        } else if (event.type === 'correction') {
          await page.answerWasReasoning(config.reasoning === 'show');
          insertion?.restart();
        } else if (event.type === 'text') {
          if (config.reasoning === 'show') page.reasoning(thoughtWithoutKey('', true));
          const text = filter(withoutKey(event.text));
          page.text(text);
          insertion?.write(text);
        } else if (event.type === 'finish') {
          const rest = filter(withoutKey('', true));
          page.text(rest);
          insertion?.write(rest);
          await end(event.result);
        }
      }
    }

    async function end(result: ChatResult): Promise<void> {
      record(result);
      const asked = meta.requestedModel;
      const other = otherModelNote(asked, textOrNothing(meta.model), phrases);
      if (other) noteOnce({ requestedModel: asked, model: meta.model }, other);
      const ended = {
        replyId,
        secret,
        showStats: config.showStats,
        contextLength: await contextLength(result),
      };
      const ending = describeEnding(result, ended, phrases);
      notes.push(...ending.notes);
      buttons = [...buttons, ...ending.buttons];
    }

    async function fail(error: unknown): Promise<void> {
      record(stream?.soFar);
      meta.error = factsOf(error);
      const model = config.model ?? textOrNothing(meta.requestedModel);
      const failed = {
        config,
        model,
        replyId: idToContinue(),
        hasText: hasText() || isContinuing,
        hasOlder: shorten(conversation(), 0) !== undefined,
      };
      const told = await tellFailure(error, failed, phrases, () => server.models(true));
      page.note(
        '⚠️',
        told.paragraphs.map((paragraph) => withoutSecret(paragraph, secret)),
      );
      buttons = told.buttons;
      await insertion?.fail(explain(error, factsOf(error), config, model, phrases).happened);
    }
  }

  /** What the conversation is for this job: up to the last question, or from where it was shortened. */
  function conversation(): Message[] {
    const all = conversationOf(before);
    const start = all.findIndex(({ id }) => id !== undefined && id === meta.startsAt);
    const isAgain = job.purpose.kind !== 'answer';
    const end = isAgain ? all.findLastIndex(({ sender }) => sender === 'user') + 1 : all.length;
    return all.slice(Math.max(start, 0), end);
  }

  /** The last answer that has words. Later replies without any, to a Continue that failed, do not count. */
  function lastReply(): Message | undefined {
    const hasWords = (message: Message) => modelText(message).trim() !== '';
    const last = conversationOf(before).findLast((one) => one.sender === 'user' || hasWords(one));
    return last?.sender === 'bot' ? last : undefined;
  }

  /** Of the reply that can be continued after this one: itself, or without a word of it the one that it goes on with. */
  function idToContinue(): unknown {
    return isContinuing && !hasText() ? lastReply()?.id : replyId;
  }

  /** A code fence that the answer so far leaves open goes on in the next part. */
  function continuedText(): string {
    const last = isContinuing ? lastReply() : undefined;
    return last ? modelText(last) : '';
  }

  async function modelToAsk(): Promise<string | undefined> {
    if (job.purpose.kind === 'load') return job.purpose.model;
    return config.model ?? defaultChatModel(await server.models().catch(() => []))?.id;
  }

  /** Says what is waited for, until the first sign of life. */
  async function watchModel(
    model: string | undefined,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<void> {
    const stoppedAt = stoppedEarly.get(config.baseURL) ?? -Infinity;
    if (performance.now() - stoppedAt < STILL_BUSY_MS) notice.waitFor({ for: 'earlier question' });
    const models = await server.models().catch(() => []);
    const asked = models.find(({ id }) => id === model);
    if (signal.aborted || model === undefined || asked?.loaded === undefined) return;
    if (asked.loaded) {
      if (performance.now() - stoppedAt >= STILL_BUSY_MS) notice.waitFor({ for: 'reading' });
      return;
    }
    notice.waitFor({ for: 'loading', model });
    const onShare = (share: number) => {
      if (!signal.aborted) notice.waitFor({ for: 'loading', model, share });
    };
    await server.watchLoading(model, onShare, signal);
  }

  /** Of the model that answered, as it is loaded. */
  async function contextLength({ usage, model }: ChatResult): Promise<number | undefined> {
    if (!usage) return undefined;
    const find = (models: readonly Model[]) =>
      models.find(({ id }) => id === model) ?? models.find(({ id }) => id === meta.requestedModel);
    const known = find(await server.models().catch(() => []));
    if (known?.loaded !== false) return known?.contextLength;
    // It was loaded for this answer.
    const models = await server.models(true).catch(() => []);
    job.showModels(models);
    const fresh = find(models);
    return fresh?.loaded ? fresh.contextLength : undefined;
  }

  async function tellReady(): Promise<void> {
    // Also where the model is named: what listens there is to be known.
    const models = await server.models(true);
    const model = config.model ?? defaultChatModel(models)?.id;
    const shown = model === undefined ? phrases.anyModel() : `\`${model}\``;
    layout?.note('✅', [phrases.ready(new URL(config.baseURL).host, shown)]);
  }

  function tellUnknownSettings(): void {
    if (config.unknown.length === 0) return;
    const unknownSettings = clip(config.unknown.map((field) => `\`${field}\``).join(', '), 200);
    noteOnce({ unknownSettings }, [
      phrases.unknownSettings(unknownSettings),
      phrases.unknownSettingsAdvice(),
    ]);
  }

  function record(result: Partial<PartialResult> = {}): void {
    Object.assign(meta, resultFacts(result, secret));
  }

  /** Not where an earlier reply of the thread has the same facts in its meta. */
  function noteOnce(facts: Meta, note: Note): void {
    const fields = Object.entries(facts);
    const isSame = (one: Message) => fields.every(([name, value]) => one?.meta?.[name] === value);
    if (!before.some(isSame)) notes.push(note);
    Object.assign(meta, facts);
  }

  return {
    work,
    buttons() {
      if (hasEnded) return buttons;
      return hasText() || isContinuing ? [continueButton(phrases, idToContinue())] : [];
    },
  };
}

const unchanged = (text: string) => text;

const textOrNothing = (value: unknown) => (typeof value === 'string' ? value : undefined);
