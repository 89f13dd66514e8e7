import { Fold } from '../read/fold.ts';
import { Queue } from '../read/queue.ts';
import type { ServerEvent } from '../read/sse.ts';
import { listenForAbort } from '../send/abort-listeners.ts';
import { Clock, now } from '../send/clocks.ts';
import type { Read, RequestBody, Source } from '../send/connection.ts';
import { readStreamOptions, type StreamSettings } from '../send/options.ts';
import { createSource } from '../send/resumable-body.ts';
import type {
  ChatChunk,
  ChatResult,
  PartialResult,
  ReplyEvent,
  ResumePoint,
  StreamOptions,
  Verdict,
} from '../types.ts';
import { isComment, isDone, isError, parseChunk } from './chunk.ts';
import { ChunkPattern } from './chunk-pattern.ts';
import { type BodyEnd, IncomingEvents } from './incoming.ts';
import { limitOf, nextPhase, type Phase } from './phase.ts';
import { type Moments, measure, toMessage } from './result.ts';
import { endedEarly, MOST_SHOWN, notJson, reportedError, silent, tooLarge } from './what-failed.ts';

/** How long a body may take to end after `[DONE]`; in ms. */
const CLOSING_MS = 200;

/** What an event takes that is kept, beside its text. */
const EVENT_BYTES = 64;

const doNothing = (): void => {};

/** How a reply ended: with a result, or with what it failed with. */
export type Outcome = { result: ChatResult } | { error: unknown };

/**
 * The machine between the network and a reader that pulls.
 *
 * The data goes one way: bytes → events → chunks → what happened. A read is asked of the network only when the reader
 * asks for more, and an event is handled only in its turn: so the result at a `break` holds what was read, whatever the
 * network's reads were. Whatever ends the stream (its end, an error, a clock, an abort, a reader that leaves) goes
 * through `#end`.
 *
 * To read it, call `take()`. If that returns nothing and `outcome` is undefined, call `read(onNews)`, and take again once
 * `onNews` is called.
 */
export class Stream {
  readonly #settings: StreamSettings;
  readonly #source: Source;
  readonly #incoming: IncomingEvents;
  readonly #happened = new Queue<ReplyEvent>();
  readonly #fold: Fold;
  readonly #clock = new Clock(() => this.#onTimeout());
  readonly #moments: Omit<Moments, 'head'> = {};
  #pattern = new ChunkPattern();
  #phase: Phase = 'firstToken';
  /** The first chunk's JSON, if it is an object of some other kind. */
  #oddStart: string | undefined;
  #hasStarted = false;
  #readsAhead = false;
  #outcome: Outcome | undefined;
  #onNews = doNothing;
  #onOver: (outcome: Outcome) => void = doNothing;
  #stopListening = doNothing;

  /**
   * @param start - what to ask, or from where to go on
   * @param maxTokens - the budget in the request, if it has one
   * @throws {TypeError} for an option of a wrong type
   */
  constructor(
    options: StreamOptions,
    start: RequestBody | ResumePoint,
    maxTokens: number | undefined,
  ) {
    this.#settings = readStreamOptions(options, () => this.soFar());
    const { timeouts, maxEventBytes } = this.#settings;
    this.#fold = new Fold(this.#happened, this.#settings, maxTokens);
    this.#source = createSource(this.#settings, start);
    this.#incoming = new IncomingEvents(this.#source, maxEventBytes, () => this.#comeBack());
    this.#clock.limit(timeouts.firstToken);
  }

