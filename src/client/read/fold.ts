import { fieldsOf, isObject, itemsOf } from '../json.ts';
import type { ChatChunk, ChatResult, ReplyEvent, ToolCall, Usage, Verdict } from '../types.ts';
import { type DeltaReader, readDelta } from './delta-fields.ts';
import { type Channel, type Pieces, ReasoningSplitter } from './reasoning-marks.ts';
import { ToolCallCollector } from './tool-calls.ts';
import { isHighSurrogate, utf8Length } from './utf8.ts';
import { judge } from './verdict.ts';

/** What one tool fragment costs beside its text, so that a flood of empty ones is bounded too. */
const FRAGMENT_BYTES = 64;

/** Whether a reply is at its end, as far as its chunks tell. */
export type Ending =
  /** It goes on. */
  | 'open'
  /** A finish reason came together with a token, or before the first one: more may follow. */
  | 'doubtful'
  /** A finish reason came after the last token. */
  | 'finished';

/** Folds chunks into a reply. What is missing in a chunk, null or of another type counts as nothing. */
export class Reply implements DeltaReader, Pieces {
  /** UTF-8 bytes of text, reasoning and calls; 0 until the first token. */
  bytes = 0;
  ending: Ending = 'open';
  /** As sent, the last one. */
  finishReason: string | undefined;

  readonly #emit: (event: ReplyEvent) => void;
  readonly #maxTokens: number;
  readonly #splitter: ReasoningSplitter;
  #textSoFar = '';
  #reasoningSoFar = '';
  /** The first half of a character, by the channel on which its other half is awaited. */
  #halves: Partial<Record<Channel, string>> = {};
  #calls: ToolCallCollector | undefined;
  #usage: Usage | undefined;
  #model: string | undefined;
  /** The chunk at hand says something of the answer. */
  #hasToken = false;
  /** Tokens came after a finish reason: this server sends it early, or with every chunk. */
  #hasFinishedFalsely = false;

  /**
   * @param emit - gets the pieces as they come
   * @param maxTokens - the request's budget; `NaN` or below 1: none
   * @param startsInReasoning - the prompt has opened the reasoning
   */
  constructor(emit: (event: ReplyEvent) => void, maxTokens: number, startsInReasoning: boolean) {
    this.#emit = emit;
    this.#maxTokens = maxTokens;
    this.#splitter = new ReasoningSplitter(this, startsInReasoning);
  }

  /** Takes one chunk. */
  addChunk(chunk: ChatChunk): void {
    if (typeof chunk.model === 'string') this.#model = chunk.model;
    if (isUsage(chunk.usage)) this.#usage = chunk.usage;
    if (isObject(chunk.prompt_progress)) {
      const { processed, total } = chunk.prompt_progress;
      this.#emit({ type: 'progress', processed: Number(processed), total: Number(total) });
    }
    const { index, delta, message, finish_reason } = fieldsOf(itemsOf(chunk.choices)[0]);
    // With `n` above 1 the others come in chunks of their own.
    if (Number(index) > 0) return;
    // A whole completion, from a server that does not stream.
    const isWhole = !delta && !this.bytes && isObject(message);
    this.#hasToken = false;
    readDelta(isWhole ? message : delta, this);
    const hasFinish = isFinishReason(finish_reason);
    if (hasFinish) this.finishReason = finish_reason;
    if (isWhole) this.ending = 'finished';
    else this.ending = this.#endingAfter(hasFinish);
  }

  /** Gives out what was held back for the other half of a mark or of a character. */
  flush(): void {
    this.#splitter.end();
    this.#addPiece('reasoning', '', true);
    this.#addPiece('text', '', true);
  }

  /**
   * What it is by now.
   * @param isFinished - it came to its end, so calls may be complete
   */
  collected(isFinished: boolean): Omit<ChatResult, 'timing' | 'verdict'> {
    return {
      text: this.#textSoFar,
      reasoning: this.#reasoningSoFar,
      toolCalls: this.#listCalls(isFinished),
      finishReason: this.finishReason,
      usage: this.#usage,
      model: this.#model,
    };
  }

  /** How it ended, if this is its end. */
  verdict(): Verdict {
    return judge({
      finishReason: this.finishReason,
      text: this.#textSoFar,
      hasToolCalls: this.#calls !== undefined,
      usage: this.#usage,
      maxTokens: this.#maxTokens,
    });
  }

  reasoning(text: string): void {
    this.#hasToken = true;
    this.#splitter.onReasoningField();
    this.#addPiece('reasoning', text);
  }

  text(text: string): void {
    this.#hasToken = true;
    this.#splitter.push(text);
  }

  toolCall(item: unknown): void {
    this.#hasToken = true;
    this.#calls ??= new ToolCallCollector();
    const fragment = this.#calls.add(item);
    this.bytes += utf8Length(fragment.arguments) + FRAGMENT_BYTES;
    this.#emit({ type: 'tool_call', ...fragment });
  }

  add(channel: Channel, piece: string): void {
    this.#addPiece(channel, piece);
  }

  textWasReasoning(): void {
    const reasoning = this.#textSoFar;
    this.#reasoningSoFar += reasoning;
    this.#textSoFar = '';
    this.#emit({ type: 'correction', reasoning });
  }

  /** @param isLast - no other half of a character will come */
  #addPiece(channel: Channel, sent: string, isLast = false): void {
    let piece = sent;
    const half = this.#halves[channel];
    if (half) piece = half + sent;
    if (half || isHighSurrogate(piece.charCodeAt(piece.length - 1))) {
      // Servers that escape characters may cut between the two halves of one.
      const isCut = !isLast && isHighSurrogate(piece.charCodeAt(piece.length - 1));
      this.#halves[channel] = isCut ? piece.slice(-1) : '';
      if (isCut) piece = piece.slice(0, -1);
    }
    const isText = channel === 'text';
    // Models put empty lines between reasoning and answer.
    if (isText && !this.#textSoFar && (this.#reasoningSoFar || this.#splitter.hasSeenMark)) {
      piece = piece.replace(/^[\r\n]+/, '');
    }
    if (!piece) return;
    if (isText) this.#textSoFar += piece;
    else this.#reasoningSoFar += piece;
    this.bytes += utf8Length(piece);
    this.#emit({ type: channel, text: piece });
  }

  /**
   * A finish reason is final only when nothing follows: some servers send it on their first, empty chunk, and some
   * with every one.
   */
  #endingAfter(hasFinish: boolean): Ending {
    if (!this.#hasToken) {
      const mayBeOver = hasFinish || this.ending === 'doubtful';
      if (!mayBeOver) return this.ending;
      return (hasFinish && this.bytes > 0) || this.#usage ? 'finished' : 'doubtful';
    }
    if (this.ending !== 'open') this.#hasFinishedFalsely = true;
    return hasFinish && !this.#hasFinishedFalsely ? 'doubtful' : 'open';
  }

  #listCalls(isFinished: boolean): ToolCall[] {
    const isCut = this.finishReason === 'length';
    return this.#calls?.list({ isFinished, isCut }) ?? [];
  }
}

/** KoboldCpp before 1.85 sent the text `null` for no reason. */
const isFinishReason = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value !== 'null';

/** A usage of zeros is a server that does not count. */
const isUsage = (value: unknown): value is Usage =>
  isObject(value) && Object.values(value).some(Number);
