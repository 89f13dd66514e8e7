import { isObject, utf8Length } from './guards.ts';
import { createThinkSplitter } from './think-tags.ts';
import { createToolCallCollector } from './tool-calls.ts';
import type { ChatChunk, ChatResult, ReplyEvent, Usage, Verdict } from './types.ts';

/** What one tool fragment costs beside its text, so that a flood of empty ones is bounded too. */
const FRAGMENT_BYTES = 64;

/** A reply that is being put together. */
export interface Reply {
  /** A text, reasoning or tool fragment that is not empty has come. */
  begun: boolean;
  /** The server said why it finished, or sent a whole completion. */
  finished: boolean;
  /** UTF-8 bytes of text, reasoning and calls. */
  bytes: number;
  /** Takes one chunk: what is missing, null or of another type counts as nothing. */
  add(chunk: ChatChunk): void;
  /** Gives out what was held back for the other half of a tag or of a character. */
  flush(): void;
  /** What it is by now. */
  collected(finished: boolean): Omit<ChatResult, 'timing' | 'verdict'>;
  /** How it ended, if this is its end. */
  verdict(): Verdict;
}

/**
 * Folds chunks into a reply.
 * @param emit - gets the pieces as they come
 * @param maxTokens - the request's budget. A reply of that many tokens was cut by it, also where the server says
 * `stop`, as llama.cpp's builds of August 2026 do
 */
export function createReply(emit: (event: ReplyEvent) => void, maxTokens: number): Reply {
  const collected = { text: '', reasoning: '' };
  const held = { text: '', reasoning: '' };
  const think = createThinkSplitter(add);
  const tools = createToolCallCollector();
  let reasoningField = false;
  let finishReason: string | undefined;
  let usage: Usage | undefined;
  let model: string | undefined;

  function add(channel: 'text' | 'reasoning', piece: string, last = false): void {
    if (held[channel] !== '') {
      piece = held[channel] + piece;
      held[channel] = '';
    }
    // Servers that escape characters may cut between the two halves of one.
    if ((piece.charCodeAt(piece.length - 1) & 0xfc00) === 0xd800 && !last) {
      held[channel] = piece.slice(-1);
      piece = piece.slice(0, -1);
    }
    // Models put empty lines between reasoning and answer.
    if (channel === 'text' && collected.text === '' && collected.reasoning !== '') {
      piece = piece.replace(/^[\r\n]+/, '');
    }
    if (piece === '') return;
    collected[channel] += piece;
    reply.begun = true;
    reply.bytes += utf8Length(piece);
    emit({ type: channel, text: piece });
  }

  function addDelta(delta: Readonly<Record<string, unknown>>): void {
    const { content, reasoning_content, reasoning, tool_calls } = delta;
    const thought = reasoning_content ?? reasoning;
    if (typeof thought === 'string' && thought !== '') {
      if (!reasoningField) think.end();
      reasoningField = true;
      add('reasoning', thought);
    }
    if (typeof content === 'string' && content !== '') {
      if (reasoningField) add('text', content);
      else think.push(content);
    }
    if (!Array.isArray(tool_calls)) return;
    for (const item of tool_calls) {
      const fragment = tools.add(item);
      if (fragment === undefined) continue;
      reply.begun = true;
      reply.bytes += utf8Length(fragment.arguments) + FRAGMENT_BYTES;
      emit({ type: 'tool_call', ...fragment });
    }
  }

  const reply: Reply = {
    begun: false,
    finished: false,
    bytes: 0,
    add(chunk) {
      const { choices, prompt_progress: progress } = chunk;
      if (typeof chunk.model === 'string') model = chunk.model;
      if (isUsage(chunk.usage)) usage = chunk.usage;
      if (isObject(progress)) {
        emit({
          type: 'progress',
          processed: Number(progress.processed),
          total: Number(progress.total),
        });
      }
      const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
      if (!isObject(choice)) return;
      const { index, delta, message, finish_reason } = choice;
      // With `n` above 1 the others come in chunks of their own.
      if (index) return;
      if (isObject(delta)) addDelta(delta);
      else if (isObject(message) && !reply.begun) {
        addDelta(message);
        reply.finished = true;
      }
      if (typeof finish_reason === 'string' && finish_reason !== '') {
        finishReason = finish_reason;
        reply.finished = true;
      }
    },
    flush() {
      think.end();
      add('reasoning', '', true);
      add('text', '', true);
    },
    collected: (finished) => ({
      ...collected,
      toolCalls: tools.calls(finished),
      finishReason,
      usage,
      model,
    }),
    verdict() {
      const called = tools.calls(true).length > 0;
      if (finishReason === 'content_filter') return finishReason;
      if (!called && collected.text.trim() === '') return 'empty';
      if (called && finishReason !== 'length') return 'tool_calls';
      const cut = finishReason === 'length' || Number(usage?.completion_tokens) >= maxTokens;
      return cut ? 'length' : 'complete';
    },
  };
  return reply;
}

/** A usage of zeros is a server that does not count. */
function isUsage(value: unknown): value is Usage {
  return (
    isObject(value) && Boolean(value.prompt_tokens || value.completion_tokens || value.total_tokens)
  );
}
