import { isObject } from '../json.ts';
import { createClock, now } from './clocks.ts';
import { readOptions } from './options.ts';
import { createReply } from './reply.ts';
import { readerOf, send } from './send.ts';
import { createEventReader, type ServerEvent } from './sse.ts';
import type {
  ChatReply,
  ChatResult,
  PartialResult,
  ReplyEvent,
  StreamOptions,
  Timing,
  Verdict,
} from './types.ts';
import { findServerWords } from './words.ts';

/** How long a finished reply waits for usage and `[DONE]`, and then for its body's end; in ms. */
const FINISH_MS = 2000;
const CLOSING_MS = 200;

/**
 * The machine between the network and a reader that pulls. A read is asked of the network only when a piece is asked
 * of us, and an event is parsed only when its turn has come: so what the result holds at a `break` is what was read,
 * whatever the chunks were. Whatever ends the stream (its end, an error, a clock, an abort, a reader that leaves) goes
 * through `end`, which makes a pending read come back.
 * @param json - the request's body
 * @param maxTokens - the budget in it
 */
export function createLiveReply(
  options: StreamOptions,
  json: string,
  maxTokens: number,
): ChatReply {
  const settings = readOptions(options, collect);
  const { signal, error, maxEventBytes, maxResultBytes } = settings;
  const limits = { ...settings.timeouts, finish: FINISH_MS };
  const controller = new AbortController();
  const { events, push, end: flush } = createEventReader(maxEventBytes);
  const clock = createClock(onTimeout);
  const reply = createReply(emit, maxTokens);
  const timing: Timing = {};
  const out: ReplyEvent[] = [];
  /** Each takes an event, or nothing at the end. */
  const waiting: ((event: ReplyEvent | undefined) => void)[] = [];

  /** What the reader gets of an event; `undefined` where nothing. */
  let shape: ((event: ReplyEvent) => unknown) | undefined;
  let phase: keyof typeof limits = 'firstToken';
  let startedAt: number | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let reading = false;
  /** Set when no more bytes will come: why not, and the lines that were no event. */
  let over: [cause: unknown, stray: string] | undefined;
  let handled = 0;
  let ended = false;
  /** The reader knows how it ended. */
  let told = false;
  let verdict: Verdict | undefined;
  let settle: (outcome: ChatResult | Promise<never>) => void;
  const result = new Promise<ChatResult>((resolve) => {
    settle = resolve;
  });
  result.catch(() => {});

  clock.limit(limits.firstToken);

  const elapsed = () => startedAt && now() - startedAt;

  /** Gives every reader that waits its event; where there is none left, asks the network for more. */
  function serve(): void {
    while (waiting.length) {
      if (out.length || ended) waiting.shift()?.(out.shift());
      else if (!step()) return read();
    }
  }

  /** Reads once from the network. By callbacks, of which a read needs fewer promises than of `await`. */
  function read(): void {
    if (reading) return;
    reading = true;
    clock.wait();
    try {
      (reader ? reader.read() : open()).then(take, close);
    } catch (thrown) {
      // A reader of somebody's own.
      close(thrown);
    }
  }

  async function open(): Promise<ReadableStreamReadResult<Uint8Array>> {
    startedAt = now();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort);
    const patience = limits.firstToken || Infinity;
    const path = '/chat/completions';
    const response = await send(settings, path, controller.signal, json, patience);
    timing.headMs = elapsed();
    reader = readerOf(response);
    // A fetch that takes no notice of its signal.
    if (ended) hangUp();
    return reader.read();
  }

  function take(result: ReadableStreamReadResult<Uint8Array>): void {
    try {
      if (result.done) return close();
      push(result.value);
    } catch (thrown) {
      return close(thrown);
    }
    goOn();
  }

  function close(cause?: unknown): void {
    try {
      over = [cause, flush()];
    } catch (thrown) {
      // The text is longer than a string can be.
      over = [cause ?? thrown, ''];
    }
    goOn();
  }

  function goOn(): void {
    reading = false;
    clock.resume();
    serve();
  }

  /** Handles the next event in its turn; false where the network has to be read first. */
  function step(): boolean {
    try {
      const event = events[handled++];
      if (event) handle(event);
      else {
        handled = events.length = 0;
        if (!over) return false;
        conclude(...over);
      }
    } catch (thrown) {
      fail(thrown);
    }
    return true;
  }

  function handle({ event, data }: ServerEvent): void {
    if (data === undefined) throw tooLarge('maxEventBytes');
    if (event === 'error') throw reported(data);
    if (data[0] === '[' && data.trim() === '[DONE]') return finish(linger);
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      // The rest at the body's end, cut off, is told as that.
      if (!data.trim() || over) return;
      throw error('protocol', 'sent a frame that is not JSON', {
        serverMessage: data.slice(0, 200),
      });
    }
    // An error may come in a list, as Gemini's does.
    if (Array.isArray(chunk)) chunk = chunk[0];
    if (!isObject(chunk)) return;
    settings.onChunk(chunk, data);
    if (chunk.error || (!chunk.choices && (chunk.message || chunk.detail))) throw reported(chunk);
    reply.add(chunk);
    if (reply.bytes > maxResultBytes) throw tooLarge('maxResultBytes');
    if (reply.bytes) timing.firstTokenMs ??= elapsed();
    const next = reply.finished ? 'finish' : reply.bytes ? 'idle' : phase;
    if (next !== phase) clock.limit(limits[next], next === 'idle');
    phase = next;
  }

  /** The body is over, and so are its events. */
  function conclude(cause: unknown, stray: string): void {
    if (!reader) throw cause;
    if (reply.finished) return finish();
    reply.flush();
    if (out.length) return;
    const { serverMessage } = findServerWords(stray);
    if (serverMessage && !reply.bytes && !cause) {
      throw error('protocol', 'sent no event stream', { serverMessage, reason: 'base-url' });
    }
    throw error('interrupted', 'broke off', {}, cause);
  }

  const reported = (what: unknown) => error('server', 'reported an error', findServerWords(what));

  const tooLarge = (option: string) => error('too-large', `sent more than options.${option}`);

  function emit(event: ReplyEvent): void {
    if (shape?.(event) !== undefined) out.push(event);
  }

  function finish(close = hangUp): void {
    reply.flush();
    // How a proxy such as OpenRouter tells that the model's server failed.
    if (reply.finishReason === 'error') return fail(reported('finish_reason: error'));
    emit({ type: 'finish', result: succeed(reply.verdict(), close) });
  }

  function succeed(how: Verdict, close = hangUp): ChatResult {
    verdict = how;
    end(close);
    const collected = { ...collect(), verdict: how };
    settle(collected);
    return collected;
  }

  function fail(thrown: unknown): void {
    if (ended) return;
    end(hangUp);
    settle(Promise.reject(thrown));
    serve();
  }

  function onAbort(): void {
    out.length = 0;
    fail(signal?.reason);
  }

  function onTimeout(): void {
    if (ended) return hangUp();
    if (phase === 'finish') {
      finish();
      return serve();
    }
    const [reason, what] =
      phase === 'idle' ? (['idle', 'byte'] as const) : (['first-token', 'token'] as const);
    const hint = `Raise options.timeouts.${phase}`;
    fail(error('timeout', `sent no ${what} for ${limits[phase] / 1000} s`, { reason, hint }));
  }

  /** The one place where a stream ends: nothing of it is left running, and what is pending comes back. */
  function end(close: () => void): void {
    ended = true;
    timing.totalMs = elapsed();
    signal?.removeEventListener('abort', onAbort);
    close();
  }

  function hangUp(): void {
    clock.limit(0);
    // A reason of its own costs an error with its stack.
    controller.abort('ended');
    reader?.cancel().catch(() => {});
  }

  /**
   * A finished body is given a moment to end by itself: then its connection can be used again, and no server is told
   * that its client went away, of which mlx_lm.server may die.
   */
  function linger(): void {
    clock.limit(CLOSING_MS);
    clock.wait();
    reader?.read().then(hangUp, hangUp);
  }

  function collect(): PartialResult {
    const collected = reply.collected(!!verdict && verdict !== 'stopped');
    const totalMs = timing.totalMs ?? elapsed();
    const ms = Number(totalMs) - Number(timing.firstTokenMs);
    const rate = (Number(collected.usage?.completion_tokens) / ms) * 1000;
    const tokensPerSecond = Number.isFinite(rate) ? rate : undefined;
    return { ...collected, verdict, timing: { ...timing, totalMs, tokensPerSecond } };
  }

  /** The reader's end; the first to hear of it hears also of a failure. */
  async function tell(): Promise<IteratorReturnResult<undefined>> {
    if (!told) {
      told = true;
      await result;
    }
    return { done: true, value: undefined };
  }

  /**
   * By hand, because an async generator's `return()` waits for the `next()` that is pending: with a silent server, for
   * minutes.
   */
  function iterate<T>(given: (event: ReplyEvent) => T | undefined): AsyncIterableIterator<T> {
    if (shape) throw new TypeError('A reply can be read once');
    shape = given;
    return {
      next: () =>
        new Promise((resolve) => {
          waiting.push((event) => {
            const value = event && given(event);
            resolve(value === undefined ? tell() : { done: false, value });
          });
          serve();
        }),
      async return() {
        out.length = 0;
        told = true;
        if (!ended) succeed('stopped');
        serve();
        return tell();
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Reads the stream for its result alone, if nobody iterates. */
  const whole = () =>
    shape
      ? result
      : iterate(() => undefined)
          .next()
          .then(() => result);

  return {
    [Symbol.asyncIterator]: () =>
      iterate((event) => (event.type === 'text' ? event.text : undefined)),
    events: () => iterate((event) => event),
    // Lazy, so that nobody can miss its rejection: there is no promise before somebody asks for it.
    result: {
      then: (onValue, onError) => whole().then(onValue, onError),
      catch: (onError) => whole().catch(onError),
      finally: (onEnd) => whole().finally(onEnd),
      [Symbol.toStringTag]: 'Promise',
    },
    get soFar() {
      return collect();
    },
  };
}
