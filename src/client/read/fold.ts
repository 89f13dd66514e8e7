import { fieldsOf, isObject, isText, itemsOf } from '../json.ts';
import type { ChatChunk, PartialResult, ReplyEvent, Usage, Verdict } from '../types.ts';
import { type Channel, readDelta } from './delta-fields.ts';
import type { Queue } from './queue.ts';
import { ReasoningSplitter } from './reasoning-marks.ts';
import { utf8Length } from './sse.ts';
import { ToolCallCollector } from './tool-calls.ts';
import { type EndKind, judge, readEnd } from './verdict.ts';

/*
 * From a body's bytes to what a reply holds.
 *
 *   in               bytes, as the connection reads them
 *   sse.ts           bytes → events; queue.ts keeps them
 *   (reply/chunk.ts  an event's data → a chunk)
 *   fold.ts          a chunk → the pieces of the reply, and the reply so far
 *   delta-fields.ts    finds reasoning, answer and calls in a delta, in whatever fields servers put them
 *   reasoning-marks.ts takes reasoning out of a content by its marks, which marks.ts lists
 *   tool-calls.ts      puts calls together from their fragments
 *   verdict.ts       how the reply ended
 *   out              events for the reader, and the collected result
 */

/** Whether a reply is at its end, as far as its chunks say. */
export type Stage =
  /** It goes on. */
  | 'open'
  /** A finish reason came together with a token, or before the first one: more may follow. */
  | 'doubtful'
  /** A finish reason came after the last token. */
  | 'finished';

/** A piece of a reply, as one delta has it. */
export interface Word {
  channel: Channel;
  text: string;
}

interface FoldSettings {
  /** With more calls than that nothing is added to them: the stream is about to fail. */
  maxResultBytes: number;
  /** The prompt has opened the reasoning. */
  startsInReasoning: boolean | undefined;
}

/** Folds chunks into a reply. What is missing in a chunk, null or of another type counts as nothing. */
export class Fold {
  /** UTF-8 bytes of text, reasoning and calls; 0 until the first token. */
  bytes = 0;
  stage: Stage = 'open';
  /** As sent, the last one. */
  finishReason: string | undefined;

  readonly #events: Queue<ReplyEvent>;
  readonly #maxBytes: number;
  readonly #maxTokens: number | undefined;
  readonly #splitter: ReasoningSplitter;
  #textSoFar = '';
  #reasoningSoFar = '';
  /** The first half of a character, by the channel on which its other half is awaited. */
  readonly #halves: Record<Channel, string> = { text: '', reasoning: '' };
  #calls: ToolCallCollector | undefined;
  #usage: Usage | undefined;
  #model: string | undefined;
  /** The chunk at hand says something of the answer. */
  #hasToken = false;
  /** The first that it says, if it is the only one. */
  #word: Word | undefined;
  /** Tokens came after a finish reason: this server sends it early, or with every chunk. */
  #hasFinishedFalsely = false;

  /**
   * @param events - gets the pieces as they come
   * @param maxTokens - the request's budget, if it has one
   */
  constructor(
    events: Queue<ReplyEvent>,
    { maxResultBytes, startsInReasoning }: FoldSettings,
    maxTokens: number | undefined,
  ) {
    this.#events = events;
    this.#maxBytes = maxResultBytes;
    this.#maxTokens = maxTokens;
    this.#splitter = new ReasoningSplitter(this.#add, this.#correct, startsInReasoning);
  }

  /** Takes a word; in a chunk that is otherwise equal to the one before it, nothing else is news. */
  addWord({ channel, text }: Word): void {
    if (channel === 'text') return this.#splitter.push(text);
    this.#splitter.onReasoningField();
    this.#add(channel, text);
  }

