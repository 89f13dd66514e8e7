import type { Usage, Verdict } from '../types.ts';

/** What kind of end a reply came to. */
export type EndKind =
  /** The model came to its end, or calls tools. */
  | 'whole'
  /** Cut: something is missing at the end. */
  | 'cut'
  /** Withheld or cut by a filter. */
  | 'filtered'
  /** The server failed. */
  | 'broken'
  /** A word that is in no list. Together sends the stop token as the reason, so it is no sign of anything wrong. */
  | 'unknown';

/** The words that servers were seen to send, or that their documentation lists. */
const ends: readonly [end: EndKind, words: RegExp][] = [
  ['whole', /^(stop|tool_calls|function_call|tool_use)$/i],
  // OpenAI; Gemini and Anthropic; Mistral; GLM and Anthropic; vLLM, of a text that repeats itself.
  ['cut', /^(length|max_tokens|model_length|model_context_window_exceeded|repetition)$/i],
  [
    'filtered',
    // OpenAI; GLM; Anthropic; the others are Gemini's.
    /^(content_filter|sensitive|refusal|recitation|blocklist|spii|(image_)?(safety|prohibited_content))$/i,
  ],
  [
    'broken',
    // OpenRouter and Mistral; vLLM and SGLang; GLM; DeepSeek; Gemini.
    /^(error|abort|network_error|insufficient_system_resource|malformed_function_call)$/i,
  ],
];

/** What a finish reason says. Without one, a reply that came to its end is whole. */
function endOf(finishReason = 'stop'): EndKind {
  return ends.find(([, words]) => words.test(finishReason))?.[0] ?? 'unknown';
}

/**
 * What kind of end it was. A reply of as many tokens as were allowed was cut, even if the server says `stop`, as llama.cpp's
 * builds of August 2026 do, or `tool_calls` in mid-call, as OpenRouter does.
 * @param maxTokens - the request's budget, if it has one
 */
export function readEnd(
  finishReason: string | undefined,
  usage: Usage | undefined,
  maxTokens: number | undefined,
): EndKind {
  const end = endOf(finishReason);
  const mayBeCut = end === 'whole' || end === 'unknown';
  const isBudgetSpent = maxTokens !== undefined && Number(usage?.completion_tokens) >= maxTokens;
  return mayBeCut && isBudgetSpent ? 'cut' : end;
}

/** How a reply ended that did not fail. White space alone is no answer. */
export function judge(
  end: EndKind,
  text: string,
  hasToolCalls: boolean,
): Exclude<Verdict, 'stopped'> {
  if (end === 'filtered') return 'content_filter';
  if (!hasToolCalls && !text.trim()) return 'empty';
  if (end === 'cut') return 'length';
  return hasToolCalls ? 'tool_calls' : 'complete';
}
