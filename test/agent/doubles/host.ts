import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AvailableTask,
  HostUtils,
  Message,
  Meta,
  Task,
  Thread,
  ThreadRepository,
} from '../../../src/agent/host.ts';
import type { TurnClock } from '../../../src/agent/turn/clock.ts';
import { clock } from './clock.ts';

/** What the host calls on a reply. */
export interface HostResponse {
  isPlanResponse(): boolean;
  /** Only a plan has one. */
  getTaskList?(): unknown[];
  getFullMessage(): string;
  isHtml(): boolean;
  getMeta(): Meta;
  isStream(): boolean;
  getStream(): AsyncIterable<string> | undefined;
  hasAvailableTasks(): boolean;
  getAvailableTasks(): AvailableTask[];
  hasNextTasks(): boolean;
  getNextTasks(): unknown[];
}

/** What the host calls on an agent. */
export interface HostAgent {
  /** The host does not know of it. */
  clock: TurnClock;
  generateReply(thread: Thread, hostUtils: HostUtils): Promise<HostResponse>;
  executeTask(task: Task, thread: Thread): Promise<HostResponse>;
  loadOperations(thread: Thread): Promise<unknown[]>;
}

/** An agent's class, or what `require` gives for its file. */
export type AgentClass = new (metadata: unknown, settings: unknown) => HostAgent;

/** The host's threads on disk: every reading is a copy, every saving writes the whole copy that is at hand. */
export interface Disk extends Required<ThreadRepository> {
  getThread(id: string): Thread;
  save(thread: Thread): void;
}

let latest = 0;

/**
 * The time, of which the host makes ids. The real one gives two messages of one millisecond the same id; on a busy machine that would
 * fail any test, and it is not the agent's fault.
 */
function newTime(): number {
  latest = Math.max(latest + 1, Date.now());
  return latest;
}

export function createDisk(storagePath: string): Disk {
  const fileOf = (id: string) => join(storagePath, id, 'thread.json');
  const disk: Disk = {
    storagePath,
    getThread: (id) => JSON.parse(readFileSync(fileOf(id), 'utf8')),
    save(thread) {
      mkdirSync(join(storagePath, String(thread.id)), { recursive: true });
      writeFileSync(fileOf(String(thread.id)), JSON.stringify(thread));
    },
    addMarker(thread) {
      const id = `marker_${newTime()}`;
      thread.messages.push({ id, type: 'marker' });
      disk.save(thread);
      return id;
    },
    saveThread: (thread) => disk.save(thread),
  };
  return disk;
}

/** One chat panel of the extension, as far as an agent can tell it from the real one. */
export interface Host {
  readonly disk: Disk;
  readonly threadId: string;
  /** The thread as it is saved. */
  saved(): Thread;
  /** What each bubble shows, by its message's id. The copy button takes the same. */
  readonly shown: ReadonlyMap<string, string>;
  /** The buttons under each bubble. They stay until the page draws the bubble anew: nothing takes them off it. */
  readonly rows: ReadonlyMap<string, readonly AvailableTask[]>;
  /** Every chunk, with the time when it came. */
  readonly chunks: { text: string; at: number }[];
  /** What went to the panel through `postMessage`. */
  readonly posted: { type?: string; [field: string]: unknown }[];
  /** Whether the panel shows its Stop button. */
  readonly hasStop: boolean;
  /** Send is pressed. Resolves when the host has finished the turn, and the user has read the answer. */
  send(text: string, more?: Partial<Message>): Promise<void>;
  stop(): void;
  retry(): Promise<void>;
  /** @param thread - an older copy, as `InitTask` gets it; default: the saved one */
  press(task: HostTask, thread?: Thread): Promise<void>;
  /** A choice in a drop-down, as the web view hands it over: through JSON.parse where that succeeds. */
  choose(settingKey: string, value: string): void;
  /** @param isSlow - the page listens only after {@link listen} */
  openPanel(isSlow?: boolean): Promise<unknown[]>;
  /** The page has loaded. */
  listen(): void;
  /** What the box of a drop-down shows: nothing where its value is none of its options. */
  box(settingKey: string): string | undefined;
  /** The panel is closed: whatever is posted from now on throws. */
  close(): void;
  /** The buttons under the last message, as they are saved. */
  buttons(): readonly AvailableTask[];
  /** How much of the last message's words is below its row of buttons in a panel of this width, in px, about. */
  covered(width: number): number;
  /** The button with this label under the last message is pressed. A panel that waits for an answer takes no notice. */
  click(label: string): Promise<void>;
  /** Resolves when a chunk has come for which the test is true; also for those that came before. */
  chunk(test: (text: string) => boolean): Promise<void>;
  /** Resolves when something of this kind was posted. */
  post(test: (message: Host['posted'][number]) => boolean): Promise<void>;
}

