import { fieldsOf, isObject } from '../../client/json.ts';
import type { Chunk, Exchange } from '../exchange/exchange.ts';
import { assertRules, isAmount, isCount, optional, type Rule } from '../exchange/rules.ts';

/** A call of a tool that the model makes. */
export interface ModelToolCall {
  readonly name: string;
  /** A value, which is sent as JSON; a text is sent unchanged, even if it is no JSON. */
  readonly arguments: unknown;
  /** Default: nine digits, as LM Studio gives them, the same for the same place in the list. */
  readonly id?: string | undefined;
}

/** What a model says. All of it may be left out. */
export interface ModelReplyOptions {
  /** The answer. */
  readonly text?: string | undefined;
  /** What it thinks before, sent as `reasoning_content`. */
  readonly reasoning?: string | undefined;
  readonly toolCalls?: readonly ModelToolCall[] | undefined;
  /** Default: `tool_calls` if there are some, else `stop`. */
  readonly finishReason?: string | undefined;
  /** Default: a token for each delta. `null`: none is sent. */
  readonly usage?: object | null | undefined;
  /**
   * How the text and the reasoning are cut, each: into words (default), or into so many deltas. A list is the deltas
   * of the text themselves, and `text` is left out.
   */
  readonly deltas?: number | readonly string[] | undefined;
  /** How fast it comes when it is played with `speed: 1`. Default: all at once. */
  readonly tokensPerSecond?: number | undefined;
  /** Default: `modelled`. */
  readonly model?: string | undefined;
}

const isString = (value: unknown) => typeof value === 'string';
const isToolCalls = (calls: unknown) =>
  Array.isArray(calls) && calls.every((call) => isString(fieldsOf(call).name));

const rules: readonly Rule[] = [
  optional(
    'text',
    (text, { deltas }) => isString(text) && !Array.isArray(deltas),
    'a text, and left out if deltas lists its parts',
  ),
  optional('reasoning', isString, 'a text'),
  optional('toolCalls', isToolCalls, 'a list of { name, arguments }'),
  optional('finishReason', isString, 'a text'),
  optional('usage', (usage) => usage === null || isObject(usage), 'an object, or null for none'),
  optional(
    'deltas',
    (deltas) => Array.isArray(deltas) || (isCount(deltas) && deltas !== 0),
    'a whole number from 1 on, or a list of texts',
  ),
  optional('tokensPerSecond', (rate) => isAmount(rate) && rate !== 0, 'a number above 0'),
  optional('model', isString, 'a text'),
];

/**
 * Makes an exchange from what a model says, for tests that need no recording: the stream in LM Studio's wire
 * form. Its provenance is `modelled`. `replayFetch(modelReply({ text: 'Hello!' }))` answers every request with it,
 * `replayFetch([first, second])` one after the other.
 *
 * The form is that of https://lmstudio.ai/docs/developer/openai-compat (LM Studio 0.4.24): the role in the first
 * delta, a call's id and name before its arguments, `finish_reason` with an empty delta, then usage and `[DONE]`.
 * @throws {TypeError} if an option has a wrong type
 */
export function modelReply(options: ModelReplyOptions = {}): Exchange {
  assertRules<ModelReplyOptions>(options, rules);
  const { text = '', reasoning = '', toolCalls = [], deltas } = options;
  const { tokensPerSecond, model = 'modelled' } = options;
  const { finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop' } = options;
  const thought = cut(reasoning, typeof deltas === 'number' ? deltas : undefined);
  const said = [
    ...thought.map((reasoning_content) => ({ reasoning_content })),
    ...cut(text, deltas).map((content) => ({ content })),
    ...toolCalls.flatMap(callDeltas),
  ];
  const tokens = said.length;
  const { usage = { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens } } = options;

  const base = {
    id: 'chatcmpl-modelled',
    object: 'chat.completion.chunk',
    created: 1795340000,
    model,
    system_fingerprint: model,
  };
  const chunkOf = (delta: object, finish: string | null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  const events = [
    ...said.map((delta, at) => chunkOf(at === 0 ? { role: 'assistant', ...delta } : delta, null)),
    chunkOf({}, finishReason),
    ...(usage === null ? [] : [{ ...base, choices: [], usage }]),
  ];
  const frames = [...events.map((event) => JSON.stringify(event)), '[DONE]'];
  const parts = frames.map((data) => `data: ${data}\n\n`);
  const ms = tokensPerSecond === undefined ? 0 : Math.round(1000 / tokensPerSecond);
  const chunks = parts.map((part, at): Chunk => [at < tokens ? ms : 0, Buffer.byteLength(part)]);
  const body = new TextEncoder().encode(parts.join(''));
  return {
    format: 1,
    name: 'model-reply',
    file: 'modelReply()',
    provenance: { kind: 'modelled', source: 'modelReply(), after LM Studio 0.4.24', model },
    request: {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: null,
    },
    response: {
      status: 200,
      headers: { 'x-powered-by': 'Express', 'content-type': 'text/event-stream' },
      body: 'model-reply.sse',
    },
    end: 'complete',
    chunks,
    readBody: async () => body,
  };
}

/** A text as deltas: words with the space before them, as models make tokens, or so many parts of one length. */
function cut(text: string, deltas: ModelReplyOptions['deltas']): readonly string[] {
  if (typeof deltas === 'object') return deltas;
  if (deltas === undefined) return text.match(/\s*\S+|\s+$/g) ?? [];
  // By characters, as a server never cuts one.
  const characters = [...text];
  const borderAt = (part: number) => Math.round((part * characters.length) / deltas);
  return Array.from({ length: deltas }, (_, part) =>
    characters.slice(borderAt(part), borderAt(part + 1)).join(''),
  ).filter((part) => part !== '');
}

function callDeltas({ name, arguments: value, id }: ModelToolCall, index: number): object[] {
  const json = typeof value === 'string' ? value : JSON.stringify(value ?? {});
  const first = {
    index,
    id: id ?? String(482915637 + index),
    type: 'function',
    function: { name, arguments: '' },
  };
  const rest = { index, type: 'function', function: { arguments: json } };
  return [{ tool_calls: [first] }, { tool_calls: [rest] }];
}
