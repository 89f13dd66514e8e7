import type { ChatError } from '../errors/errors.ts';
import { isObject } from '../json.ts';
import { Reply } from '../read/fold.ts';
import { createEventReader, type EventReader, type ServerEvent } from '../read/sse.ts';
import { listenForAbort } from '../send/abort-listeners.ts';
import { Clock, now } from '../send/clocks.ts';
import { Connection, type RequestBody } from '../send/connection.ts';
import { readStreamOptions, type StreamSettings } from '../send/options.ts';
import type {
  ChatChunk,
  ChatResult,
  PartialResult,
  ReplyEvent,
  StreamOptions,
  Verdict,
} from '../types.ts';
import { type Moments, measure } from './timing.ts';

/** What the server is waited for. */
type Phase = 'firstToken' | 'idle' | 'doubtful' | 'finished';

/** How long a finished reply waits for usage and `[DONE]`; in ms. */
const FINISHED_MS = 2000;

/** How long a reply is waited for that may be finished, but whose server may send its finish reason early; in ms. */
const DOUBTFUL_MS = 10_000;

/** How long a body may take to end after `[DONE]`; in ms. */
const CLOSING_MS = 200;

const nothing = (): void => {};

/** How a reply ended: with a result, or with what it failed with. */
export type Outcome = { result: ChatResult } | { error: unknown };

/**
 * A reply on its way: the machine between the network and a reader that pulls.
 *
 * The data goes one way: bytes → events → chunks → what happened. A read is asked of the network only when the reader
 * asks for more, and an event is handled only when its turn has come: so what the result holds at a `break` is what was
 * read, whatever the reads were. Whatever ends the stream (its end, an error, a clock, an abort, a reader that leaves)
 * goes through `end`.
 *
 * Whoever reads it `take`s; where that gives nothing and it is not over, it asks to `read`, and takes again `onNews`.
 */
export class LiveReply {
  /** There may be something to take, or it is over. */
  onNews: () => void = nothing;

  readonly #settings: StreamSettings;
  readonly #connection: Connection;
  readonly #eventReader: EventReader;
  readonly #reply: Reply;
  readonly #clock = new Clock(() => this.#onTimeout());
  readonly #moments: Omit<Moments, 'head'> = {};
  /** What has happened and was not taken yet, in order. */
  readonly #happened: ReplyEvent[] = [];
  /** How many of the reader's events were handled. */
  #handled = 0;
  #phase: Phase = 'firstToken';
  #isReading = false;
  #readsAhead = false;
  #onOver: (outcome: Outcome) => void = nothing;
  /** Set when no more bytes will come: why not, and the lines that were no event. */
  #bodyEnd: { cause: unknown; strayLines: string } | undefined;
  #stopListening = nothing;
  #ending: Outcome | undefined;
  #verdict: Verdict | undefined;

  /**
   * @param maxTokens - the budget in the request
   * @throws {TypeError} for an option of a wrong type
   */
  constructor(options: StreamOptions, body: RequestBody, maxTokens: number) {
    this.#settings = readStreamOptions(options, () => this.soFar());
    const { server, timeouts, maxEventBytes, startsInReasoning } = this.#settings;
    this.#eventReader = createEventReader(maxEventBytes);
    this.#reply = new Reply((event) => this.#happened.push(event), maxTokens, startsInReasoning);
    const patienceMs = timeouts.firstToken || Infinity;
    this.#connection = new Connection(server, body, patienceMs);
    this.#clock.limit(timeouts.firstToken);
  }

  /** How it ended; `undefined` while it goes on. */
  get outcome(): Outcome | undefined {
    return this.#ending;
  }