export interface HostOptions {
  storagePath: string;
  metadata?: unknown;
  /** The plugin's settings. */
  settings?: object;
  threadId?: string;
  /** The thread is there already. */
  isReopened?: boolean;
  /** The user goes on in the moment in which an answer has ended. */
  isHasty?: boolean;
}

/** A task, as the panel's page hands it over. */
type HostTask = Task & { skipBotMessage?: boolean; meta?: object };

/** For so long a user reads before anything is pressed, in ms. */
const READING_MS = 1000;

/** No turn begins later than that, in ms; of a button that was pressed twice nothing is heard. */
const MOST_BEGINNING_MS = 5000;

/** So long after a turn the host tells the page that nobody answers any more, in ms. */
const COMPLETE_MS = 500;

export function createHost(Agent: AgentClass, options: HostOptions): Host {
  return new ChatPanel(Agent, options);
}

class ChatPanel implements Host {
  readonly disk: Disk;
  readonly threadId: string;
  readonly shown = new Map<string, string>();
  readonly rows = new Map<string, readonly AvailableTask[]>();
  readonly chunks: Host['chunks'] = [];
  readonly posted: Host['posted'] = [];
  hasStop = false;
  readonly #Agent: AgentClass;
  readonly #options: HostOptions;
  #hostUtils: HostUtils;
  #agent: HostAgent | undefined;
  #isStopped = false;
  #isClosed = false;
  #listens = true;
  /** The page waits for an answer. */
  #isResponding = false;
  /** The turns that the host has begun and not ended. */
  #turns = 0;
  /** From then on the user has read the last answer. */
  #restsFrom = 0;
  /** Turns that nobody waits for: the page has begun them. */
  readonly #ownTurns: Promise<void>[] = [];
  #drawn: Drawn = { operations: [], currentSettings: {} };

  constructor(Agent: AgentClass, options: HostOptions) {
    this.#Agent = Agent;
    this.#options = options;
    this.threadId = options.threadId ?? 'thread_1';
    this.disk = createDisk(options.storagePath);
    if (!options.isReopened) this.disk.save({ id: this.threadId, messages: [] });
    this.#hostUtils = this.#createHostUtils();
  }

