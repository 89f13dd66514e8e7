import { isChatError } from '../../client/errors/errors.ts';
import { fieldsOf, type JsonObject } from '../../client/json.ts';
import type { ChatMessage, ChatRequest } from '../../client/types.ts';
import type { Config } from '../settings/settings.ts';

/** The fields that make llama.cpp, vLLM and others go on with the last message instead of answering it. */
export const CONTINUE_FINAL: JsonObject = {
  continue_final_message: true,
  add_generation_prompt: false,
};

/** The fields that ask for an answer without reasoning, whatever the settings say. */
export function withoutReasoning({ body }: Config): JsonObject {
  const kwargs = { ...fieldsOf(body.chat_template_kwargs), enable_thinking: false };
  return { chat_template_kwargs: kwargs, reasoning_effort: 'none' };
}

/**
 * What is sent for an answer.
 * @param efforts - how much the model can be asked to reason: another model's words would make the server refuse the question
 */
export function buildRequest(
  config: Config,
  model: string | undefined,
  messages: readonly ChatMessage[],
  efforts: readonly string[],
  isLlamaCpp: boolean,
  more: JsonObject = {},
): ChatRequest {
  const { body, reasoning, effort } = config;
  return {
    // How much of the prompt it has read.
    ...(isLlamaCpp && { return_progress: true }),
    // llama.cpp and vLLM know only this; LM Studio and Ollama ignore it.
    ...(reasoning === 'off' && { chat_template_kwargs: { enable_thinking: false } }),
    ...body,
    ...(reasoning === 'off' && { reasoning_effort: 'none' }),
    ...(effort !== undefined && efforts.includes(effort) && { reasoning_effort: effort }),
    ...more,
    model,
    messages,
  };
}

/** Whether a server refuses what is special about a request: there may be another way to ask. */
export function refusesAttempt(error: unknown): boolean {
  return (
    isChatError(error) &&
    error.kind === 'http' &&
    Number(error.status) < 500 &&
    error.reason !== 'context'
  );
}

/** A repetition that is shorter than this may be the model's own. */
const SHORTEST_PART = 24;
const SHORTEST_LINE = 6;

/** Changes a text that comes in pieces; what is held back of it comes with the last one. */
export type TextFilter = (text: string, isLast?: boolean) => string;

/**
 * Makes the filter that takes a repetition off the beginning of a continuation: some servers send the part again that they
 * go on with.
 * @param part - the text so far
 */
export function withoutRepeatedPart(part: string): TextFilter {
  return withoutBeginning([part].filter(({ length }) => length >= SHORTEST_PART));
}

/** The same for a model that was asked to go on: it often begins with the line that was cut. */
export function withoutRepeatedLine(part: string): TextFilter {
  const line = part.slice(part.lastIndexOf('\n') + 1);
  const lines = [line].filter(({ length }) => length >= SHORTEST_LINE);
  return withoutBeginning([...lines, ...[part].filter(({ length }) => length >= SHORTEST_PART)]);
}

/** Takes the longest of some beginnings off a text. */
function withoutBeginning(beginnings: readonly string[]): TextFilter {
  let possible = beginnings;
  let held = '';
  let isOver = false;
  return (text, isLast = false) => {
    if (isOver) return text;
    const from = held.length;
    held += text;
    possible = possible.filter((one) => one.startsWith(text.slice(0, one.length - from), from));
    if (!isLast && possible.some(({ length }) => length > held.length)) return '';
    isOver = true;
    const lengths = possible.filter(({ length }) => length <= held.length).map((one) => one.length);
    return held.slice(Math.max(0, ...lengths));
  };
}
