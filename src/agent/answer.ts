import { streamChat } from '../chat/stream-chat.ts';
import type { ChatMessage, ChatReply, ChatResult, PartialResult } from '../chat/types.ts';
import type { Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { loadAttachments } from './attachments.ts';
import type { LoadedMessage } from './conversation.ts';
import { explainError, factsOf } from './errors.ts';
import { currentMessages, type HostUtils, type Message, type Meta, type Thread } from './host.ts';
import { isSameModel, loadedModel } from './model.ts';
import type { Config } from './settings.ts';
import type { Work } from './turn.ts';
import { createWaiting } from './waiting.ts';
import {
  cutOff,
  emptyAnswer,
  loadedModelLabel,
  onlyReasoning,
  otherModel,
  reasoningLabel,
  type Say,
  unknown,
} from './words.ts';
import { createWriter } from './writer.ts';

/** What of a result is saved in the message's meta. */
const SAVED = ['verdict', 'finishReason', 'usage', 'model', 'timing'] as const;

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
export function answer({ thread, hostUtils, config, say, meta, convert, models }: Question): Work {
  const before = [...thread.messages];

  return async (write, signal, bubble) => {
    const notes: string[] = [];
    const waiting = createWaiting(bubble, hostUtils, say);
    const writer = createWriter((text) => {
      waiting.end();
      write(text);
    }, say(reasoningLabel));
    let reply: ChatReply | undefined;

    async function ask(): Promise<void> {
      const place = { storagePath: hostUtils?.threadRepository?.storagePath, threadId: thread.id };
      const messages = convert(
        await loadAttachments(currentMessages(before), place, say, (note) => notes.push(note)),
      );
      if (messages.at(-1)?.role !== 'user') {
        if (notes.length > 0) return;
        const loaded = loadedModel(await models()) ?? say(loadedModelLabel);
        writer.note('✅', `${new URL(config.baseURL).host} · ${config.model ?? loaded}`);
        return;
      }
      const { body, reasoning, model = loadedModel(await models().catch(() => [])) } = config;
      meta.requestedModel = model;
      reply = streamChat(
        {
          // llama.cpp and vLLM know only this; LM Studio and Ollama pass over it.
          ...(reasoning === 'off' && { chat_template_kwargs: { enable_thinking: false } }),
          ...body,
          ...(reasoning === 'off' && { reasoning_effort: 'none' }),
          model,
          messages,
        },
        // What else is in the config means nothing to the client.
        { ...config, fetch: nodeFetch, signal },
      );
      for await (const event of reply.events()) {
        if (event.type === 'text') writer.text(event.text);
        else if (event.type === 'finish') describeEnd(event.result);
        else if (event.type === 'reasoning') {
          if (reasoning === 'show') writer.reasoning(event.text);
          else waiting.isThinking();
        }
      }
    }

    /** What the reader should know about an end that is not plain; and its cost, where that is wanted. */
    function describeEnd(result: ChatResult): void {
      const { verdict, finishReason, reasoning, usage, timing, model } = result;
      const asked = meta.requestedModel;
      const thought = reasoning.trim().length;
      record(result);
      if (verdict === 'length') notes.push(say(cutOff));
      else if (verdict === 'empty') notes.push(say(thought ? onlyReasoning : emptyAnswer, thought));
      else if (verdict !== 'complete') notes.push(`finish_reason: ${finishReason}`);
      if (model && typeof asked === 'string' && !isSameModel(asked, model)) {
        noteOnce({ requestedModel: asked, model }, say(otherModel, model, asked));
      }
      if (config.showStats) {
        const seconds = (Number(timing.totalMs) / 1000).toFixed(1);
        const rate = timing.tokensPerSecond?.toFixed(1) ?? '?';
        notes.push(`${usage?.completion_tokens ?? '?'} tokens, ${rate}/s, ${seconds} s`);
      }
    }

    function record(result: Partial<PartialResult> = {}): void {
      for (const field of SAVED) meta[field] = result[field];
    }

    /** Not where an earlier reply of the thread has the same facts in its meta. */
    function noteOnce(facts: Meta, note: string): void {
      const fields = Object.entries(facts);
      const isSame = (one: Message) => fields.every(([name, value]) => one?.meta?.[name] === value);
      if (!before.some(isSame)) notes.push(note);
      Object.assign(meta, facts);
    }

    // At once, because the host saves the message when it has left the stream.
    signal.addEventListener('abort', () => {
      waiting.end();
      record(reply?.soFar);
      meta.verdict ??= 'stopped';
    });
    try {
      if (config.problem) throw config.problem;
      const { unknown: unknownSettings } = config;
      if (unknownSettings) noteOnce({ unknownSettings }, say(unknown, unknownSettings));
      await ask();
    } catch (error) {
      if (signal.aborted) return;
      record(reply?.soFar);
      meta.error = factsOf(error);
      writer.note('⚠️', await explainError(error, say, models));
    }
    for (const note of notes) writer.note('ℹ️', note);
  };
}
