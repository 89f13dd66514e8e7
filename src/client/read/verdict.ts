import type { Usage, Verdict } from '../types.ts';

/** What the verdict on a finished reply depends on. */
export interface Ending {
  finishReason: string | undefined;
  text: string;
  hasToolCalls: boolean;
  usage: Usage | undefined;
  /** The request's budget; LM Studio's documentation sends -1 for none. `NaN` where it has none. */
  maxTokens: number;
}

/**
 * How a reply ended that came to its end.
 *
 * A reply of as many tokens as were allowed was cut, also where the server says `stop`, as llama.cpp's builds of August
 * 2026 do. White space alone is no answer.
 */
export function judge(ending: Ending): Exclude<Verdict, 'stopped'> {
  const { finishReason, text, hasToolCalls, usage, maxTokens } = ending;
  if (finishReason === 'content_filter') return 'content_filter';
  if (hasToolCalls) return finishReason === 'length' ? 'length' : 'tool_calls';
  if (!text.trim()) return 'empty';
  const isBudgetSpent = maxTokens > 0 && Number(usage?.completion_tokens) >= maxTokens;
  return finishReason === 'length' || isBudgetSpent ? 'length' : 'complete';
}
