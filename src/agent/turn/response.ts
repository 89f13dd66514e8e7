import type { AvailableTask, Meta } from '../host.ts';

/**
 * What the host asks a reply; the names are those of the npm package `ai-agent-response` 1.1.4. This one is neither
 * HTML nor a plan.
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
  /** The host asks for the buttons under the reply when its stream has ended. */
  hasAvailableTasks(): boolean;
  getAvailableTasks(): AvailableTask[];
  hasNextTasks(): boolean;
  getNextTasks(): unknown[];
}

/**
 * @param message - the whole text of a reply that is no stream
 * @param buttons - those under the reply, as they are at the time
 */
export function createResponse(
  message = '',
  buttons: () => readonly AvailableTask[] = () => [],
): AgentResponse {
  const meta: Meta = {};
  let stream: AsyncIterable<string> | undefined;
  return {
    isPlanResponse: () => false,
    getFullMessage: () => message,
    isHtml: () => false,
    getMeta: () => meta,
    isStream: () => stream !== undefined,
    getStream: () => stream,
    setStream(given) {
      stream = given;
    },
    hasAvailableTasks: () => buttons().length > 0,
    getAvailableTasks: () => [...buttons()],
    hasNextTasks: () => false,
    getNextTasks: () => [],
  };
}

/** A response for which the host shows nothing: a plan without steps. */
export function createNoResponse(): AgentResponse & { getTaskList(): unknown[] } {
  return { ...createResponse(), isPlanResponse: () => true, getTaskList: () => [] };
}
