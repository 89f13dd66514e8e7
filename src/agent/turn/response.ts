import type { AvailableTask, Meta } from '../host.ts';

/** What the host is given for a reply. */
export type AgentResponse = ReturnType<typeof createResponse>;

/**
 * Answers what the host asks a reply; the names are those of the npm package `ai-agent-response` 1.1.4. This one is neither
 * HTML nor a plan.
 * @param message - the whole text of a reply that is no stream
 * @param buttons - those under the reply; the host asks for them when its stream has ended
 */
export function createResponse(message = '', buttons: () => readonly AvailableTask[] = () => []) {
  const meta: Meta = {};
  let stream: AsyncIterable<string> | undefined;
  return {
    isPlanResponse: () => false,
    getFullMessage: () => message,
    isHtml: () => false,
    /** The host keeps this very object and saves it after the stream, so it is filled and never replaced. */
    getMeta: () => meta,
    isStream: () => stream !== undefined,
    getStream: () => stream,
    /** For a subclass that puts a stream of its own in the place of the reply's. */
    setStream(given: AsyncIterable<string>) {
      stream = given;
    },
    hasAvailableTasks: () => buttons().length > 0,
    getAvailableTasks: () => [...buttons()],
    hasNextTasks: () => false,
    getNextTasks: () => [],
  };
}

/** A response for which the host shows nothing: a plan without steps. */
export function createNoResponse(): AgentResponse {
  return Object.assign(createResponse(), { isPlanResponse: () => true, getTaskList: () => [] });
}
