import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { type AgentClass, createHost, type Host } from './host.ts';
import { begin, frame, type Script, type ScriptedServer, type Seen } from './scripted-server.ts';

/** How a chat is opened. */
interface ChatOptions {
  llm?: object;
  /** In place of the server's address, a model and `llm`. */
  metadata?: unknown;
  settings?: object;
  threadId?: string;
  Agent?: AgentClass;
  isHasty?: boolean;
  isReopened?: boolean;
}

/** What a reply says that was stopped before its first word. */
export const stoppedEarly = `> ℹ️ **local-llm** · Stopped before the answer began.
>
> Press 重试 (Retry) to ask again, or go on writing: your next question is sent together with this one.`;

let threads = 0;

/** Chats with a server, in a folder that is removed when the process ends, in whatever way its tests do. */
export function chatsWith(server: Pick<ScriptedServer, 'baseURL' | 'close'>): {
  storagePath: string;
  open(options?: ChatOptions): Host;
} {
  const storagePath = mkdtempSync(join(tmpdir(), 'agent-chats-'));
  after(() => server.close());
  process.once('exit', () => rmSync(storagePath, { recursive: true, force: true }));
  return {
    storagePath,
    open: ({
      llm = {},
      threadId = `thread_${++threads}`,
      Agent = LocalLLMStreamAgent,
      ...more
    } = {}) =>
      createHost(Agent, {
        storagePath,
        metadata: { llm: { baseURL: server.baseURL, model: 'tiny', ...llm } },
        threadId,
        ...more,
      }),
  };
}

/** A thread's texts, as they are saved. */
export const textsOf = (host: Host) => host.saved().messages.map(({ text }) => text);

/** A reply without the times in it: how long the model has thought depends on the machine. */
export const withoutTimes = (text = '') => text.replace(/\d+(?= (s|秒)\*\*)/g, '…');

/** The last message's meta, as it is saved. */
export const lastMeta = (host: Host) => host.saved().messages.at(-1)?.meta ?? {};

/** What the last request asked. */
export function lastRequest({ seen }: ScriptedServer): Seen {
  const last = seen.at(-1);
  if (!last) throw new Error('nothing was asked');
  return last;
}

/** Sends its head and some deltas, and is silent then. */
export const thenSilent =
  (...deltas: string[]): Script =>
  (response) => {
    begin(response);
    for (const delta of deltas) response.write(frame({ content: delta }));
  };
