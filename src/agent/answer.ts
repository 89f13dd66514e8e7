import { isObject } from '../chat/guards.ts';
import { streamChat } from '../chat/stream-chat.ts';
import type { ChatMessage, ChatReply, ChatResult, PartialResult } from '../chat/types.ts';
import type { Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { loadAttachments } from './attachments.ts';
import type { LoadedMessage } from './conversation.ts';
import { explainError, explainProblems, factsOf } from './errors.ts';
import { currentMessages, type HostUtils, type Meta, type Thread } from './host.ts';
import { isSameModel, loadedModel } from './model.ts';
import { reasoningTitle } from './reasoning.ts';
import type { Config } from './settings.ts';
import type { TurnWork } from './turn.ts';
import { createWaiting, type Waiting } from './waiting.ts';
import { phrases, type Say } from './words.ts';
import { createWriter } from './writer.ts';

/** What an answer is made from. */
export interface Question {
  thread: Thread;
  hostUtils: HostUtils | undefined;
  config: Config;
  say: Say;
  /** Filled with what is worth saving beside the text. */
  meta: Meta;
  /** The thread's messages, as the request's. */
  convert(messages: LoadedMessage[]): ChatMessage[];
  /** What the server has; empty where it does not tell. */
  models(): Promise<readonly Model[]>;
}

/** The work of a turn in which the model answers. Whatever goes wrong is said in the reply. */
export function answer(question: Question): TurnWork {
  const { thread, hostUtils, config, say, meta } = question;
  const messages = [...thread.messages];
  let reply: ChatReply | undefined;
  let waiting: Waiting | undefined;

  return {
    async run(write, signal) {
      const writer = createWriter(write, say(reasoningTitle));
      const notes =
        config.unknown.length === 0
          ? []
          : [say(phrases.unknownField, { fields: config.unknown.join(', ') })];
      waiting = createWaiting(thread.messages.at(-1), hostUtils, say);
      try {
        if (config.problems.length > 0) {
          meta.error = { kind: 'settings' };
          for (const problem of explainProblems(config, say)) writer.note('⚠️', problem);
          return;
        }
        const request = await prepare(question, messages, (note) => notes.push(note));
        if (signal.aborted) return;
        if (request === undefined) {
          notes.push(say(phrases.nothingToSay));
          return;
        }
        reply = streamChat(request, {
          baseURL: config.baseURL,
          apiKey: config.apiKey,
          timeouts: config.timeouts,
          fetch: nodeFetch,
          signal,
        });
        for await (const event of reply.events()) {
          if (event.type === 'text') writer.text(event.text);
          else if (event.type === 'reasoning' && config.reasoning === 'show')
            writer.reasoning(event.text);
          else if (event.type === 'reasoning') waiting.isThinking();
          else if (event.type === 'progress') waiting.isReading(event.processed, event.total);
          else if (event.type === 'finish') {
            record(meta, event.result);
            notes.push(...endNotes(event.result, messages, meta, say));
            if (config.showStats) notes.push(...stats(event.result, say));
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        record(meta, reply?.soFar);
        meta.error = factsOf(error);
        writer.note('⚠️', await explainError(error, config, say, question.models));
      } finally {
        for (const note of notes) writer.note('ℹ️', note);
      }
    },
    beforeText: (soFar) => waiting?.end(soFar),
    atEnd(soFar, isStopped) {
      waiting?.end(soFar);
      if (!isStopped) return;
      record(meta, reply?.soFar);
      meta.verdict = 'stopped';
    },
  };
}

/** The request's body; `undefined` where the user has said nothing that can be sent. */
async function prepare(
  { thread, hostUtils, config, say, meta, convert, models }: Question,
  messages: Thread['messages'],
  refuse: (note: string) => void,
): Promise<Parameters<typeof streamChat>[0] | undefined> {
  const place = { storagePath: hostUtils?.threadRepository?.storagePath, threadId: thread.id };
  const converted = convert(await loadAttachments(currentMessages(messages), place, say, refuse));
  if (converted.at(-1)?.role !== 'user') return undefined;
  const model = config.model ?? loadedModel(await models());
  if (model !== undefined) meta.requestedModel = model;
  const { chat_template_kwargs } = config.body;
  return {
    ...config.body,
    messages: converted,
    ...(model !== undefined && { model }),
    ...(config.reasoning === 'off' && {
      reasoning_effort: 'none',
      // llama.cpp and vLLM know only this; LM Studio and Ollama pass over it.
      chat_template_kwargs: {
        ...(isObject(chat_template_kwargs) && chat_template_kwargs),
        enable_thinking: false,
      },
    }),
  };
}

function record(meta: Meta, result: PartialResult | undefined): void {
  const { verdict, finishReason, usage, model, timing } = result ?? {};
  for (const [field, value] of Object.entries({ verdict, finishReason, usage, model, timing })) {
    if (value !== undefined) meta[field] = value;
  }
}

/** What the reader should know about an end that is not plain. */
function endNotes(
  result: ChatResult,
  messages: Thread['messages'],
  meta: Meta,
  say: Say,
): string[] {
  const { verdict, reasoning, toolCalls, model } = result;
  const notes: string[] = [];
  if (verdict === 'length') notes.push(say(phrases.length));
  if (verdict === 'content_filter') notes.push(say(phrases.filtered));
  if (verdict === 'tool_calls') {
    notes.push(say(phrases.tools, { names: toolCalls.map(({ name }) => name).join(', ') }));
  }
  if (verdict === 'empty') {
    const count = reasoning.trim().length;
    notes.push(count > 0 ? say(phrases.onlyReasoning, { count }) : say(phrases.empty));
  }
  const asked = meta.requestedModel;
  if (typeof asked === 'string' && model !== undefined && !isSameModel(asked, model)) {
    const isKnown = messages.some(
      (one) => one?.meta?.requestedModel === asked && one.meta.model === model,
    );
    if (!isKnown) notes.push(say(phrases.otherModel, { answered: model, asked }));
  }
  return notes;
}

function stats({ usage, timing, model }: ChatResult, say: Say): string[] {
  const seconds = (ms = 0) => (ms / 1000).toFixed(1);
  return [
    say(phrases.stats, {
      tokens: usage?.completion_tokens ?? '?',
      rate: timing.tokensPerSecond?.toFixed(1) ?? '?',
      first: seconds(timing.firstTokenMs),
      total: seconds(timing.totalMs),
      model: model ?? '?',
    }),
  ];
}
