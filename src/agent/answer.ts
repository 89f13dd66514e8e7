import { streamChat } from '../chat/stream-chat.ts';
import type { ChatMessage, ChatReply, ChatResult, PartialResult } from '../chat/types.ts';
import type { Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { loadAttachments } from './attachments.ts';
import type { LoadedMessage } from './conversation.ts';
import { explainError, factsOf } from './errors.ts';
import { currentMessages, type HostUtils, type Meta, type Thread } from './host.ts';
import { isSameModel, loadedModel } from './model.ts';
import { reasoningTitle } from './reasoning.ts';
import type { Config } from './settings.ts';
import type { TurnWork } from './turn.ts';
import { createWaiting, type Waiting } from './waiting.ts';
import {
  cutOff,
  emptyAnswer,
  loadedModelLabel,
  onlyReasoning,
  otherModel,
  type Say,
  unknownSettings,
} from './words.ts';
import { createWriter, type Writer } from './writer.ts';

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
  /** What the server has. */
  models(): Promise<readonly Model[]>;
}

/**
 * The work of a turn: the model answers. Where there is no question, the server is asked whether it is ready. Whatever goes wrong is said in the reply.
 */
export function answer({
  thread,
  hostUtils,
  config,
  say,
  meta,
  convert,
  models,
}: Question): TurnWork {
  const before = [...thread.messages];
  const messages = currentMessages(before);
  const notes: string[] = [];
  let reply: ChatReply | undefined;
  let waiting: Waiting | undefined;

  async function ask(writer: Writer, signal: AbortSignal): Promise<void> {
    const place = { storagePath: hostUtils?.threadRepository?.storagePath, threadId: thread.id };
    const converted = convert(
      await loadAttachments(messages, place, say, (note) => notes.push(note)),
    );
    if (converted.at(-1)?.role !== 'user') {
      if (notes.length > 0) return;
      const loaded = loadedModel(await models()) ?? say(loadedModelLabel);
      writer.note('✅', `${config.url} · ${config.model ?? loaded}`);
      return;
    }
    const model = config.model ?? loadedModel(await models().catch(() => []));
    if (signal.aborted) return;
    meta.requestedModel = model;
    const { body, reasoning } = config;
    reply = streamChat(
      {
        // llama.cpp and vLLM know only this; LM Studio and Ollama pass over it.
        ...(reasoning === 'off' && { chat_template_kwargs: { enable_thinking: false } }),
        ...body,
        ...(reasoning === 'off' && { reasoning_effort: 'none' }),
        model,
        messages: converted,
      },
      // What else is in the config means nothing to the client.
      { ...config, fetch: nodeFetch, signal },
    );
    for await (const event of reply.events()) {
      if (event.type === 'text') writer.text(event.text);
      else if (event.type === 'progress') waiting?.isReading(event.processed, event.total);
      else if (event.type === 'finish') notes.push(...describeEnd(event.result));
      else if (event.type === 'reasoning') {
        if (reasoning === 'show') writer.reasoning(event.text);
        else waiting?.isThinking();
      }
    }
  }

  /** What the reader should know about an end that is not plain; and its cost, where that is wanted. */
  function describeEnd(result: ChatResult): string[] {
    const { verdict, finishReason, toolCalls, usage, timing, model } = result;
    const asked = meta.requestedModel;
    const lines: string[] = [];
    record(result);
    if (verdict === 'length') lines.push(say(cutOff));
    else if (verdict === 'empty') {
      const count = result.reasoning.trim().length;
      lines.push(say(count > 0 ? onlyReasoning : emptyAnswer, count));
    } else if (verdict !== 'complete') {
      const names = toolCalls.map(({ name }) => name);
      lines.push(`finish_reason: ${[finishReason, ...names].join(' ')}`);
    }
    if (model !== undefined && typeof asked === 'string' && !isSameModel(asked, model)) {
      if (isNew({ requestedModel: asked, model })) lines.push(say(otherModel, model, asked));
    }
    if (config.showStats) {
      const seconds = Number(timing.totalMs) / 1000;
      const rate = timing.tokensPerSecond?.toFixed(1) ?? '?';
      lines.push(`${usage?.completion_tokens ?? '?'} tokens, ${rate}/s, ${seconds.toFixed(1)} s`);
    }
    return lines;
  }

  function record({
    verdict,
    finishReason,
    usage,
    model,
    timing,
  }: Partial<PartialResult> = {}): void {
    Object.assign(meta, { verdict, finishReason, usage, model, timing });
  }

  /** No earlier reply of the thread has the same in its meta; so a note is made once. */
  function isNew(facts: Meta): boolean {
    const fields = Object.entries(facts);
    return !before.some((one) => fields.every(([field, value]) => one?.meta?.[field] === value));
  }

  return {
    async run(write, signal) {
      const writer = createWriter(write, say(reasoningTitle));
      waiting = createWaiting(thread.messages.at(-1), hostUtils, say);
      try {
        if (config.problem !== undefined) throw config.problem;
        if (config.unknown !== '') {
          const unknown = { unknownSettings: config.unknown };
          if (isNew(unknown)) notes.push(say(unknownSettings, config.unknown));
          Object.assign(meta, unknown);
        }
        await ask(writer, signal);
      } catch (error) {
        if (signal.aborted) return;
        record(reply?.soFar);
        meta.error = factsOf(error);
        writer.note('⚠️', await explainError(error, config, say, models));
      }
      for (const note of notes) writer.note('ℹ️', note);
    },
    beforeText: (soFar) => waiting?.end(soFar),
    atEnd(soFar, isStopped) {
      waiting?.end(soFar);
      const { verdict = 'stopped', ...rest } = reply?.soFar ?? {};
      if (isStopped) record({ ...rest, verdict });
    },
  };
}