  /** What happened next; `undefined` where the network has to be read first, or where it is over. */
  take(): ReplyEvent | undefined {
    while (this.#happened.length === 0 && !this.#ending) {
      if (!this.#handleNext()) return undefined;
    }
    return this.#happened.shift();
  }

  /** Reads once from the network, unless that is under way. */
  read(): void {
    if (this.#isReading || this.#ending) return;
    this.#isReading = true;
    try {
      if (this.#moments.sent === undefined) this.#start();
      this.#clock.wait();
      // By callbacks, of which a read needs fewer promises than of `await`.
      this.#connection.read().then(this.#onRead, this.#onBodyEnd);
    } catch (thrown) {
      // An aborted signal, or a body that somebody else made.
      this.#onBodyEnd(thrown);
    }
  }

  /** Tells how it ended, once it has. */
  onceOver(onOver: (outcome: Outcome) => void): void {
    if (this.#ending) onOver(this.#ending);
    else this.#onOver = onOver;
  }

  /**
   * From now on the network is read also while the reader is away. A reader that waits for the result between two pieces
   * would wait for ever otherwise, because nothing is read that is not asked for. What it has not taken is kept for it.
   */
  readAhead(): void {
    if (this.#ending) return;
    this.#readsAhead = true;
    this.#readAheadSoon();
  }

  /** The reader leaves. */
  stop(): void {
    this.#happened.length = 0;
    if (!this.#ending) this.#succeed('stopped');
  }

  /** What has come up to now. */
  soFar(): PartialResult {
    const verdict = this.#verdict;
    const isFinished = verdict !== undefined && verdict !== 'stopped';
    const collected = this.#reply.collected(isFinished);
    const moments = { ...this.#moments, head: this.#connection.openedAt };
    return { ...collected, verdict, timing: measure(moments, collected.usage, now()) };
  }

  #start(): void {
    const { signal } = this.#settings.server;
    this.#moments.sent = now();
    signal?.throwIfAborted();
    if (signal) this.#stopListening = listenForAbort(signal, () => this.#onAbort());
  }

  readonly #onRead = (read: ReadableStreamReadResult<Uint8Array>): void => {
    try {
      if (read.done) return this.#onBodyEnd();
      this.#eventReader.push(read.value);
    } catch (thrown) {
      return this.#onBodyEnd(thrown);
    }
    this.#comeBack();
  };

  readonly #onBodyEnd = (cause?: unknown): void => {
    let strayLines = '';
    try {
      strayLines = this.#eventReader.end();
    } catch (thrown) {
      // The text is longer than a string can be.
      cause ??= thrown;
    }
    this.#bodyEnd = { cause, strayLines };
    this.#comeBack();
  };

  #comeBack(): void {
    this.#isReading = false;
    this.#clock.resume();
    this.onNews();
    if (this.#readsAhead) this.#readAheadSoon();
  }

  /** A reader that is there asks for its next piece at once; the network is read for one that does not. */
  #readAheadSoon(): void {
    setTimeout(() => {
      if (this.#isReading || this.#ending) return;
      while (!this.#ending && this.#handleNext());
      this.read();
    });
  }

  /** Handles the next event in its turn; false where the network has to be read first. */
  #handleNext(): boolean {
    const { events } = this.#eventReader;
    try {
      const event = events[this.#handled++];
      if (event) {
        this.#handle(event);
        return true;
      }
      this.#handled = events.length = 0;
      if (!this.#bodyEnd) return false;
      this.#conclude(this.#bodyEnd.cause, this.#bodyEnd.strayLines);
    } catch (thrown) {
      this.#failWith(thrown);
    }
    return true;
  }

  #handle({ event, data }: ServerEvent): void {
    if (data === undefined) throw this.#tooLarge('maxEventBytes');
    if (event === 'error') throw this.#reported(data);
    if (data[0] === '[' && data.trim() === '[DONE]') return this.#finish(true);
    const chunk = this.#parseChunk(data);
    if (!chunk) return;
    this.#settings.onChunk?.(chunk, data);
    // It may have aborted, or left.
    if (this.#ending) return;
    if (isError(chunk)) throw this.#reported(chunk);
    this.#reply.addChunk(chunk);
    if (this.#reply.bytes > this.#settings.maxResultBytes) throw this.#tooLarge('maxResultBytes');
    if (this.#reply.bytes > 0) this.#moments.firstToken ??= now();
    this.#enter(this.#nextPhase());
  }

  /** A chunk; nothing for an event that says nothing. */
  #parseChunk(data: string): ChatChunk | undefined {
    let json: unknown;
    try {
      json = JSON.parse(data);
    } catch {
      // The rest at the body's end, cut off, is told as that.
      if (!data.trim() || this.#bodyEnd) return undefined;
      throw this.#settings.server.fail({
        kind: 'protocol',
        did: 'sent a frame that is not JSON',
        said: data.slice(0, 200),
      });
    }
    // An error may come in a list, as Gemini's does.
    const chunk: unknown = Array.isArray(json) ? json[0] : json;
    return isObject(chunk) ? chunk : undefined;
  }

  #nextPhase(): Phase {
    const { bytes, ending } = this.#reply;
    if (ending === 'finished') return 'finished';
    if (bytes === 0) return this.#phase;
    return ending === 'doubtful' ? 'doubtful' : 'idle';
  }

  #enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#clock.limit(this.#limitOf(phase), phase === 'idle');
  }

  #limitOf(phase: Phase): number {
    if (phase === 'finished') return FINISHED_MS;
    if (phase === 'doubtful') return DOUBTFUL_MS;
    return this.#settings.timeouts[phase];
  }

  /** The body is over, and so are its events. */
  #conclude(cause: unknown, strayLines: string): void {
    if (this.#connection.openedAt === undefined) throw cause;
    const { ending, bytes } = this.#reply;
    const hasEnded = cause === undefined || bytes > 0;
    if (ending === 'finished' || (ending === 'doubtful' && hasEnded)) return this.#finish(false);
    const { length } = this.#happened;
    this.#reply.flush();
    // What was held back comes before the error.
    if (this.#happened.length > length) return;
    throw this.#unfinished(cause, strayLines.trim());
  }

  /** What is wrong with a body that ended before the reply was finished. */
  #unfinished(cause: unknown, strayLines: string): ChatError {
    const { fail } = this.#settings.server;
    if (strayLines && cause === undefined) {
      // llama.cpp's router writes a bare line where the model's process has died.
      const isEventStream = this.#connection.contentType.startsWith('text/event-stream');
      if (this.#reply.bytes > 0 || isEventStream) return this.#reported(strayLines);
      return fail({
        kind: 'protocol',
        did: 'sent no event stream',
        said: strayLines,
        reason: 'base-url',
        hint: 'Does options.baseURL end with /v1?',
      });
    }
    return fail({ kind: 'interrupted', did: 'broke off before the answer was finished', cause });
  }

  #reported(said: unknown): ChatError {
    return this.#settings.server.fail({ kind: 'server', did: 'reported an error', said });
  }

  #tooLarge(option: 'maxEventBytes' | 'maxResultBytes'): ChatError {
    return this.#settings.server.fail({
      kind: 'too-large',
      did: `sent more than options.${option}`,
    });
  }

