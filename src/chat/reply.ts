import { fieldsOf, isObject, itemsOf } from '../json.ts';
import { createThinkSplitter } from './think-tags.ts';
import { createToolCallCollector, type ToolCallCollector } from './tool-calls.ts';
import type { ChatChunk, ChatResult, ReplyEvent, Usage, Verdict } from './types.ts';
import { utf8Length } from './utf8.ts';

/** What one tool fragment costs beside its text, so that a flood of empty ones is bounded too. */
const FRAGMENT_BYTES = 64;

/** A reply that is being put together. */
export interface Reply {
  /** UTF-8 bytes of text, reasoning and calls; 0 until the first token. */
  bytes: number;
  /** The server said why it finished, or sent a whole completion. */
  finished: boolean;
  /** As sent. */
  finishReason: string | undefined;
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
 * @param maxTokens - the request's budget; LM Studio's documentation sends -1 for none. A reply of that many tokens was
 * cut by it, also where the server says `stop`, as llama.cpp's builds of August 2026 do
 */
export function createReply(emit: (event: ReplyEvent) => void, maxTokens: number): Reply {
  const collected = { text: '', reasoning: '' };
  const halves = { text: '', reasoning: '' };
  const think = createThinkSplitter(add);
  let usage: Usage | undefined;
  let model: string | undefined;
  let tools: ToolCallCollector | undefined;

  function add(channel: 'text' | 'reasoning', sent: string, last = false): void {
    let piece = halves[channel] + sent;
    // Servers that escape characters may cut between the two halves of one.
    const cut = !last && piece.charCodeAt(piece.length - 1) >> 10 === 54 ? -1 : piece.length;
    halves[channel] = piece.slice(cut);
    piece = piece.slice(0, cut);
    // Models put empty lines between reasoning and answer.
    if (channel === 'text' && !collected.text && collected.reasoning) {
      piece = piece.replace(/^[\r\n]+/, '');
    }
    if (!piece) return;
    collected[channel] += piece;
    reply.bytes += utf8Length(piece);
    emit({ type: channel, text: piece });
  }

  const reply: Reply = {
    bytes: 0,
    finished: false,
    finishReason: undefined,
    add(chunk) {
      const { choices, prompt_progress: progress } = chunk;
      if (typeof chunk.model === 'string') model = chunk.model;
      if (isUsage(chunk.usage)) usage = chunk.usage;
      if (isObject(progress)) {
        const { processed, total } = progress;
        emit({ type: 'progress', processed: Number(processed), total: Number(total) });
      }
      const { index, delta, message, finish_reason } = fieldsOf(itemsOf(choices)[0]);
      // With `n` above 1 the others come in chunks of their own.
      if (Number(index) > 0) return;
      const whole = !delta && !reply.bytes && message;
      const { content, reasoning_content, reasoning, tool_calls } = fieldsOf(whole || delta);
      const thought = reasoning_content ?? reasoning;
      if (thought && typeof thought === 'string') {
        think.end();
        add('reasoning', thought);
      }
      if (content && typeof content === 'string') think.push(content);
      for (const item of itemsOf(tool_calls)) {
        tools ??= createToolCallCollector();
        const fragment = tools.add(item);
        reply.bytes += utf8Length(fragment.arguments) + FRAGMENT_BYTES;
        emit({ type: 'tool_call', ...fragment });
      }
      if (finish_reason && typeof finish_reason === 'string') reply.finishReason = finish_reason;
      reply.finished ||= Boolean(whole || reply.finishReason);
    },
    flush() {
      think.end();
      add('reasoning', '', true);
      add('text', '', true);
    },
    collected: (finished) => ({
      ...collected,
      toolCalls: tools?.calls(finished) ?? [],
      finishReason: reply.finishReason,
      usage,
      model,
    }),
    verdict() {
      const { finishReason } = reply;
      const called = tools !== undefined;
      const used = maxTokens > 0 && Number(usage?.completion_tokens) >= maxTokens;
      if (finishReason === 'content_filter') return finishReason;
      if (!called && !collected.text.trim()) return 'empty';
      if (called && finishReason !== 'length') return 'tool_calls';
      return finishReason === 'length' || used ? 'length' : 'complete';
    },
  };
  return reply;
}

/** A usage of zeros is a server that does not count. */
function isUsage(value: unknown): value is Usage {
  return isObject(value) && Object.values(value).some(Number);
}
