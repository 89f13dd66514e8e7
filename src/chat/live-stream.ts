import { createClock, FINISH_MS, now } from './clocks.ts';
import { ChatError } from './errors.ts';
import { isObject } from './guards.ts';
import { explain } from './reasons.ts';
import { createReply } from './reply.ts';
import type { Request } from './request.ts';
import { connectionError, send } from './send.ts';
import { show } from './server.ts';
import { createEventReader, type ServerEvent } from './sse.ts';
import type { ChatResult, PartialResult, ReplyEvent, Timing } from './types.ts';
import { clip, findFailureWords, findServerWords } from './words.ts';

/** How long a finished reply may take to end its body, in ms. */
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
 * whatever the chunks were. A promise is made for each piece and each read, and none beside.
 * @param shape - what the reader gets of an event; `undefined` where nothing
 */
export function createLiveStream<T>(
  request: Request,
  shape: (event: ReplyEvent) => T | undefined,
): LiveStream<T> {
  const { server, maxEventBytes, maxResultBytes } = request;
  const { signal } = server;
  const url = server.url('/chat/completions');
  const at = show(url);
  const controller = new AbortController();
  const reader = createEventReader(maxEventBytes);
  const { events } = reader;
  const reply = createReply(emit, request.maxTokens);
  const clock = createClock(onTimeout);
  const timing: Timing = {};
  const out: T[] = [];

  let phase: 'first-token' | 'idle' | 'finish' = 'first-token';
  let startedAt: number | undefined;
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Set when no more bytes will come. */
  let bodyEnd: { cause: unknown; stray: string } | undefined;
  let taken = 0;
  let ended = false;
  /** What the reader is still to be told, as its last step. */
  let failure: { error: unknown } | undefined;
  let pending: Promise<Step<T>> | undefined;
  let settle: ((step: Step<T> | Promise<Step<T>>) => void) | undefined;
  let final: ChatResult | undefined;
  let resolveResult: (result: ChatResult) => void;
  let rejectResult: (error: unknown) => void;
  const result = new Promise<ChatResult>((resolve, reject) => {
    resolveResult = resolve;
    rejectResult = reject;
  });
  result.catch(() => {});

  function next(): Promise<Step<T>> {
    if (pending !== undefined) return pending.then(next, next);
    const step = take();
    if (step !== undefined) return Promise.resolve(step);
    const promise = new Promise<Step<T>>((resolve) => {
      settle = resolve;
    });
    pending = promise;
    pull();
    return promise;
  }

  /** Gives the pending `next()` what there is by now, or goes on reading. */
  function deliver(): void {
    if (settle === undefined) return;
    const step = take();
    if (step === undefined) return pull();
    settle(step);
    settle = undefined;
    pending = undefined;
  }

  /** The next step out of what has been read; `undefined` while there is none. */
  function take(): Step<T> | Promise<Step<T>> | undefined {
    while (out.length === 0 && !ended) {
      try {
        const event = events[taken++];
        if (event !== undefined) read(event);
        else {
          events.length = taken = 0;
          if (bodyEnd === undefined) return undefined;
          conclude(bodyEnd.cause, bodyEnd.stray);
        }
      } catch (error) {
        fail(error);
      }
    }
    const value = out.shift();
    if (value !== undefined) return { done: false, value };
    if (failure === undefined) return { done: true, value: undefined };
    const { error } = failure;
    failure = undefined;
    return Promise.reject(error);
  }

  function pull(): void {
    clock.wait();
    if (body !== undefined) body.read().then(onRead, onBodyEnd);
    else if (startedAt === undefined) void open();
  }

  async function open(): Promise<void> {
    const start = now();
    startedAt = start;
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', onAbort);
      clock.limit(request.firstToken);
      clock.wait();
      const response = await send(
        server,
        url,
        { method: 'POST', body: request.body, signal: controller.signal },
        (ms) => now() + ms < start + request.firstToken,
      );
      clock.resume();
      timing.headMs = now() - start;
      body = response.body?.getReader();
      // Too late for a reader that left, from a `fetch` that took no notice of its signal.
      if (ended) void body?.cancel().catch(() => {});
      if (body === undefined) onBodyEnd();
    } catch (error) {
      fail(error);
    }
    deliver();
  }

  function onRead({ done, value }: ReadableStreamReadResult<Uint8Array>): void {
    if (ended) return;
    clock.resume();
    if (done) return onBodyEnd();
    try {
      reader.push(value);
    } catch (error) {
      // A `fetch` of the caller's own may give a body of something else than bytes.
      fail(error);
    }
    deliver();
  }

  function onBodyEnd(cause?: unknown): void {
    if (ended) return;
    bodyEnd = { cause, stray: reader.end() };
    deliver();
  }

  function emit(event: ReplyEvent): void {
    const value = shape(event);
    if (value !== undefined) out.push(value);
  }

  /** One event, in its turn. */
  function read({ event, data, kind }: ServerEvent): void {
    if (kind === 'too-large') throw tooLarge('event', maxEventBytes);
    if (event === 'error') throw serverError(data);
    if (data === '') return;
    if (data[0] === '[' && data.trim() === '[DONE]') return finish();
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      // Cut off at the body's end, it is told as that.
      if (kind === 'rest') return;
      throw server.error(
        'protocol',
        `${at} sent a frame that is not JSON: ${clip(data.slice(0, 200))}`,
        'malformed',
      );
    }
    // An error may come in a list, as Gemini's does.
    if (Array.isArray(chunk)) chunk = chunk[0];
    if (!isObject(chunk)) return;
    request.onChunk?.(chunk, data);
    if (chunk.error) throw serverError(chunk);
    reply.add(chunk);
    if (reply.bytes > maxResultBytes) throw tooLarge('result', maxResultBytes);
    if (phase === 'first-token' && reply.begun) {
      timing.firstTokenMs = now() - (startedAt ?? 0);
      phase = 'idle';
      clock.limit(request.idle, true);
    }
    if (phase !== 'finish' && reply.finished) {
      phase = 'finish';
      clock.limit(FINISH_MS);
    }
    if (kind && !reply.recognised && !chunk.choices) throw noStream(chunk);
  }

  /** The body is over, and so are its events. */
  function conclude(cause: unknown, stray: string): void {
    if (reply.finished) return finish();
    reply.flush();
    if (out.length > 0) return;
    if (stray.trim() !== '' && !reply.recognised) throw noStream(stray);
    const words = cause === undefined ? '' : findFailureWords(cause);
    if (explain(words).reason === 'runtime-limit') throw connectionError(server, url, cause);
    const how = words === '' ? 'ended' : `broke off (${words})`;
    const when = reply.begun ? 'before the reply was finished' : 'before anything came';
    throw server.error('interrupted', `The stream from ${at} ${how} ${when}`, words, {}, cause);
  }

  function finish(): void {
    reply.flush();
    const result = collect(true);
    end(true);
    emit({ type: 'finish', result });
    final = result;
    resolveResult(result);
  }

  function stop(): void {
    out.length = 0;
    failure = undefined;
    if (ended) return;
    final = { ...collect(false), verdict: 'stopped' };
    end();
    resolveResult(final);
    deliver();
  }

  function fail(error: unknown): void {
    if (ended) return;
    if (error instanceof ChatError) error.partial = server.blank(soFar());
    end();
    failure = { error };
    rejectResult(error);
  }

  function onAbort(): void {
    out.length = 0;
    fail(signal?.reason);
    deliver();
  }

  function onTimeout(): void {
    if (phase === 'finish') finish();
    else {
      const [what, ms] =
        phase === 'idle' ? ['nothing', request.idle] : ['no token', request.firstToken];
      fail(server.error('timeout', `${what} came from ${at} for ${ms / 1000} s`, phase));
    }
    deliver();
  }

  /** The one place where a stream ends: nothing of it is left running. */
  function end(orderly = false): void {
    ended = true;
    timing.totalMs = now() - (startedAt ?? now());
    clock.stop();
    signal?.removeEventListener('abort', onAbort);
    if (bodyEnd !== undefined) return;
    const hangUp = () => {
      controller.abort();
      body?.cancel().catch(() => {});
    };
    if (!orderly) return hangUp();
    // A finished body is given a moment to end by itself: then its connection can be used again, and no server is told
    // that its client went away, of which mlx_lm.server may die.
    const timer = setTimeout(hangUp, CLOSING_MS);
    body?.read().then(
      ({ done }) => {
        clearTimeout(timer);
        if (!done) hangUp();
      },
      () => clearTimeout(timer),
    );
  }

  function collect(finished: boolean): ChatResult {
    const { totalMs = now() - (startedAt ?? now()), firstTokenMs = totalMs } = timing;
    const collected = reply.collected(finished);
    const rate = (Number(collected.usage?.completion_tokens) / (totalMs - firstTokenMs)) * 1000;
    return {
      ...collected,
      timing: { ...timing, totalMs, ...(rate > 0 && rate < Infinity && { tokensPerSecond: rate }) },
    };
  }

  function soFar(): PartialResult {
    if (final !== undefined) return final;
    const { verdict: _, ...open } = collect(false);
    return open;
  }

  function serverError(body: unknown): ChatError {
    const { message, code } = findServerWords(body);
    return server.error(
      'server',
      `${at} reported an error: ${clip(message)}`,
      `${code} ${message}`,
      {
        serverMessage: message,
        code,
      },
    );
  }

  function noStream(body: unknown): ChatError {
    const { message } = findServerWords(body);
    return server.error(
      'protocol',
      `${at} sent no event stream: ${clip(message)}`,
      explain(message).reason ? message : 'not-a-stream',
      { serverMessage: message },
    );
  }

  function tooLarge(what: string, bytes: number): ChatError {
    return server.error('too-large', `${at} sent more than ${bytes} bytes in one ${what}`, what);
  }

  return { next, stop, soFar, result };
}