  /** @param isTold - the server has said that nothing follows */
  #finish(isTold: boolean): void {
    this.#reply.flush();
    // How a proxy such as OpenRouter tells that the model's server failed.
    if (this.#reply.finishReason === 'error') {
      return this.#failWith(this.#reported('finish_reason: error'));
    }
    const result = this.#succeed(this.#reply.verdict(), isTold);
    this.#happened.push({ type: 'finish', result });
  }

  #succeed(verdict: Verdict, mayLinger = false): ChatResult {
    this.#verdict = verdict;
    this.#moments.end = now();
    const result = { ...this.soFar(), verdict };
    this.#end({ result }, mayLinger);
    return result;
  }

  #failWith(error: unknown): void {
    if (this.#ending) return;
    this.#moments.end = now();
    this.#end({ error }, false);
  }

  #onAbort(): void {
    this.#happened.length = 0;
    this.#failWith(this.#settings.server.signal?.reason);
    this.onNews();
  }

  #onTimeout(): void {
    if (this.#ending) return this.#hangUp();
    if (this.#phase === 'finished' || this.#phase === 'doubtful') this.#finish(false);
    else this.#failWith(this.#silent(this.#phase));
    this.onNews();
  }

  #silent(phase: 'firstToken' | 'idle'): ChatError {
    const isIdle = phase === 'idle';
    const seconds = this.#limitOf(phase) / 1000;
    return this.#settings.server.fail({
      kind: 'timeout',
      did: `sent no ${isIdle ? 'byte' : 'token'} for ${seconds} s`,
      reason: isIdle ? 'idle' : 'first-token',
      hint: `Raise options.timeouts.${phase}, or set it to 0 for no limit`,
    });
  }

  /** The one place where a stream ends: nothing of it is left running. */
  #end(outcome: Outcome, mayLinger: boolean): void {
    this.#ending = outcome;
    this.#onOver(outcome);
    this.#stopListening();
    if (mayLinger) this.#linger();
    else this.#hangUp();
  }

  #hangUp(): void {
    this.#clock.limit(0);
    this.#connection.hangUp();
  }

  /**
   * A finished body is given a moment to end by itself: then its connection can be used again, and no server is told
   * that its client went away, of which mlx_lm.server may die.
   */
  #linger(): void {
    this.#clock.limit(CLOSING_MS);
    this.#clock.wait();
    const hangUp = () => this.#hangUp();
    this.#connection.read().then(hangUp, hangUp);
  }
}

/** An error under status 200, in the place of a chunk. */
function isError({ error, choices, message, detail }: ChatChunk): boolean {
  // An object is a message of the conversation, of some other API.
  const hasMessage = typeof message === 'string' || Array.isArray(message);
  return Boolean(error || (!choices && (hasMessage || detail)));
}