  /** How it ended; `undefined` while it goes on. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** What happened next; `undefined` if the network has to be read first, or if it is over. */
  take(): ReplyEvent | undefined {
    for (;;) {
      const event = this.#happened.take();
      if (event || this.#outcome || !this.#handleNext()) return event;
    }
  }

  /**
   * Reads once from the network, unless that is under way.
   * @param onNews - called when there may be something to take, or when it is over
   */
  read(onNews: () => void): void {
    this.#onNews = onNews;
    this.#read();
  }

  /** Calls back with how it ended, once it has. */
  onceOver(onOver: (outcome: Outcome) => void): void {
    if (this.#outcome) onOver(this.#outcome);
    else this.#onOver = onOver;
  }

  /**
   * From now on the network is read while the reader is away, too. A reader that waits for the result between two pieces
   * would wait for ever otherwise, because nothing is read that is not asked for. What it has not taken is kept for it.
   */
  readAhead(): void {
    if (this.#outcome) return;
    this.#readsAhead = true;
    this.#readAheadSoon();
  }

  /** The reader leaves. */
  stop(): void {
    this.#happened.clear();
    if (!this.#outcome) this.#succeed('stopped');
  }

  /** What has come up to now. */
  soFar(): PartialResult {
    const { outcome } = this;
    return outcome && 'result' in outcome ? outcome.result : this.#collect(undefined);
  }

  /** From where another stream can go on. */
  get resumePoint(): ResumePoint | undefined {
    return this.#source.resumePoint;
  }

  #collect(verdict: Verdict | undefined): PartialResult {
    const isFinished = verdict !== undefined && verdict !== 'stopped';
    const collected = this.#fold.collected(isFinished);
    const moments = { ...this.#moments, head: this.#source.openedAt };
    return { ...collected, verdict, timing: measure(moments, collected.usage, now()) };
  }

  #read(): void {
    if (this.#incoming.isReading || this.#outcome) return;
    if (this.#moments.sent === undefined) this.#start();
    // The signal may have aborted before.
    if (this.#outcome) return;
    this.#clock.wait();
    this.#incoming.read();
  }

  #start(): void {
    const { signal } = this.#settings.server;
    this.#moments.sent = now();
    if (signal?.aborted) this.#onAbort();
    else if (signal) this.#stopListening = listenForAbort(signal, () => this.#onAbort());
  }

  #comeBack(): void {
    this.#clock.resume();
    this.#onNews();
    if (this.#readsAhead) this.#readAheadSoon();
  }

  /** Not at once: whoever asked may be in the middle of a chunk (`onChunk`). */
  #readAheadSoon(): void {
    queueMicrotask(() => {
      if (this.#incoming.isReading) return;
      while (!this.#outcome && this.#handleNext());
      this.#read();
    });
  }

  /** Handles the next event in its turn; false if the network has to be read first. */
  #handleNext(): boolean {
    try {
      const event = this.#incoming.take();
      if (event) this.#handle(event);
      else if (this.#incoming.bodyEnd) this.#conclude(this.#incoming.bodyEnd);
      else return false;
    } catch (thrown) {
      this.#failWith(thrown);
    }
    return true;
  }

  #handle({ event, data }: ServerEvent): void {
    const { server, onChunk, maxResultBytes } = this.#settings;
    if (data === undefined) throw server.fail(tooLarge('maxEventBytes'));
    if (event === 'error') throw server.fail(reportedError(data));
    // A program that sees the chunks gets each of them as it was parsed.
    const word = onChunk ? undefined : this.#pattern.match(data);
    if (word) this.#fold.addWord(word);
    else if (isDone(data)) return this.#finish(true);
    else this.#handleChunk(data);
    // It may have aborted, or left.
    if (this.#outcome) return;
    // What is kept for a reader that is away counts, too.
    const keptBytes = this.#readsAhead ? this.#happened.length * EVENT_BYTES : 0;
    if (this.#fold.bytes + keptBytes > maxResultBytes)
      throw server.fail(tooLarge('maxResultBytes'));
    if (this.#fold.bytes > 0) this.#moments.firstToken ??= now();
    this.#enter(nextPhase(this.#phase, this.#fold));
  }

  #handleChunk(data: string): void {
    const { server, onChunk } = this.#settings;
    const chunk = isComment(data) ? undefined : this.#parse(data);
    if (!chunk) return;
    if (!this.#hasStarted && !chunk.choices) this.#oddStart = data.slice(0, MOST_SHOWN);
    this.#hasStarted = true;
    onChunk?.(chunk, data);
    if (this.#outcome) return;
    if (isError(chunk)) throw server.fail(reportedError(chunk));
    const word = this.#fold.addChunk(chunk);
    if (!onChunk) this.#pattern.learn(data, word);
  }

  #parse(data: string): ChatChunk | undefined {
    try {
      return parseChunk(data);
    } catch {
      // The rest at the body's end was cut off, and is reported as that.
      if (this.#incoming.bodyEnd) return undefined;
      throw this.#settings.server.fail(notJson(data));
    }
  }

  #enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#clock.limit(limitOf(phase, this.#settings.timeouts), phase === 'idle');
  }

  /** The body is over, and so are its events. */
  #conclude({ cause, strayLines }: BodyEnd): void {
    if (this.#source.openedAt === undefined) throw cause;
    const { stage, bytes } = this.#fold;
    const hasEnded = cause === undefined || bytes > 0;
    if (stage === 'finished' || (stage === 'doubtful' && hasEnded)) return this.#finish(false);
    const { length } = this.#happened;
    this.#fold.flush();
    // What was held back comes before the error.
    if (this.#happened.length > length) return;
    const isEventStream = bytes > 0 || this.#source.isEventStream;
    const said = strayLines || (isEventStream ? undefined : this.#oddStart);
    throw this.#settings.server.fail(endedEarly(cause, said, isEventStream));
  }

  /** @param isSaid - the server has said that nothing follows */
  #finish(isSaid: boolean): void {
    this.#source.finish?.();
    this.#fold.flush();
    const { end, finishReason } = this.#fold;
    if (end === 'broken') {
      const failure = reportedError(`finish_reason: ${finishReason}`);
      return this.#failWith(this.#settings.server.fail(failure));
    }
    const result = this.#succeed(this.#fold.verdict(), isSaid);
    this.#happened.push({ type: 'finish', result });
  }

  #succeed(verdict: Verdict, mayLinger = false): ChatResult {
    const collected = this.#collect(verdict);
    const result = { ...collected, verdict, message: toMessage(collected) };
    this.#end({ result }, mayLinger);
    return result;
  }

  #failWith(error: unknown): void {
    if (!this.#outcome) this.#end({ error }, false);
  }

  #onAbort(): void {
    this.#happened.clear();
    this.#failWith(this.#settings.server.signal?.reason);
    this.#onNews();
  }

  #onTimeout(): void {
    if (this.#outcome) return this.#hangUp();
    const phase = this.#phase;
    const { server, timeouts } = this.#settings;
    if (phase === 'finished' || phase === 'doubtful') this.#finish(false);
    else this.#failWith(server.fail(silent(phase, timeouts[phase])));
    this.#onNews();
  }

  /** The one place where a stream ends: nothing of it is left running. */
  #end(outcome: Outcome, mayLinger: boolean): void {
    this.#moments.end = now();
    this.#outcome = outcome;
    // It holds on to the read that its last chunk came in.
    this.#pattern = new ChunkPattern();
    this.#onOver(outcome);
    this.#stopListening();
    if (mayLinger) this.#linger();
    else this.#hangUp();
  }

  #hangUp(): void {
    this.#clock.limit(0);
    this.#source.hangUp();
  }

  /**
   * A finished body is given a moment to end without being closed, so that no server learns that its client went away:
   * mlx_lm.server may die of that.
   */
  #linger(): void {
    this.#clock.limit(CLOSING_MS);
    this.#clock.wait();
    const hangUp = () => this.#hangUp();
    // An abort costs more than all else that a stream leaves to be done, and a body that is over needs none.
    const onRead = ({ done }: Read) => (done ? this.#clock.limit(0) : hangUp());
    this.#source.read().then(onRead, hangUp);
  }
}
