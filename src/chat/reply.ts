import { isObject, utf8Length } from './guards.ts';
import { createThinkSplitter, type Split } from './think-tags.ts';
import { createToolCallCollector } from './tool-calls.ts';
import type {
  ChatChunk,
  PartialResult,
  ReplyEvent,
  Timing,
  ToolCall,
  Usage,
  Verdict,
} from './types.ts';

/** The pieces of a reply as they come; `finish` is not among them. */
export interface ReplySink {
  text(text: string): void;
  event(event: Exclude<ReplyEvent, { type: 'text' | 'finish' }>): void;
}

/** Folds chunks into a reply. */
export interface Reply {
  /** Takes one chunk, of whatever shape: what is missing, null or of another type counts as nothing. */
  add(chunk: ChatChunk): void;
  /** Tells how much of the prompt is processed. */
  progress(processed: unknown, total: unknown): void;
  /** Gives out what was held back for the other half of a tag or a character. */
  flush(): void;
  /** The server said why it finished, or sent a whole completion. */
  readonly finished: boolean;
  /** A text, reasoning or tool fragment that is not empty has come. */
  readonly begun: boolean;
  /** A chunk with a choice has come. */
  readonly recognised: boolean;
  /** UTF-8 bytes of text, reasoning and calls. */
  readonly bytes: number;
  /** How the reply ended, if it ended now. */
  verdict(): Verdict;
  collected(timing: Timing, complete: boolean): PartialResult;
}

/**
 * @param maxTokens - the request's budget. A reply of that many tokens was cut by it, also where the server says `stop`,
 * as llama.cpp's August 2026 builds do
 */
export function createReply(sink: ReplySink, maxTokens: number | undefined): Reply {
  const think = createThinkSplitter();
  const tools = createToolCallCollector();
  let reasoningField = false;
  let text = '';
  let reasoning = '';
  let heldText = '';
  let heldReasoning = '';
  let finishReason: string | undefined;
  let whole = false;
  let usage: Usage | undefined;
  let model: string | undefined;
  let choiceIndex: number | undefined;
  let recognised = false;
  let begun = false;
  let bytes = 0;

  function addText(piece: string): void {
    // Models put empty lines between reasoning and answer.
    const shown = text === '' && reasoning !== '' ? piece.replace(/^[\r\n]+/, '') : piece;
    if (shown === '') return;
    begun = true;
    text += shown;
    bytes += utf8Length(shown);
    sink.text(shown);
  }

  function addReasoning(piece: string): void {
    if (piece === '') return;
    begun = true;
    reasoning += piece;
    bytes += utf8Length(piece);
    sink.event({ type: 'reasoning', text: piece });
  }

  function addContent(piece: string): void {
    if (heldText !== '') {
      piece = heldText + piece;
      heldText = '';
    }
    if (endsInHalf(piece)) {
      heldText = piece.slice(-1);
      piece = piece.slice(0, -1);
    }
    passContent(piece);
  }

  function passContent(piece: string): void {
    if (reasoningField || think.over) return addText(piece);
    addSplit(think.push(piece));
  }

  function addSplit(split: Split): void {
    addReasoning(split.reasoning);
    addText(split.text);
  }

  function addReasoningField(piece: string): void {
    if (!reasoningField) addSplit(think.end());
    reasoningField = true;
    piece = heldReasoning + piece;
    heldReasoning = endsInHalf(piece) ? piece.slice(-1) : '';
    addReasoning(heldReasoning === '' ? piece : piece.slice(0, -1));
  }

  function addDelta(delta: unknown): void {
    if (!isObject(delta)) return;
    const { content, tool_calls } = delta;
    const thought = delta.reasoning_content ?? delta.reasoning;
    if (typeof thought === 'string' && thought !== '') addReasoningField(thought);
    if (typeof content === 'string' && content !== '') addContent(content);
    if (tool_calls === undefined) return;
    const added = tools.add(tool_calls);
    bytes += added.bytes;
    for (const event of added.events) {
      if (event.id !== '' || event.name !== '' || event.arguments !== '') begun = true;
      sink.event(event);
    }
  }

  function addChoice(choice: unknown): void {
    if (!isObject(choice)) return;
    // With `n` above 1 the choices come in chunks of their own; only the first one is read.
    if (typeof choice.index === 'number') {
      choiceIndex ??= choice.index;
      if (choice.index !== choiceIndex) return;
    }
    recognised = true;
    if (isObject(choice.delta)) addDelta(choice.delta);
    else if (!begun && isObject(choice.message)) {
      whole = true;
      addDelta(choice.message);
    }
    const reason = choice.finish_reason;
    if (typeof reason === 'string' && reason !== '') finishReason = reason;
  }

  function progress(processed: unknown, total: unknown): void {
    if (typeof processed !== 'number' || typeof total !== 'number') return;
    sink.event({ type: 'progress', processed, total });
  }

  return {
    add(chunk) {
      if (typeof chunk.model === 'string' && chunk.model !== '') model = chunk.model;
      if (isUsage(chunk.usage)) usage = chunk.usage;
      if (isObject(chunk.prompt_progress)) {
        progress(chunk.prompt_progress.processed, chunk.prompt_progress.total);
      }
      if (Array.isArray(chunk.choices)) addChoice(chunk.choices[0]);
    },
    progress,
    flush() {
      addReasoning(heldReasoning);
      heldReasoning = '';
      passContent(heldText);
      heldText = '';
      addSplit(think.end());
    },
    get finished() {
      return whole || finishReason !== undefined;
    },
    get begun() {
      return begun;
    },
    get recognised() {
      return recognised;
    },
    get bytes() {
      return bytes;
    },
    verdict: () => judge({ text, toolCalls: tools.calls(true), finishReason, usage, maxTokens }),
    collected: (timing, complete) => ({
      text,
      reasoning,
      toolCalls: tools.calls(complete),
      ...(finishReason !== undefined && { finishReason }),
      ...(usage !== undefined && { usage }),
      ...(model !== undefined && { model }),
      timing,
    }),
  };
}

interface Ending {
  text: string;
  toolCalls: readonly ToolCall[];
  finishReason: string | undefined;
  usage: Usage | undefined;
  maxTokens: number | undefined;
}

/** How a finished reply ended, as {@link Verdict} tells it. */
export function judge({ text, toolCalls, finishReason, usage, maxTokens }: Ending): Verdict {
  if (finishReason === 'content_filter') return 'content_filter';
  if (toolCalls.length === 0 && text.trim() === '') return 'empty';
  if (toolCalls.length > 0 && finishReason !== 'length') return 'tool_calls';
  const spent = usage?.completion_tokens ?? 0;
  if (finishReason === 'length' || spent >= (maxTokens ?? Infinity)) return 'length';
  return 'complete';
}

/** A usage of zeros is a server that does not count. */
function isUsage(value: unknown): value is Usage {
  if (!isObject(value)) return false;
  return Boolean(value.prompt_tokens || value.completion_tokens || value.total_tokens);
}

/** The text ends in the first half of a surrogate pair: servers that escape may cut between the two. */
function endsInHalf(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
}
