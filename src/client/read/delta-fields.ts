import { fieldsOf, isObject, isText, itemsOf } from '../json.ts';

/** The two things that a content can be. */
export type Channel = 'text' | 'reasoning';

/** Gets a piece of what a delta says. */
type Say = (channel: Channel, text: string) => void;

/**
 * Reads what a delta, or a whole message, says, in whatever fields servers put it: reasoning first, then the answer, then
 * calls. What is missing, null, empty or of another type says nothing.
 * @param call - gets an item of `tool_calls`
 */
export function readDelta(delta: unknown, say: Say, call: (item: unknown) => void): void {
  const fields = fieldsOf(delta);
  const { content, refusal, tool_calls: toolCalls, function_call: functionCall } = fields;
  const reasoning = findReasoning(fields);
  if (reasoning) say('reasoning', reasoning);
  if (isText(content)) say('text', content);
  for (const part of itemsOf(content)) readPart(fieldsOf(part), say);
  // A model that refuses says so here, in the place of an answer (OpenAI's structured outputs).
  if (isText(refusal)) say('text', refusal);
  for (const item of itemsOf(toolCalls)) call(item);
  // What calls were before `tool_calls`; some gateways still send it.
  if (isObject(functionCall)) call({ function: functionCall });
}

/**
 * `reasoning_content` as DeepSeek, LM Studio and llama.cpp have it; `reasoning` as gpt-oss, Ollama and vLLM; `reasoning_text`
 * as Copilot; `reasoning_details` as OpenRouter. One server may send several with the same words, or all but one empty.
 */
function findReasoning(fields: ReturnType<typeof fieldsOf>): string {
  const { reasoning_content, reasoning, reasoning_text, reasoning_details: details } = fields;
  return [reasoning_content, reasoning, reasoning_text].find(isText) ?? joinTexts(details);
}

/** A part of a content that is a list: Mistral's and Databricks' `thinking` and `reasoning`, and text. */
function readPart(part: ReturnType<typeof fieldsOf>, say: Say): void {
  const { type, text, refusal, thinking, summary } = part;
  if (type === 'thinking' || type === 'reasoning') {
    const reasoning = joinTexts(thinking) || joinTexts(summary) || joinTexts(text);
    if (reasoning) say('reasoning', reasoning);
    return;
  }
  const answer = joinTexts(text) || joinTexts(refusal);
  if (answer) say('text', answer);
}

/** A text, or the texts of a list of `{ text }` or `{ summary }`. */
function joinTexts(value: unknown): string {
  if (typeof value === 'string') return value;
  let joined = '';
  for (const item of itemsOf(value)) {
    const { text, summary } = fieldsOf(item);
    if (typeof text === 'string') joined += text;
    else if (typeof summary === 'string') joined += summary;
  }
  return joined;
}
