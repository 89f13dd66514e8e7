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

/** What the host calls on a reply. */
export interface HostResponse {
  isPlanResponse(): boolean;
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
  /** What each bubble shows, by its message's id. */
  readonly shown: ReadonlyMap<string, string>;
  /** Every chunk, with the time when it came. */
  readonly chunks: { text: string; at: number }[];
  /** What went to the panel through `postMessage`. */
  readonly posted: { type?: string; [field: string]: unknown }[];
  /** Send is pressed. Resolves when the host has finished the turn. */
  send(text: string, more?: Partial<Message>): Promise<void>;
  stop(): void;
  retry(): Promise<void>;
  /** @param thread - an older copy, as `InitTask` gets it; default: the saved one */
  press(task: Task & { skipBotMessage?: boolean; meta?: object }, thread?: Thread): Promise<void>;
  /** A choice in a drop-down, as the web view hands it over: through JSON.parse where that succeeds. */
  choose(settingKey: string, value: string): void;
  openPanel(): Promise<unknown[]>;
  /** The panel is closed: whatever is posted from now on throws. */
  close(): void;
  /** The buttons under the last message, as they are saved. */
  buttons(): readonly AvailableTask[];
  /** The button with this label under the last message is pressed. */
  click(label: string): Promise<void>;
  /** Resolves when a chunk has come for which the test is true; also for those that came before. */
  chunk(test: (text: string) => boolean): Promise<void>;
}

export interface HostOptions {
  storagePath: string;
  metadata?: unknown;
  /** The plugin's settings. */
  settings?: object;
  threadId?: string;
}

export function createHost(Agent: AgentClass, options: HostOptions): Host {
  const {
    storagePath,
    metadata,
    settings = { apiKey: { openai: '' } },
    threadId = 'thread_1',
  } = options;
  const disk = createDisk(storagePath);
  disk.save({ id: threadId, messages: [] });
  const shown = new Map<string, string>();
  const chunks: Host['chunks'] = [];
  const posted: Host['posted'] = [];
  const watchers = new Set<() => void>();
  let isStopped = false;
  let isClosed = false;
  let agent: HostAgent | undefined;

  function toPanel(): void {
    if (isClosed) throw new Error('Webview is disposed');
  }

  const hostUtils: HostUtils = {
    threadRepository: disk,
    postMessage(message) {
      toPanel();
      const event = message as Host['posted'][number];
      posted.push(event);
      if (event.type === 'updateBotMessage') shown.set(String(event.messageId), String(event.text));
    },
  };

  /** Made anew when a setting changes; kept otherwise. */
  function agentFor(thread: Thread): HostAgent {
    agent ??= new Agent(metadata, { ...settings, ...(thread.settings as object | undefined) });
    return agent;
  }

  function updateText(thread: Thread, id: string, text: string): void {
    const index = thread.messages.findIndex((message) => message.id === id);
    if (index === -1) return;
    thread.messages[index] = { ...thread.messages[index], text };
    disk.save(thread);
  }

  async function show(response: HostResponse, thread: Thread): Promise<void> {
    const id = `msg_${newTime()}`;
    const text = response.getFullMessage() || '';
    const message: Message & { text: string } = {
      id,
      sender: 'bot',
      text,
      meta: response.getMeta(),
    };
    thread.messages.push(message);
    disk.save(thread);
    isStopped = false;
    toPanel();
    shown.set(id, text);
    if (response.isStream()) {
      try {
        for await (const chunk of response.getStream() ?? []) {
          if (isStopped) break;
          message.text += chunk;
          toPanel();
          shown.set(id, shown.get(id) + chunk);
          chunks.push({ text: chunk, at: performance.now() });
          for (const watch of watchers) watch();
        }
      } catch {
        if (!isStopped) message.text += ' An error occurred during processing.';
      } finally {
        isStopped = false;
      }
    }
    updateText(thread, id, message.text);
    if (response.hasAvailableTasks()) {
      message.availableTasks = response.getAvailableTasks();
      const saved = disk.getThread(threadId);
      const index = saved.messages.findIndex((one) => one.id === id);
      if (index !== -1) {
        saved.messages[index] = { ...saved.messages[index], ...message };
        disk.save(saved);
      }
      toPanel();
    }
    response.hasNextTasks();
  }

  async function handle(
    thread: Thread,
    task: Task & { skipBotMessage?: boolean; meta?: object },
    type: string,
  ): Promise<void> {
    try {
      const maker = await Promise.resolve(agentFor(thread));
      const response = await (type === 'message'
        ? maker.generateReply(thread, hostUtils)
        : maker.executeTask(task, thread));
      response.isPlanResponse();
      if (task.skipBotMessage) response.hasNextTasks();
      else await show(response, thread);
    } catch {
      thread.messages.push({
        id: `error_${newTime()}`,
        sender: 'bot',
        text: 'An unexpected error occurred while processing your task.',
      });
      disk.save(thread);
    }
  }

  const host: Host = {
    disk,
    threadId,
    shown,
    chunks,
    posted,
    saved: () => disk.getThread(threadId),
    send(text, more = {}) {
      const thread = disk.getThread(threadId);
      thread.messages.push({ id: `msg_${newTime()}`, sender: 'user', text, ...more });
      disk.save(thread);
      return handle(disk.getThread(threadId), {}, 'message');
    },
    stop() {
      isStopped = true;
    },
    retry() {
      const thread = disk.getThread(threadId);
      thread.messages.splice(thread.messages.findLastIndex(({ sender }) => sender === 'user') + 1);
      disk.save(thread);
      return handle(disk.getThread(threadId), {}, 'message');
    },
    buttons: () => disk.getThread(threadId).messages.at(-1)?.availableTasks ?? [],
    click(label) {
      const button = host.buttons().find(({ name }) => name === label);
      if (!button) throw new Error(`no button "${label}"`);
      if (button.task.type === 'message') return host.send(button.task.message);
      return host.press(button.task);
    },
    press: (task, thread = disk.getThread(threadId)) =>
      handle(thread, { ...task, host_utils: hostUtils }, 'action'),
    choose(settingKey, value) {
      let chosen: unknown = value;
      try {
        chosen = JSON.parse(value);
      } catch {}
      const thread = disk.getThread(threadId);
      thread.settings = { ...(thread.settings as object | undefined), [settingKey]: chosen };
      disk.save(thread);
      agent = undefined;
    },
    openPanel() {
      const thread = disk.getThread(threadId);
      return agentFor(thread).loadOperations(thread);
    },
    close() {
      isClosed = true;
    },
    chunk(test) {
      return new Promise((resolve) => {
        const look = () => {
          if (!chunks.some(({ text }) => test(text))) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      });
    },
  };
  return host;
}
