import type { Meta } from './host.ts';

/**
 * What the host asks a reply; the names are those of the npm package `ai-agent-response` 1.1.4. This one is neither
 * HTML nor a plan, and offers no tasks.
 */
export interface AgentResponse {
  isPlanResponse(): boolean;
  getFullMessage(): string;
  isHtml(): boolean;
  /** The host keeps this very object and saves it after the stream, so it is filled and never replaced. */
  getMeta(): Meta;
  isStream(): boolean;
  getStream(): AsyncIterable<string> | undefined;
  /** For a subclass that puts a stream of its own in the place of the reply's. */
  setStream(stream: AsyncIterable<string>): void;
  hasAvailableTasks(): boolean;
  getAvailableTasks(): unknown[];
  hasNextTasks(): boolean;
  getNextTasks(): unknown[];
}

/** @param message - the whole text of a reply that is no stream */
export function createResponse(message = ''): AgentResponse {
  const meta: Meta = {};
  let stream: AsyncIterable<string> | undefined;
  const no = () => false;
  const none = () => [];
  return {
    isPlanResponse: no,
    getFullMessage: () => message,
    isHtml: no,
    getMeta: () => meta,
    isStream: () => stream !== undefined,
    getStream: () => stream,
    setStream(given) {
      stream = given;
    },
    hasAvailableTasks: no,
    getAvailableTasks: none,
    hasNextTasks: no,
    getNextTasks: none,
  };
}
