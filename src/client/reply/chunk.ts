import { isObject } from '../json.ts';
import type { ChatChunk } from '../types.ts';

/** The event by which a server says that nothing follows. */
export const isDone = (data: string): boolean => data.trim() === '[DONE]';

/** Whether an event says nothing: an empty one, or a comment that Vertex has put into a frame (`data: : keepalive`). */
export const isComment = (data: string): boolean => !data.trim() || data[0] === ':';

/**
 * The chunk in an event's data; `undefined` if it holds none, as JSON that is no object, or nothing at all.
 * @throws {SyntaxError} if it is not JSON
 */
export function parseChunk(data: string): ChatChunk | undefined {
  const json: unknown = JSON.parse(data);
  // An error may come in a list, as Gemini's does.
  const chunk: unknown = Array.isArray(json) ? json[0] : json;
  return isObject(chunk) ? chunk : undefined;
}

/** Whether it is an error in the place of a chunk, under status 200. */
export function isError({ error, choices, message, detail }: ChatChunk): boolean {
  // An object is a message of the conversation, of some other API.
  const hasMessage = typeof message === 'string' || Array.isArray(message);
  return Boolean(error || (!choices && (hasMessage || detail)));
}
