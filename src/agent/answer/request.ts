import { isChatError } from '../../client/errors/errors.ts';
import { fieldsOf, type JsonObject } from '../../client/json.ts';
import type { ChatMessage, ChatRequest } from '../../client/types.ts';
import { effortsOf, modelNamed } from '../say/operations.ts';
import type { Config } from '../settings/settings.ts';
import type { Job } from './job.ts';

/** One way to ask. */
export interface Attempt {
  messages: ChatMessage[];
  /** Further fields of the request. */
  more?: JsonObject;
  /** What is taken out of the answer's text. */
  filter?: TextFilter;
  /** The server goes on with the last message itself. */
  isPrefilled?: boolean;
}

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

/** What is sent for an answer. */
export async function buildRequest(
  job: Job,
  model: string | undefined,
  { messages, more }: Attempt,
  isLlamaCpp: boolean,
): Promise<ChatRequest> {
  const { config, insertion } = job;
  const { body, reasoning } = config;
  const effort = await effortFor(job, model);
  return {
    // How much of the prompt it has read.
    ...(isLlamaCpp && { return_progress: true }),
    // llama.cpp and vLLM know only this; LM Studio and Ollama ignore it.
    ...(reasoning === 'off' && { chat_template_kwargs: { enable_thinking: false } }),
    ...body,
    ...(reasoning === 'off' && { reasoning_effort: 'none' }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...more,
    model,
    messages: insertion ? insertion.instruct(messages) : messages,
  };
}

/** How much the model is asked to reason. Another model's word would make the server refuse the question. */
async function effortFor({ config, server }: Job, model: string | undefined) {
  const { effort } = config;
  if (effort === undefined) return undefined;
  const models = await server.models().catch(() => []);
  return effortsOf(modelNamed(model, models)).includes(effort) ? effort : undefined;
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
 * @param isAsked - the model was asked to go on: it often begins with the line that was cut
 */
export function withoutRepetition(part: string, isAsked = false): TextFilter {
  const line = part.slice(part.lastIndexOf('\n') + 1);
  const isLine = isAsked && line.length >= SHORTEST_LINE;
  return withoutBeginning([
    ...(isLine ? [line] : []),
    ...(part.length >= SHORTEST_PART ? [part] : []),
  ]);
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
