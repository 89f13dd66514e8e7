import { isObject } from '../chat/guards.ts';
import type { ChatMessage } from '../chat/types.ts';
import { listModels, type Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { answer } from './answer.ts';
import { type LoadedMessage, toChatMessages } from './conversation.ts';
import { greet } from './greet.ts';
import { currentMessages, type HostUtils, type Task, type Thread, textOf } from './host.ts';
import { formatNote } from './notes.ts';
import { buildOperations, RESET_TASK } from './operations.ts';
import { AgentResponse } from './response.ts';
import { type Config, readSettings } from './settings.ts';
import { beginTurn, type TurnWork } from './turn.ts';
import { createSay, isMostlyChinese, type Language, phrases, type Say } from './words.ts';

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
    return this.#respond(thread, host_utils, ({ config, say, response }) =>
      answer({
        thread,
        hostUtils: host_utils,
        config,
        say,
        meta: response.meta,
        convert: (messages) => this.convertToOpenAIMessages(messages),
        models: () => this.#knownModels(config),
      }),
    );
  }

  /**
   * Runs a button's task, or the extension's `InitTask`, which comes when a chat is opened: it answers a question
   * that waits, or else tells whether the server is ready.
   */
  async executeTask(task: Task, thread: Thread): Promise<AgentResponse> {
    const hostUtils = task.host_utils;
    if (task.name === 'InitTask') {
      return currentMessages(thread.messages).at(-1)?.sender === 'user'
        ? this.generateReply(thread, hostUtils)
        : this.#respond(thread, hostUtils, ({ config, say, response }) =>
            greet(config, say, response.meta, () => this.#askModels(config)),
          );
    }
    const repository = hostUtils?.threadRepository;
    (await beginTurn(thread, repository)).release();
    const { say } = this.#voice(thread);
    if (task.name !== RESET_TASK) {
      return new AgentResponse(formatNote('⚠️', say(phrases.unknownTask, { name: task.name })));
    }
    const markerId = repository?.addMarker?.(thread);
    hostUtils?.postMessage?.({ type: 'markerAdded', thread, markerId });
    return new AgentResponse(formatNote('ℹ️', say(phrases.reset)));
  }

  /** The panel's drop-downs and buttons; within two seconds, whatever the server does. */
  async loadOperations(thread?: Thread): Promise<unknown[]> {
    const { config, say } = this.#voice(thread);
    return buildOperations(config, await this.#knownModels(config), say);
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

  /** A response whose stream does the work, after the thread's older turn has ended. */
  async #respond(
    thread: Thread,
    hostUtils: HostUtils | undefined,
    makeWork: (voice: { config: Config; say: Say; response: AgentResponse }) => TurnWork,
  ): Promise<AgentResponse> {
    const turn = await beginTurn(thread, hostUtils?.threadRepository);
    const response = new AgentResponse();
    const text = turn.stream(makeWork({ ...this.#voice(thread), response }));
    const chunks = asChunks(text);
    this.#ownStreams.set(chunks, text);
    response.setStream(this.createStream(chunks));
    return response;
  }

  #voice(thread?: Thread): { config: Config; say: Say } {
    const config = readSettings(this.metadata, this.settings);
    return { config, say: createSay(config.language ?? languageOf(thread)) };
  }

  /** What the server has, as heard in the last minute; empty where it does not tell. */
  #knownModels(config: Config): Promise<readonly Model[]> {
    if (config.problems.length > 0) return Promise.resolve([]);
    if (this.#models === undefined || this.#models.until < Date.now()) {
      const list = this.#askModels(config).catch(() => {
        this.#models = undefined;
        return [];
      });
      this.#models = { until: Date.now() + KEEP_MS, list };
    }
    return this.#models.list;
  }

  #askModels({ baseURL, apiKey }: Config): Promise<readonly Model[]> {
    return listModels({ baseURL, apiKey, fetch: nodeFetch, signal: AbortSignal.timeout(LIST_MS) });
  }
}

/** That of the last question; without one, VS Code's. */
function languageOf(thread?: Thread): Language {
  const asked = thread?.messages?.findLast(
    (one) => one?.sender === 'user' && textOf(one).trim() !== '',
  );
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
    const text = deltaOf(chunk);
    if (text !== '') yield text;
  }
}

function deltaOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  const choices = isObject(chunk) && Array.isArray(chunk.choices) ? chunk.choices : [];
  const choice: unknown = choices[0];
  const delta = isObject(choice) && isObject(choice.delta) ? choice.delta : {};
  return typeof delta.content === 'string' ? delta.content : '';
}
