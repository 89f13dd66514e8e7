import { checkType } from '../../client/option-values.ts';
import type { Chunk, Exchange } from '../exchange/exchange.ts';

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
  checkOptions(options);
  const { toolCalls = [], tokensPerSecond, model = 'modelled', deltas } = options;
  const { finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop' } = options;
  const said = [
    ...cut(options.reasoning ?? '', typeof deltas === 'number' ? deltas : undefined).map((it) => ({
      reasoning_content: it,
    })),
    ...cut(options.text ?? '', deltas).map((content) => ({ content })),
    ...toolCalls.flatMap(callDeltas),
  ];
  const usage = options.usage === undefined ? usageOf(said.length) : options.usage;

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
  const frames = [
    ...said.map((delta, index) =>
      chunkOf(index === 0 ? { role: 'assistant', ...delta } : delta, null),
    ),
    chunkOf({}, finishReason),
    ...(usage === null ? [] : [{ ...base, choices: [], usage }]),
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  frames.push('data: [DONE]\n\n');

  const encoder = new TextEncoder();
  const body = encoder.encode(frames.join(''));
  const ms = tokensPerSecond === undefined ? 0 : Math.round(1000 / tokensPerSecond);
  const chunks = frames.map((frame, index): Chunk => {
    return [index < said.length ? ms : 0, encoder.encode(frame).length];
  });
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

function checkOptions(options: ModelReplyOptions): void {
  checkType('text', options.text, 'string');
  checkType('reasoning', options.reasoning, 'string');
  checkType('finishReason', options.finishReason, 'string');
  checkType('usage', options.usage, 'object');
  checkType('tokensPerSecond', options.tokensPerSecond, 'number');
  checkType('model', options.model, 'string');
  if (options.tokensPerSecond === 0) throw new TypeError('tokensPerSecond must be above 0');
  const { deltas, toolCalls = [] } = options;
  const isCut = deltas === undefined || Array.isArray(deltas) || Number(deltas) >= 1;
  if (!isCut) throw new TypeError('deltas must be a number from 1 on, or a list of texts');
  if (Array.isArray(deltas) && options.text !== undefined) {
    throw new TypeError('text must be left out where deltas lists its parts');
  }
  const areCalls =
    Array.isArray(toolCalls) && toolCalls.every((it) => typeof it?.name === 'string');
  if (!areCalls) throw new TypeError('toolCalls must be a list of { name, arguments }');
}

/** A text as deltas: words with the space before them, as models make tokens, or so many parts of one length. */
function cut(text: string, deltas: ModelReplyOptions['deltas']): readonly string[] {
  if (typeof deltas === 'object') return deltas;
  if (deltas === undefined) return text.match(/\s*\S+|\s+$/g) ?? [];
  // By characters, as a server never cuts one.
  const characters = [...text];
  const parts: string[] = [];
  for (let part = 0; part < deltas; part++) {
    const [from, to] = [part, part + 1].map((it) => Math.round((it * characters.length) / deltas));
    parts.push(characters.slice(from, to).join(''));
  }
  return parts.filter((part) => part !== '');
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

function usageOf(tokens: number): object {
  return { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens };
}
