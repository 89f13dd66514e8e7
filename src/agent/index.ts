import { setTimeout } from 'node:timers/promises';
import type { ChatMessage } from '../chat/types.ts';
import { fieldsOf, itemsOf } from '../json.ts';
import { listModels, type Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { answer } from './answer.ts';
import { type LoadedMessage, toChatMessages } from './conversation.ts';
import { asThread, type HostUtils, type Task, type Thread, textOf } from './host.ts';
import { formatNote } from './notes.ts';
import { buildOperations, RESET_TASK } from './operations.ts';
import { type AgentResponse, createResponse } from './response.ts';
import { type Config, readSettings } from './settings.ts';
import { beginTurn } from './turn.ts';
import { createSay, isMostlyChinese, type Say, unknown } from './words.ts';

/** The list that a question without a model needs is kept so long. */
const KEEP_MS = 60_000;

/** The panel's operations, its boot message and its first task wait for the list no longer. */
const PANEL_MS = 1500;

/**
 * A chat agent for the VS Code extension My Assistant, which answers with a local model. The extension requires
 * this file, makes one agent a chat, and reads the replies' streams. No method throws or rejects: what goes wrong is
 * said in the reply, because the extension would show none of it.
 */
export default class LocalLLMStreamAgent {
  metadata: unknown;
  settings: unknown;
  #models: Promise<readonly Model[]> | undefined;

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
    const response = createResponse();
    const work = answer({
      thread: chat,
      hostUtils: host_utils,
      config,
      say,
      meta: response.getMeta(),
      convert: (messages) => this.convertToOpenAIMessages(messages),
      models: () => this.#listModels(config),
    });
    const texts = turn.stream(work);
    response.setStream(this.createStream({ texts, [Symbol.asyncIterator]: () => asChunks(texts) }));
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
    try {
      if (name !== RESET_TASK) throw new Error(say(unknown, `\`${name}\``));
      const markerId = repository?.addMarker?.(chat);
      hostUtils?.postMessage?.({ type: 'markerAdded', thread: chat, markerId });
      return createResponse();
    } catch (error) {
      return createResponse(formatNote('⚠️', String(fieldsOf(error).message)));
    }
  }

  /** The panel's drop-downs and buttons; within two seconds, whatever the server does. */
  async loadOperations(thread?: Thread): Promise<unknown[]> {
    const { config, say } = this.#voice(asThread(thread));
    const models = this.#listModels(config).catch(() => []);
    const late = setTimeout(PANEL_MS, [], { ref: false });
    return buildOperations(config, await Promise.race([models, late]), say);
  }

  /** The messages after the last marker, as the request has them. */
  convertToOpenAIMessages(messages: LoadedMessage[]): ChatMessage[] {
    return toChatMessages(messages, readSettings(this.metadata, this.settings).systemPrompt);
  }

  /**
   * The text of a stream of chat completion chunks, delta by delta. A subclass may override it: the stream of
   * `generateReply` comes through it in that form too.
   */
  createStream(stream: ChunkStream): AsyncIterable<string> {
    return stream.texts ?? textOfChunks(stream);
  }

  #voice(thread: Thread): { config: Config; say: Say } {
    const config = readSettings(this.metadata, this.settings);
    return { config, say: createSay(config.language || languageOf(thread)) };
  }

  /** The server's chat models, as heard in the last minute. */
  #listModels(config: Config): Promise<readonly Model[]> {
    if (!this.#models) {
      const forget = () => {
        this.#models = undefined;
      };
      this.#models = listModels({ ...config, fetch: nodeFetch }).then((models) =>
        models.filter(({ type }) => type !== 'embedding'),
      );
      this.#models.catch(forget);
      setTimeout(KEEP_MS, undefined, { ref: false }).then(forget);
    }
    return this.#models;
  }
}

/** A reply's own stream brings its texts along, because no generator can be left while it waits. */
interface ChunkStream extends AsyncIterable<unknown> {
  texts?: AsyncIterable<string>;
}

/** That of the last question. */
function languageOf({ messages }: Thread): string {
  const asked = messages.findLast((one) => one?.sender === 'user' && textOf(one).trim());
  return asked && isMostlyChinese(textOf(asked)) ? 'zh' : 'en';
}

async function* asChunks(texts: AsyncIterable<string>): AsyncGenerator<unknown> {
  for await (const content of texts) yield { choices: [{ index: 0, delta: { content } }] };
}

async function* textOfChunks(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    const [choice] = itemsOf(fieldsOf(chunk).choices);
    const { content } = fieldsOf(fieldsOf(choice).delta);
    if (typeof content === 'string' && content) yield content;
  }
}