  /** Each panel has its own. */
  #createHostUtils(): HostUtils {
    return {
      threadRepository: this.disk,
      postMessage: (message) => this.#post(message as Host['posted'][number]),
    };
  }

  saved(): Thread {
    return createDisk(this.disk.storagePath).getThread(this.threadId);
  }

  send(text: string, more: Partial<Message> = {}): Promise<void> {
    const thread = this.saved();
    thread.messages.push({ id: `msg_${newTime()}`, sender: 'user', text, ...more });
    this.disk.save(thread);
    this.#isResponding = true;
    return this.#handle(this.saved(), {}, 'message');
  }

  stop(): void {
    this.#isStopped = true;
    this.#complete();
    // The host notices it with the next chunk.
    void clock.passUntil(() => !this.#isStopped || this.#turns === 0);
  }

  retry(): Promise<void> {
    const thread = this.saved();
    thread.messages.splice(thread.messages.findLastIndex(({ sender }) => sender === 'user') + 1);
    this.disk.save(thread);
    this.#isResponding = true;
    return this.#handle(this.saved(), {}, 'message');
  }

  press(task: HostTask, thread = this.saved()): Promise<void> {
    return this.#handle(thread, { ...task, host_utils: this.#hostUtils }, 'action');
  }

  choose(settingKey: string, value: string): void {
    let chosen: unknown = value;
    try {
      chosen = JSON.parse(value);
    } catch {}
    const thread = this.saved();
    thread.settings = { ...(thread.settings as object | undefined), [settingKey]: chosen };
    this.disk.save(thread);
    this.#agent = undefined;
  }

  async openPanel(isSlow = false): Promise<unknown[]> {
    this.#hostUtils = this.#createHostUtils();
    this.#isClosed = false;
    this.#listens = false;
    if (!isSlow) this.listen();
    const thread = this.saved();
    const operations = await clock.passWhile(this.#agentFor(thread).loadOperations(thread));
    const currentSettings = (this.saved().settings ?? {}) as Drawn['currentSettings'];
    this.#post({ type: 'loadOperations', operations, currentSettings });
    await this.#runInitTask(thread);
    return operations;
  }

  listen(): void {
    this.#listens = true;
    this.hasStop = false;
    this.#draw(this.disk.getThread(this.threadId));
  }

  /** The host's own look at the thread that it has read for the opening. */
  async #runInitTask(thread: Thread): Promise<void> {
    const marker = thread.messages.findLastIndex(({ type }) => type === 'marker');
    const current = thread.messages.slice(marker + 1);
    const { initTask } = (this.#options.metadata ?? {}) as { initTask?: boolean };
    const last = current.at(-1);
    const isMarked = last?.sender === 'user' && last.meta?.autoProcess === true;
    if (isMarked || (current.length === 0 && initTask)) {
      await this.press({ name: 'InitTask', meta: {} }, thread);
    }
  }

  box(settingKey: string): string | undefined {
    const { operations, currentSettings } = this.#drawn;
    const one = operations.find((operation) => operation.settingKey === settingKey);
    const value = currentSettings[settingKey] || one?.default;
    return one?.options?.find((option) => String(option.value) === String(value))?.label;
  }

  close(): void {
    this.#isClosed = true;
    // The agent notices it with the next chunk.
    void clock.passUntil(() => this.#turns === 0);
  }

  buttons(): readonly AvailableTask[] {
    return this.saved().messages.at(-1)?.availableTasks ?? [];
  }

  covered(width: number): number {
    const lengths = this.buttons().map(({ name }) => 15 + name.length * 7);
    const lines = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / (width - 40));
    const emptyParagraphs =
      this.saved()
        .messages.at(-1)
        ?.text?.match(/\n> &nbsp;/g)?.length ?? 0;
    // The page keeps 25 px for the row, and does not wrap it: the names are wrapped.
    return 4 + 14 * lines - (25 + 31 * emptyParagraphs);
  }

  async click(label: string): Promise<void> {
    const button = this.buttons().find(({ name }) => name === label);
    if (!button) throw new Error(`no button "${label}"`);
    if (this.#isResponding) return;
    await (button.task.type === 'message'
      ? this.send(button.task.message)
      : this.press(button.task));
    // The page has a moment to press Retry.
    await clock.pass(0);
    await Promise.all(this.#ownTurns);
  }

  chunk(test: (text: string) => boolean): Promise<void> {
    return clock.passUntil(() => this.chunks.some(({ text }) => test(text)));
  }

  post(test: (message: Host['posted'][number]) => boolean): Promise<void> {
    return clock.passUntil(() => this.posted.some(test));
  }

  #toPage(): void {
    if (this.#isClosed) throw new Error('Webview is disposed');
  }

  #post(message: Host['posted'][number]): void {
    this.#toPage();
    this.posted.push(message);
    if (!this.#listens) return;
    const { type, messageId, text } = message;
    if (type === 'updateBotMessage' && this.shown.has(String(messageId)))
      this.shown.set(String(messageId), String(text));
    if (type === 'loadThread') this.#draw(message.thread as Thread);
    if (type === 'addAvailableTasks') {
      this.rows.set(String(messageId), message.availableTasks as readonly AvailableTask[]);
    }
    if (type === 'messagesDeleted') {
      for (const id of message.messageIds as string[]) {
        this.shown.delete(id);
        this.rows.delete(id);
      }
    }
    if (type === 'addBotMessage') {
      const { id, text = '' } = message.message as Message;
      this.shown.set(String(id), message.isStreaming ? '' : text);
      this.hasStop = true;
    }
    if (type === 'loadOperations') this.#drawn = message as unknown as Drawn;
    if (type === 'triggerRetry') setImmediate(() => this.#retryFromPage());
  }

  #draw({ messages }: Thread): void {
    this.shown.clear();
    this.rows.clear();
    for (const { id, sender, text = '', availableTasks } of messages) {
      if (sender !== 'bot') continue;
      this.shown.set(String(id), text);
      if (availableTasks) this.rows.set(String(id), availableTasks);
    }
  }

  #retryFromPage(): void {
    if (!this.#isResponding) this.#ownTurns.push(this.retry());
  }

  /** Made anew when a setting changes; kept otherwise. */
  #agentFor(thread: Thread): HostAgent {
    const { metadata, settings = { apiKey: { openai: '' } } } = this.#options;
    this.#agent ??= new this.#Agent(metadata, { ...settings, ...(thread.settings as object) });
    this.#agent.clock = clock;
    return this.#agent;
  }

  async #handle(thread: Thread, task: HostTask, type: string): Promise<void> {
    const isAtRest = this.#turns++ === 0 && clock.now() >= this.#restsFrom;
    try {
      const agent = await Promise.resolve(this.#agentFor(thread));
      const reply =
        type === 'message'
          ? agent.generateReply(thread, this.#hostUtils)
          : agent.executeTask(task, thread);
      const response = await (isAtRest ? reply : clock.passWhile(reply, MOST_BEGINNING_MS));
      if (response.isPlanResponse()) response.getTaskList?.();
      else if (task.skipBotMessage) response.hasNextTasks();
      else await this.#show(response, thread);
    } catch {
      const text = 'An unexpected error occurred while processing your task.';
      thread.messages.push({ id: `error_${newTime()}`, sender: 'bot', text });
      this.disk.save(thread);
    }
    clock.after(COMPLETE_MS, () => this.#complete());
    this.#turns--;
    this.#restsFrom = clock.now() + READING_MS;
    const isRead = () => this.#turns > 0 || clock.now() >= this.#restsFrom;
    if (!this.#options.isHasty) await clock.passUntil(isRead);
  }

  #complete(): void {
    this.hasStop = false;
    this.#isResponding = false;
  }

  async #show(response: HostResponse, thread: Thread): Promise<void> {
    const id = `msg_${newTime()}`;
    const text = response.getFullMessage() || '';
    const meta = response.getMeta();
    const message: Message & { text: string } = { id, sender: 'bot', text, meta };
    thread.messages.push(message);
    this.disk.save(thread);
    this.#isStopped = false;
    this.#toPage();
    if (this.#listens) this.hasStop = true;
    if (this.#listens) this.shown.set(id, text);
    if (response.isStream()) await this.#showStream(response, message);
    const index = thread.messages.findIndex((one) => one.id === id);
    if (index !== -1) {
      thread.messages[index] = { ...thread.messages[index], text: message.text };
      this.disk.save(thread);
    }
    if (response.hasAvailableTasks()) this.#addButtons(message, response.getAvailableTasks());
    response.hasNextTasks();
  }

  async #showStream(response: HostResponse, message: Message & { text: string }): Promise<void> {
    const id = String(message.id);
    try {
      for await (const chunk of response.getStream() ?? []) {
        if (this.#isStopped) break;
        message.text += chunk;
        this.#toPage();
        if (this.shown.has(id)) this.shown.set(id, this.shown.get(id) + chunk);
        this.chunks.push({ text: chunk, at: clock.now() });
      }
    } catch {
      const words = ' An error occurred during processing.';
      if (!this.#isStopped) {
        message.text += words;
        this.#toPage();
      }
    } finally {
      this.#isStopped = false;
    }
  }

  #addButtons(message: Message, availableTasks: readonly AvailableTask[]): void {
    message.availableTasks = availableTasks;
    const saved = this.saved();
    const index = saved.messages.findIndex(({ id }) => id === message.id);
    if (index !== -1) {
      saved.messages[index] = { ...saved.messages[index], ...message };
      this.disk.save(saved);
    }
    this.#toPage();
    this.rows.set(String(message.id), availableTasks);
  }
}

/** What the page draws its drop-downs and buttons from. */
interface Drawn {
  operations: {
    settingKey?: string;
    default?: string;
    options?: { label: string; value: string }[];
  }[];
  currentSettings: { [settingKey: string]: unknown };
}
