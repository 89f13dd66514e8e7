import { createClock, now } from './clocks.ts';
import { ChatError } from './errors.ts';
import { isObject } from './guards.ts';
import type { Settings } from './options.ts';
import { explain } from './reasons.ts';
import { createReply } from './reply.ts';
import { send } from './send.ts';
import { createEventReader, type ServerEvent, TOO_LARGE } from './sse.ts';
import type { ChatResult, PartialResult, ReplyEvent, Timing, Verdict } from './types.ts';
import { findFailureWords, findServerWords } from './words.ts';

/** How long a finished reply waits for usage and `[DONE]`, and then for its body's end; in ms. */
const FINISH_MS = 2000;
const CLOSING_MS = 200;

type Step<T> = IteratorResult<T, undefined>;

/** One request in flight, read on demand. */
export interface LiveStream<T> {
  /** The next piece; sends the request when asked for the first time. Rejects once where the stream failed. */
  next(): Promise<Step<T>>;
  /** Leaves: closes the connection, ends what is pending. */
  stop(): void;
  soFar(): PartialResult;
  /** How the stream ends, while or after somebody reads it; its rejection needs no handler. */
  readonly result: Promise<ChatResult>;
}

/**
 * The machine between the network and a reader that pulls. A read is asked of the network only when a piece is asked
 * of us, and an event is parsed only when its turn has come: so what the result holds at a `break` is what was read,
 * whatever the chunks were. Whatever ends the stream (its end, an error, a clock, an abort, a reader that leaves) goes
 * through `end`, which makes every pending read come back.
 * @param body - the request's JSON
 * @param maxTokens - the budget in it
 * @param shape - what the reader gets of an event; `undefined` where nothing
 */
