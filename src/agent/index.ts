import { abridge } from '../advice/index.ts';
import { fieldsOf, isObject, itemsOf, type JsonObject } from '../client/json.ts';
import type { Model } from '../client/models/models.ts';
import type { ChatMessage } from '../client/types.ts';
import { writeAnswer } from './answer/answer.ts';
import { AnswerPage } from './answer/answer-page.ts';
import type { Asked, Job } from './answer/job.ts';
import { findUnfinished } from './answer/resume.ts';
import { createTextInsertion, type Insertion, targetOf } from './editor/insert-text.ts';
import { loadVSCode } from './editor/vscode.ts';
import {
  addMarker,
  asThread,
  currentMessages,
  type HostUtils,
  type Message,
  postToPanel,
  type Task,
  type Thread,
} from './host.ts';
import { formatNote } from './page/added.ts';
import { LOAD_MODEL, TASKS } from './say/buttons.ts';
import { buildOperations } from './say/operations.ts';
import { type Phrases, phrasesIn } from './say/phrases.ts';
import { Server } from './server.ts';
import { languageOf } from './settings/language.ts';
import { type Config, readSettings } from './settings/settings.ts';
import { type LoadedMessage, toChatMessages } from './thread/conversation.ts';
import { realClock, sleep, type TurnClock } from './turn/clock.ts';
import { callForInitTask, takeCallBack, whenPageLoads } from './turn/opening.ts';
import { type AgentResponse, createNoResponse, createResponse } from './turn/response.ts';
import { changeThread } from './turn/saved-thread.ts';
import { beginTurn, isPressedTwice, runningTurn } from './turn/turn.ts';

/*
 * The agent, from what the host calls to what it reads:
 *
 *   generateReply, executeTask ─ turn/turn.ts (one turn of a thread; the older one is ended first)
 *     ├ settings/ (agents.json → Config) · say/phrases.ts (the language)
 *     └ answer/answer.ts (what is asked, streamed and said) ─ thread/ (messages → the request's)
 *          └ page/ (the reply's text: answer, reasoning, notes) ─ turn/joiner.ts ─ the host's stream
 *   loadOperations ─ server.ts (models) ─ say/operations.ts (drop-downs, buttons)
 *     └ turn/opening.ts (the host runs InitTask, which brings a way to the panel) ─ answer/resume.ts
 *   'Generate Text at Cursor' ─ editor/insert-text.ts ─ the document
 *
 * A turn is one question or press until its reply is saved; the reply is the message in the thread; the answer is what the
 * model wrote of it; a response is what the host is given for a reply. host.ts has the host's shapes.
 */

/** The panel's operations, its boot message and its first task wait for the list of models no longer, in ms. */
const PANEL_MS = 1500;

/**
 * A chat agent for the VS Code extension My Assistant, which answers with a local model. The extension requires
 * this file, makes one agent a chat, and reads the replies' streams. No method throws or rejects: what goes wrong is
 * said in the reply, because the extension would show none of it.
 *
 * The same class serves the extension's 'Generate Text at Cursor', if agents.json names it `TextGenAgent`.
 */
export default class LocalLLMStreamAgent {
  metadata: unknown;
  settings: unknown;
  /** Time, in every reply. A test puts its own in its place. */
  clock: TurnClock = realClock;
  /** Of the first settings: the host makes a new agent when they change. A thread's own choices change no address. */
  #server: Server | undefined;

  /**
   * @param metadata - the agent's `metadata` in agents.json; `metadata.llm` holds what the README lists
   * @param settings - the agent's settings, the plugin's and the thread's, merged by the extension
   */
  constructor(metadata?: unknown, settings?: unknown) {
    this.metadata = metadata;
    this.settings = settings;
  }

  /**
   * Answers the thread's last message. Resolves at once: the request is made when the stream is read. Only right after
   * the end of another reply in the same chat it waits, for as long as the panel needs to notice that end.
   * @param thread - the chat, whose last message is the user's
   * @param host_utils - the extension's services
   */
  async generateReply(thread: Thread, host_utils?: HostUtils): Promise<AgentResponse> {
    const chat = asThread(thread);
    takeCallBack(chat);
    return this.#reply({ kind: 'answer' }, chat, host_utils);
  }

