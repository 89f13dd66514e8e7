import type { Usage, Verdict } from '../types.ts';

/** What the verdict on a finished reply depends on. */
export interface FinishedReply {
  finishReason: string | undefined;
  text: string;
  hasToolCalls: boolean;
  usage: Usage | undefined;
  /** The request's budget, if it has one. */
  maxTokens: number | undefined;
}

/**
 * How a reply ended that came to its end.
 *
 * A reply of as many tokens as were allowed was cut, even if the server says `stop`, as llama.cpp's builds of August 2026
 * do. White space alone is no answer.
 */
export function judge(reply: FinishedReply): Exclude<Verdict, 'stopped'> {
  const { finishReason, text, hasToolCalls, usage, maxTokens } = reply;
  if (finishReason === 'content_filter') return 'content_filter';
  if (hasToolCalls) return finishReason === 'length' ? 'length' : 'tool_calls';
  if (!text.trim()) return 'empty';
  const isBudgetSpent = maxTokens !== undefined && Number(usage?.completion_tokens) >= maxTokens;
  return finishReason === 'length' || isBudgetSpent ? 'length' : 'complete';
}
