import type {
  AssistantMessage,
  MessageToolCall,
  PartialResult,
  Timing,
  ToolCall,
  Usage,
} from '../types.ts';

/** When things happened, on the monotonic clock. What has not happened is absent. */
export interface Moments {
  sent?: number | undefined;
  head?: number | undefined;
  firstToken?: number | undefined;
  end?: number | undefined;
}

/**
 * The times as a reader gets them, in ms since the request was sent.
 * @param now - the time, for what has not ended
 */
export function measure(moments: Moments, usage: Usage | undefined, now: number): Timing {
  const { sent, head, firstToken, end = now } = moments;
  if (sent === undefined) return {};
  const since = (moment: number | undefined) => (moment === undefined ? undefined : moment - sent);
  return {
    headMs: since(head),
    firstTokenMs: since(firstToken),
    totalMs: end - sent,
    tokensPerSecond: rate(Number(usage?.completion_tokens), end - Number(firstToken)),
  };
}

/** Tokens a second; `undefined` if the server does not count, or no time has passed. */
function rate(tokens: number, ms: number): number | undefined {
  const perSecond = (tokens / ms) * 1000;
  return Number.isFinite(perSecond) ? perSecond : undefined;
}

/** What was collected, as a message of the next request. Servers refuse an empty list of calls. */
export function toMessage({ text, toolCalls }: PartialResult): AssistantMessage {
  const message: AssistantMessage = { role: 'assistant', content: text };
  if (toolCalls.length > 0) message.tool_calls = toolCalls.map(toMessageCall);
  return message;
}

/** A custom tool's input has a name of its own in OpenAI's API. */
function toMessageCall({ id, type, name, arguments: input }: ToolCall): MessageToolCall {
  if (type === 'custom') return { id, type, custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: input } };
}