  /**
   * Runs a button's task, or the extension's `InitTask`, which comes when a chat is opened: the question that waits
   * is answered; if there is none, the reply says whether the server is ready.
   */
  async executeTask(task: Task, thread: Thread): Promise<AgentResponse> {
    const chat = asThread(thread);
    const { name, meta, host_utils: hostUtils } = task ?? {};
    if (takeCallBack(chat) && name === 'InitTask') return this.#open(chat, hostUtils);
    if (name === 'InitTask') {
      return this.#reply({ kind: 'answer', isInitial: true }, chat, hostUtils);
    }
    const { model, replyId, share } = fieldsOf(meta);
    const button = `${name} ${model ?? replyId ?? share ?? ''}`;
    // The host would make a bubble of any response, and of an error.
    if (isPressedTwice(chat, button, this.clock)) return new Promise(() => {});
    if (name === LOAD_MODEL && typeof model === 'string') {
      // It is the chat's own from now on, as if it had been chosen in the drop-down.
      changeThread(chat, hostUtils?.threadRepository, (one) => {
        one.settings = { ...fieldsOf(one.settings), model };
      });
    }
    const asked = askedBy(name, fieldsOf(meta));
    if (asked) return this.#reply(asked, chat, hostUtils, button);
    (await beginTurn(chat, hostUtils, this.clock, button)).release();
    switch (name) {
      case TASKS.resetContext:
        // A second click would draw a second line.
        if (currentMessages(chat.messages).length > 0) addMarker(chat, hostUtils);
        return createResponse();
      case TASKS.askAgainLabel:
        // The page does what its own button does: the failed reply goes, and `generateReply` is called.
        postToPanel(hostUtils, { type: 'triggerRetry' });
        return createResponse();
      default:
        return noteResponse(this.#look(chat).phrases.unknownTask(abridge(String(name), 100)));
    }
  }

  /** The panel's drop-downs and buttons; within two seconds, whatever the server does. */
  async loadOperations(thread?: Thread): Promise<unknown[]> {
    const chat = asThread(thread);
    const { config, phrases, server } = this.#look(chat);
    const models = server.models(true);
    const list = await Promise.race([
      models.catch(() => []),
      sleep(PANEL_MS, this.clock).then(() => []),
    ]);
    const { initTask, bootMessage } = fieldsOf(this.metadata);
    const last = currentMessages(chat.messages).at(-1);
    // The host does something of its own at the opening of this chat.
    const isBusy = last ? last.meta?.autoProcess === true : Boolean(initTask || bootMessage);
    if (!isBusy) callForInitTask(chat);
    return buildOperations(config, list, phrases);
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

  /** The chat was opened: an answer that has lost its window is taken up again, if the server has it. */
  async #open(thread: Thread, hostUtils: HostUtils | undefined): Promise<AgentResponse> {
    const { config, server } = this.#look(thread);
    const models = server.models().catch(() => []);
    const show = async () => this.#showModels(await models, thread, hostUtils);
    void show();
    whenPageLoads(thread, hostUtils?.threadRepository, () => {
      void show();
      runningTurn(thread)?.showAgain();
    });
    const unfinished = findUnfinished(thread.messages, config.baseURL);
    const kept = unfinished && (await server.keptAnswer(unfinished.id));
    // The user was faster, in this very panel. The host would tell the page that nobody answers any more.
    if (hostUtils && runningTurn(thread)?.hostUtils === hostUtils) return new Promise(() => {});
    if (!kept) return createNoResponse();
    forgetOpenings(thread, hostUtils);
    const asked = { kind: 'resume', kept } as const;
    if (!kept.isDone) return this.#reply(asked, thread, hostUtils);
    const { job, page } = await this.#begin(asked, thread, hostUtils);
    await writeAnswer(job, page);
    job.turn.release();
    return createNoResponse();
  }

  /** @param button - the one that was pressed */
  async #reply(
    asked: Asked,
    thread: Thread,
    hostUtils: HostUtils | undefined,
    button?: string,
  ): Promise<AgentResponse> {
    const { job, page, response } = await this.#begin(asked, thread, hostUtils, button);
    const texts = job.turn.stream(page, () => writeAnswer(job, page));
    response.setStream(this.createStream({ texts, [Symbol.asyncIterator]: () => asChunks(texts) }));
    return response;
  }

