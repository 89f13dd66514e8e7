import type { replayFetch } from '../../../../src/replay/index.ts';
import { equal, includes } from './assert.ts';
import { type Library, type Outcome, runAll } from './harness.ts';

/** Plays a recording through the built replay kit into the built library. */
export function runReplay(
  { streamChat }: Library,
  kit: { replayFetch: typeof replayFetch },
  recording: string,
): Promise<Outcome[]> {
  return runAll([
    [
      'a recording is played, byte by byte too',
      async () => {
        for (const rechunk of ['recorded', 'byte'] as const) {
          const fetch = kit.replayFetch(recording, { rechunk });
          const { text, verdict } = await streamChat({ messages: [] }, { fetch }).result;
          equal([text, verdict], ['Hello! How can I help you today?', 'complete'], rechunk);
        }
      },
    ],
  ]);
}

/** What My Assistant uses of an agent's answer. */
interface AgentResponse {
  isStream(): boolean;
  getStream(): AsyncIterable<string>;
}

/** What My Assistant uses of an agent's class. */
export type AgentClass = new (
  metadata: object,
  settings: object,
) => { generateReply(thread: object, hostUtils: object): Promise<AgentResponse> };

/** Lets the built agent answer as its host does. */
export function runAgent(Agent: AgentClass, origin: string): Promise<Outcome[]> {
  return runAll([
    [
      'the agent streams an answer',
      async () => {
        const agent = new Agent({ llm: { baseURL: `${origin}/hello/v1`, model: 'scripted' } }, {});
        const message = { id: 'msg_1', sender: 'user', text: 'Hello', timestamp: 1, threadId: 't' };
        const thread = { id: 't', name: 't', agent: 'a', messages: [message] };
        const threadRepository = { getMessagesAfterLastMarker: () => thread.messages };
        const response = await agent.generateReply(thread, {
          threadRepository,
          getConfig: () => ({}),
          postMessage: () => {},
        });
        equal(response.isStream(), true, 'isStream()');
        let text = '';
        for await (const piece of response.getStream()) text += piece;
        equal(text, 'Hello, 世界 👋🏽!');
      },
    ],
  ]);
}

/** Runs the built command line in the Node that this runs in. */
export async function runCommand(file: string, origin: string): Promise<Outcome[]> {
  const { execFile } = await import('node:child_process');
  const command = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      const child = execFile(process.execPath, [file, ...args], (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
      child.stdin?.end();
    });
  return runAll([
    [
      'it tells its commands',
      async () => includes(await command('--help'), 'talk to a local model'),
    ],
    [
      'it asks a server',
      async () => {
        const answer = await command('chat', '--base-url', `${origin}/hello/v1`, 'Hello');
        includes(answer, 'Hello, 世界 👋🏽!');
      },
    ],
  ]);
}