export function createLiveStream<T>(
  settings: Settings,
  body: string,
  maxTokens: number,
  shape: (event: ReplyEvent) => T | undefined,
): LiveStream<T> {
  const { signal, timeouts, maxEventBytes, maxResultBytes } = settings;
  const url = settings.url('/chat/completions');
  const controller = new AbortController();
  const incoming = createEventReader(maxEventBytes);
  const reply = createReply(emit, maxTokens);
  const clock = createClock(onTimeout);
  const timing: Timing = {};
  const out: T[] = [];

  let phase: 'firstToken' | 'idle' | 'finish' = 'firstToken';
  let startedAt: number | undefined;
  let response: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Set when no more bytes will come. */
  let bodyEnd: { cause?: unknown; stray: string } | undefined;
  let taken = 0;
  let reading: Promise<Step<T>> | undefined;
  let ended = false;
  let verdict: Verdict | undefined;
  /** What the reader is still to be told. */
  let failure: { error: unknown } | undefined;
  let settle: (outcome: ChatResult | Promise<never>) => void;
  const result = new Promise<ChatResult>((resolve) => {
    settle = resolve;
  });
  result.catch(() => {});

  function next(): Promise<Step<T>> {
    if (reading !== undefined) return reading.then(next, next);
    const value = take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (ended) return new Promise((resolve) => resolve(lastStep()));
    reading = read();
    return reading;
  }

  /** Reads from the network until there is something to tell. */
  async function read(): Promise<Step<T>> {
    let value: T | undefined;
    try {
      while (value === undefined && !ended) {
        clock.wait();
        response ??= await open();
        await pull(response);
        clock.resume();
        value = take();
      }
    } catch (error) {
      fail(error);
    }
    reading = undefined;
    return value === undefined ? lastStep() : { done: false, value };
  }

  async function open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const start = now();
    startedAt = start;
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort);
    clock.limit(timeouts.firstToken || Infinity);
    clock.wait();
    const sent = send(
      settings,
      url,
      { body, signal: controller.signal },
      (ms) => now() + ms < start + (timeouts.firstToken || Infinity),
    );
    // Some `fetch` of the caller's own may take no notice of its signal.
    const left = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', reject);
    });
    const { body: stream } = await Promise.race([sent, left]);
    timing.headMs = now() - start;
    return (stream ?? new Blob().stream()).getReader();
  }

  async function pull(from: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    let end: { cause?: unknown } = {};
    try {
      const { done, value } = await from.read();
      if (!done) return incoming.push(value);
    } catch (cause) {
      end = { cause };
    }
    bodyEnd = { ...end, stray: incoming.end() };
  }

  /** The next piece out of what has been read. */
  function take(): T | undefined {
    try {
      while (out.length === 0 && !ended) {
        const event = incoming.events[taken++];
        if (event !== undefined) handle(event);
        else {
          taken = 0;
          incoming.events.length = 0;
          if (bodyEnd === undefined) break;
          conclude(bodyEnd.cause, bodyEnd.stray);
        }
      }
    } catch (error) {
      fail(error);
    }
    return out.shift();
  }

  function lastStep(): Step<T> {
    if (failure === undefined) return { done: true, value: undefined };
    const { error } = failure;
    failure = undefined;
    throw error;
  }

  function emit(event: ReplyEvent): void {
    const value = shape(event);
    if (value !== undefined) out.push(value);
  }

  /** One event, in its turn. */
  function handle({ event, data }: ServerEvent): void {
    if (event === TOO_LARGE) tooLarge('maxEventBytes');
    if (event === 'error') reportedError(data);
    if (data === '') return;
    if (data[0] === '[' && data.trim() === '[DONE]') return finish(true);
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      // The rest at the body's end, cut off, is told as that.
      if (bodyEnd !== undefined) return;
      throw settings.error('protocol', url, 'sent a frame that is not JSON', data.slice(0, 200), {
        reason: 'malformed',
      });
    }
    // An error may come in a list, as Gemini's does.
    if (Array.isArray(chunk)) chunk = chunk[0];
    if (!isObject(chunk)) return;
    settings.onChunk(chunk, data);
    const { error, choices, message, detail } = chunk;
    if (error || (!choices && (message || detail))) reportedError(chunk);
    reply.add(chunk);
    if (reply.bytes > maxResultBytes) tooLarge('maxResultBytes');
    if (phase === 'firstToken' && reply.begun) {
      timing.firstTokenMs = now() - Number(startedAt);
      phase = 'idle';
      clock.limit(timeouts.idle || Infinity, true);
    }
    if (phase !== 'finish' && reply.finished) {
      phase = 'finish';
      clock.limit(FINISH_MS);
    }
  }

  /** The body is over, and so are its events. */
  function conclude(cause: unknown, stray: string): void {
    if (reply.finished) return finish(true);
    reply.flush();
    if (out.length > 0) return;
    const { serverMessage } = findServerWords(stray);
    if (serverMessage && !reply.begun) {
      throw settings.error('protocol', url, 'sent no event stream', serverMessage, {
        reason: 'not-a-stream',
        hint: 'Does the base URL end with /v1?',
      });
    }
    const words = findFailureWords(cause);
    const kind = explain(words).reason === 'runtime-limit' ? 'timeout' : 'interrupted';
    throw settings.error(
      kind,
      url,
      `broke off ${reply.begun ? 'in' : 'before'} the reply`,
      words,
      {},
      cause,
    );
  }

  function finish(orderly: boolean): void {
    reply.flush();
    verdict = reply.verdict();
    end(orderly);
    const result = { ...collect(), verdict };
    emit({ type: 'finish', result });
    settle(result);
  }

  function stop(): void {
    out.length = 0;
    failure = undefined;
    if (ended) return;
    verdict = 'stopped';
    end();
    settle({ ...collect(), verdict });
  }

  function fail(error: unknown): void {
    if (ended) return;
    if (error instanceof ChatError) error.partial = settings.blank(collect());
    end();
    failure = { error };
    settle(Promise.reject(error));
  }

  function onAbort(): void {
    out.length = 0;
    fail(signal.reason);
  }

  function onTimeout(): void {
    if (phase === 'finish') return finish(false);
    const [reason, what] = phase === 'idle' ? ['idle', 'byte'] : ['first-token', 'token'];
    const hint = `options.timeouts.${phase} sets how long to wait, in ms`;
    const did = `sent no ${what} for ${timeouts[phase] / 1000} s`;
    fail(settings.error('timeout', url, did, '', { reason, hint }));
  }

  /** The one place where a stream ends: nothing of it is left running, and what is pending comes back. */
  function end(orderly = false): void {
    ended = true;
    timing.totalMs = startedAt && now() - startedAt;
    clock.stop();
    signal.removeEventListener('abort', onAbort);
    const hangUp = () => {
      controller.abort();
      response?.cancel().catch(() => {});
    };
    if (bodyEnd !== undefined) return;
    if (!orderly) return hangUp();
    // A finished body is given a moment to end by itself: then its connection can be used again, and no server is told
    // that its client went away, of which mlx_lm.server may die.
    const timer = setTimeout(hangUp, CLOSING_MS);
    response?.read().then(
      ({ done }) => {
        clearTimeout(timer);
        if (!done) hangUp();
      },
      () => clearTimeout(timer),
    );
  }

  function collect(): PartialResult {
    const collected = reply.collected(ended && verdict !== 'stopped');
    const { totalMs = startedAt && now() - startedAt, firstTokenMs } = timing;
    const rate =
      Number(collected.usage?.completion_tokens) / (Number(totalMs) - Number(firstTokenMs));
    const tokensPerSecond = rate > 0 && rate < Infinity ? rate * 1000 : undefined;
    return { ...collected, verdict, timing: { ...timing, totalMs, tokensPerSecond } };
  }

  function reportedError(body: unknown): never {
    const words = findServerWords(body);
    throw settings.error('server', url, 'reported an error', words.serverMessage, words);
  }

  function tooLarge(option: 'maxEventBytes' | 'maxResultBytes'): never {
    const reason = option === 'maxEventBytes' ? 'event' : 'result';
    throw settings.error('too-large', url, `sent more than options.${option}`, '', { reason });
  }

  return { next, stop, soFar: collect, result };
}