  async #begin(asked: Asked, thread: Thread, hostUtils: HostUtils | undefined, button?: string) {
    const { clock } = this;
    const leaving = asked.kind === 'resume' ? 'unseen' : 'unwanted';
    const turn = await beginTurn(thread, hostUtils, clock, button, leaving);
    const response = createResponse('', () => turn.buttons);
    const meta = response.getMeta();
    if (asked.kind === 'resume') meta.isOpening = true;
    const look = this.#look(thread);
    const isInitial = asked.kind === 'answer' && asked.isInitial === true;
    const job: Job = {
      ...look,
      asked,
      thread,
      before: [...thread.messages],
      turn,
      reply: turn,
      hostUtils,
      clock,
      meta,
      convert: (messages) => this.convertToOpenAIMessages(messages),
      showModels: (models) => this.#showModels(models, thread, hostUtils),
      insertion: isInitial ? await insertionFor(thread, look.phrases, clock) : undefined,
    };
    return { job, page: new AnswerPage(job), response };
  }

  /** The settings as they are now: those of the thread may be newer than those that the agent was made with. */
  #look(thread: Thread): { config: Config; phrases: Phrases; server: Server } {
    const settings = isObject(this.settings ?? {})
      ? { ...fieldsOf(this.settings), ...fieldsOf(thread.settings) }
      : this.settings;
    const config = readSettings(this.metadata, settings);
    const phrases = phrasesIn(config.language ?? languageOf(thread.messages));
    this.#server ??= new Server(config);
    return { config, phrases, server: this.#server };
  }

  /**
   * Draws the drop-downs and buttons anew. The host draws them once, when a chat is opened, and often before the page
   * listens; and the server's models change.
   */
  #showModels(models: readonly Model[], thread: Thread, hostUtils: HostUtils | undefined): void {
    const { config, phrases } = this.#look(thread);
    const operations = buildOperations(config, models, phrases);
    const currentSettings = fieldsOf(thread.settings);
    postToPanel(hostUtils, { type: 'loadOperations', operations, currentSettings });
  }
}

/** What a button asks for; `undefined` for one of another version. */
function askedBy(name: unknown, meta: JsonObject): Asked | undefined {
  const { model, replyId, share, contextLength } = meta;
  switch (name) {
    case TASKS.continue:
      return { kind: 'continue', replyId };
    case TASKS.answerShorter:
      return { kind: 'shorter', share: Number(share) || 0.5 };
    case TASKS.goOnWithSummary:
      return { kind: 'summary' };
    case TASKS.withoutTools:
      return { kind: 'without', what: 'tools' };
    case TASKS.withoutThinking:
      return { kind: 'without', what: 'thinking' };
  }
  if (typeof model !== 'string') return undefined;
  if (name === LOAD_MODEL) return { kind: 'load', model };
  const isSize = name === TASKS.loadWithMoreContext && typeof contextLength === 'number';
  return isSize ? { kind: 'load', model, contextLength } : undefined;
}

/** Takes away the bubbles of earlier openings, which say of the same answer that it goes on above. */
function forgetOpenings(thread: Thread, hostUtils: HostUtils | undefined): void {
  const isOpening = (message: Message) => message?.meta?.isOpening === true;
  const messageIds = thread.messages.filter(isOpening).map(({ id }) => id);
  if (messageIds.length === 0) return;
  changeThread(thread, hostUtils?.threadRepository, ({ messages }) => {
    messages.splice(0, messages.length, ...messages.filter((message) => !isOpening(message)));
  });
  postToPanel(hostUtils, { type: 'messagesDeleted', messageIds });
}

/** A reply's own stream brings its texts along, because no generator can be left while it waits. */
interface ChunkStream extends AsyncIterable<unknown> {
  texts?: AsyncIterable<string>;
}

/** The place that the last message names, if 'Generate Text at Cursor' has sent it. */
async function insertionFor(
  thread: Thread,
  phrases: Phrases,
  clock: TurnClock,
): Promise<Insertion | undefined> {
  const last = thread.messages.at(-1);
  const target = last?.sender === 'user' ? targetOf(last.meta) : undefined;
  const vscode = target && loadVSCode();
  // Without the place the answer is in the chat.
  return vscode && createTextInsertion(vscode, target, phrases, clock).catch(() => undefined);
}

/** A reply that is a note and nothing else. */
function noteResponse(note: string): AgentResponse {
  const text = formatNote('⚠️', [note]);
  const response = createResponse(text);
  response.getMeta().added = [[0, text.length]];
  return response;
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
