import { isObject } from '../chat/guards.ts';
import type { ChatMessage } from '../chat/types.ts';
import { listModels, type Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { answer } from './answer.ts';
import { type LoadedMessage, toChatMessages } from './conversation.ts';
import { asThread, type HostUtils, type Task, type Thread, textOf } from './host.ts';
import { formatNote } from './notes.ts';
import { buildOperations, RESET_TASK } from './operations.ts';
import { AgentResponse } from './response.ts';
import { type Config, readSettings } from './settings.ts';
import { beginTurn } from './turn.ts';
import { createSay, isMostlyChinese, type Say, unknownTask } from './words.ts';

/** The list of models is asked for so long before the panel, or a question without a model, goes on without it. */
const LIST_MS = 1500;
/** The list that a question without a model needs is kept so long. */
const KEEP_MS = 60_000;

/**
 * A chat agent for the VS Code extension My Assistant, which answers with a local model. The extension requires
 * this file, makes one agent a chat, and reads the replies' streams. No method throws or rejects: what goes wrong is
 * said in the reply, because the extension would show none of it.
 */
export default class LocalLLMStreamAgent {
  metadata: unknown;
  settings: unknown;
  #models: { until: number; list: Promise<readonly Model[]> } | undefined;
  #ownStreams = new WeakMap<object, AsyncIterable<string>>();

  /**
   * @param metadata - the agent's `metadata` in agents.json; `metadata.llm` holds what README.md lists
   * @param settings - the agent's settings, the plugin's and the thread's, merged by the extension
   */
  constructor(metadata?: unknown, settings?: unknown) {
    this.metadata = metadata;
    this.settings = settings;
  }

  /**
   * Answers the thread's last message. Resolves at once: the request is made when the stream is read.
   * @param thread - the chat, whose last message is the user's
   * @param host_utils - the extension's services
   */
  async generateReply(thread: Thread, host_utils?: HostUtils): Promise<AgentResponse> {
    const chat = asThread(thread);
    const turn = await beginTurn(chat, host_utils?.threadRepository);
    const { config, say } = this.#voice(chat);
    const response = new AgentResponse();
    const work = answer({
      thread: chat,
      hostUtils: host_utils,
      config,
      say,
      meta: response.meta,
      convert: (messages) => this.convertToOpenAIMessages(messages),
      models: () => this.#listModels(config),
    });
    const texts = turn.stream(work);
    const chunks = asChunks(texts);
    this.#ownStreams.set(chunks, texts);
    response.setStream(this.createStream(chunks));
    return response;
  }

  /**
   * Runs a button's task, or the extension's `InitTask`, which comes when a chat is opened: the question that waits
   * is answered; where none does, the reply tells whether the server is ready.
   */
  async executeTask(task: Task, thread: Thread): Promise<AgentResponse> {
    const chat = asThread(thread);
    const { name, host_utils: hostUtils } = task ?? {};
    if (name === 'InitTask') return this.generateReply(chat, hostUtils);
    const repository = hostUtils?.threadRepository;
    (await beginTurn(chat, repository)).release();
    const { say } = this.#voice(chat);
    if (name !== RESET_TASK) {
      return new AgentResponse(formatNote('⚠️', say(unknownTask, name)));
    }
    try {
      const markerId = repository?.addMarker?.(chat);
      hostUtils?.postMessage?.({ type: 'markerAdded', thread: chat, markerId });
      return new AgentResponse();
    } catch (error) {
      return new AgentResponse(formatNote('⚠️', String(error)));
    }
  }

  /** The panel's drop-downs and buttons; within two seconds, whatever the server does. */
  async loadOperations(thread?: Thread): Promise<unknown[]> {
    const { config, say } = this.#voice(asThread(thread));
    return buildOperations(config, await this.#listModels(config).catch(() => []), say);
  }

  /** The messages after the last marker, as the request has them. */
  convertToOpenAIMessages(messages: LoadedMessage[]): ChatMessage[] {
    return toChatMessages(messages, readSettings(this.metadata, this.settings).systemPrompt);
  }

  /**
   * The text of a stream of chat completion chunks, delta by delta. A subclass may override it: the stream of
   * `generateReply` comes through it in that form too.
   */
  createStream(stream: AsyncIterable<unknown>): AsyncIterable<string> {
    return this.#ownStreams.get(stream) ?? textOfChunks(stream);
  }

  #voice(thread: Thread): { config: Config; say: Say } {
    const config = readSettings(this.metadata, this.settings);
    return { config, say: createSay(config.language || languageOf(thread)) };
  }

  /** What the server has, as heard in the last minute. */
  #listModels(config: Config): Promise<readonly Model[]> {
    if (this.#models === undefined || this.#models.until < Date.now()) {
      const signal = AbortSignal.timeout(LIST_MS);
      const list = listModels({ ...config, fetch: nodeFetch, signal });
      this.#models = { until: Date.now() + KEEP_MS, list };
      list.catch(() => {
        this.#models = undefined;
      });
    }
    return this.#models.list;
  }
}

/** That of the last question; without one, VS Code's. */
function languageOf({ messages }: Thread): string {
  const asked = messages.findLast((one) => one?.sender === 'user' && textOf(one).trim() !== '');
  const isChinese =
    asked === undefined
      ? /"zh|^zh/i.test(process.env.VSCODE_NLS_CONFIG ?? process.env.LANG ?? '')
      : isMostlyChinese(textOf(asked));
  return isChinese ? 'zh' : 'en';
}

async function* asChunks(texts: AsyncIterable<string>): AsyncGenerator<unknown> {
  for await (const content of texts) yield { choices: [{ index: 0, delta: { content } }] };
}

async function* textOfChunks(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    const choices = isObject(chunk) && Array.isArray(chunk.choices) ? chunk.choices : [];
    const content: unknown = choices[0]?.delta?.content;
    if (typeof content === 'string' && content !== '') yield content;
  }
}