  /**
   * Takes a chunk.
   * @returns its word, if it says one and nothing else
   */
  addChunk(chunk: ChatChunk): Word | undefined {
    if (typeof chunk.model === 'string') this.#model = chunk.model;
    if (isUsage(chunk.usage)) this.#usage = chunk.usage;
    if (isObject(chunk.prompt_progress)) {
      const { processed, total } = chunk.prompt_progress;
      this.#events.push({ type: 'progress', processed: Number(processed), total: Number(total) });
    }
    const { index, delta, message, finish_reason } = fieldsOf(itemsOf(chunk.choices)[0]);
    // With `n` above 1 the others come in chunks of their own.
    if (Number(index) > 0) return undefined;
    // A whole completion, from a server that does not stream.
    const isWhole = !delta && !this.bytes && isObject(message);
    this.#hasToken = false;
    this.#word = undefined;
    readDelta(isWhole ? message : delta, this.#say, this.#addToCall);
    const hasFinish = isFinishReason(finish_reason);
    if (hasFinish) this.finishReason = finish_reason;
    if (isWhole) this.stage = 'finished';
    else this.stage = this.#nextStage(hasFinish);
    const saysMore = hasFinish || isWhole || chunk.usage || chunk.prompt_progress;
    return saysMore ? undefined : this.#word;
  }

  /** Gives out what was held back for the other half of a mark or of a character. */
  flush(): void {
    this.#splitter.end();
    this.#add('reasoning', '', true);
    this.#add('text', '', true);
  }

  /** What kind of end it has come to, if this is its end. */
  get end(): EndKind {
    return readEnd(this.finishReason, this.#usage, this.#maxTokens);
  }

  /**
   * What it is by now.
   * @param isFinished - it came to its end, so calls may be complete
   */
  collected(isFinished: boolean): Omit<PartialResult, 'timing' | 'verdict'> {
    return {
      text: this.#textSoFar,
      reasoning: this.#reasoningSoFar,
      toolCalls: this.#calls?.list(isFinished ? this.end : undefined) ?? [],
      finishReason: this.finishReason,
      usage: this.#usage,
      model: this.#model,
    };
  }

  /** How it ended, if this is its end and it did not fail. */
  verdict(): Verdict {
    return judge(this.end, this.#textSoFar, this.#calls !== undefined);
  }

  /** Takes what a delta says of the answer. */
  readonly #say = (channel: Channel, text: string): void => {
    const word = { channel, text };
    this.#word = this.#hasToken ? undefined : word;
    this.#hasToken = true;
    this.addWord(word);
  };

  /** @param isLast - no other half of a character will come */
  readonly #add = (channel: Channel, sent: string, isLast = false): void => {
    let piece = this.#halves[channel] + sent;
    // Servers that escape characters may cut between the two halves of one.
    const isCut = !isLast && endsInHalf(piece);
    if (isCut || piece !== sent) this.#halves[channel] = isCut ? piece.slice(-1) : '';
    if (isCut) piece = piece.slice(0, -1);
    const isText = channel === 'text';
    // Models put empty lines between reasoning and answer.
    if (isText && !this.#textSoFar && (this.#reasoningSoFar || this.#splitter.hasSeenMark)) {
      piece = piece.replace(/^[\r\n]+/, '');
    }
    if (!piece) return;
    if (isText) this.#textSoFar += piece;
    else this.#reasoningSoFar += piece;
    this.bytes += utf8Length(piece);
    this.#events.push({ type: channel, text: piece });
  };

  /** All text so far was reasoning. */
  readonly #correct = (): void => {
    const reasoning = this.#textSoFar;
    this.#reasoningSoFar += reasoning;
    this.#textSoFar = '';
    this.#events.push({ type: 'correction', reasoning });
  };

  readonly #addToCall = (item: unknown): void => {
    this.#hasToken = true;
    this.#word = undefined;
    // One event may hold millions of them.
    if (this.bytes > this.#maxBytes) return;
    this.#calls ??= new ToolCallCollector();
    const { bytes } = this.#calls;
    const fragment = this.#calls.add(item);
    this.bytes += this.#calls.bytes - bytes;
    this.#events.push({ type: 'tool_call', ...fragment });
  };

  /**
   * A finish reason is final only when nothing follows: some servers send it on their first, empty chunk, and some
   * with every one.
   */
  #nextStage(hasFinish: boolean): Stage {
    if (!this.#hasToken) {
      const mayBeOver = hasFinish || this.stage === 'doubtful';
      if (!mayBeOver) return this.stage;
      return (hasFinish && this.bytes > 0) || this.#usage ? 'finished' : 'doubtful';
    }
    if (this.stage !== 'open') this.#hasFinishedFalsely = true;
    return hasFinish && !this.#hasFinishedFalsely ? 'doubtful' : 'open';
  }
}

/** Its last character is cut in two. */
const endsInHalf = (piece: string): boolean => {
  const last = piece.charCodeAt(piece.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
};

/** KoboldCpp before 1.85 sent the text `null` for no reason. */
const isFinishReason = (value: unknown): value is string => isText(value) && value !== 'null';

/** A usage of zeros is a server that does not count. */
const isUsage = (value: unknown): value is Usage =>
  isObject(value) && Object.values(value).some(Number);
