import { type ClockName, createClocks, now, patience } from './clocks.ts';
import { readFailure } from './connection-failure.ts';
import { ChatError, withPartial } from './errors.ts';
import { isObject } from './guards.ts';
import { createReply, type ReplySink } from './reply.ts';
import type { Request } from './request.ts';
import { clip, connectionError, send } from './send.ts';
import { show } from './server.ts';
import { explain, findServerWords } from './server-words.ts';
import { createEventReader, type ServerEvent } from './sse.ts';
import type { ChatResult, PartialResult, Timing } from './types.ts';

/** How long a reply that said `[DONE]` may take to close its connection, which then can be used again. */
const CLOSING_MS = 200;

/** How a stream ended: with a result, or with what its reader is to be told. */
export type Outcome = { result: ChatResult } | { error: unknown };

type Step<T> = IteratorResult<T, undefined>;

/** One request in flight, read on demand. */
export interface LiveStream<T> {
  /** The next piece; sends the request when asked for the first time. Rejects once where the stream failed. */
  next(): Promise<Step<T>>;
  /** Leaves: closes the connection, ends what is pending. */
  stop(): void;
  soFar(): PartialResult;
  /** Calls back when the stream has ended, at once if it has. */
  onEnd(listener: (outcome: Outcome) => void): void;
}

/** Turns a reply's pieces into what the reader gets, by adding to `out`. */
export type Shape<T> = (out: T[]) => ReplySink & { finish(result: ChatResult): void };

/**
 * The machine between the network and a reader that pulls. A read is asked of the network only when a piece is asked
 * of us, and an event is parsed only when its turn has come: so what the result holds at a `break` is what was read,
 * whatever the chunks were. A promise is made for each piece and each read, and none beside.
 */
export function createLiveStream<T>(request: Request, shape: Shape<T>): LiveStream<T> {
  const { server, url, maxResultBytes, onChunk } = request;
  const { signal } = server;
  const controller = new AbortController();
  const out: T[] = [];
  const sink = shape(out);
  const reply = createReply(sink, request.maxTokens);
  const reader = createEventReader(request.maxEventBytes);
  const { events } = reader;
  const clocks = createClocks(request.timeouts, onTimeout);
  const listeners: ((outcome: Outcome) => void)[] = [];
  const timing: Timing = {};

  let taken = 0;
  let startedAt: number | undefined;
  let endedAt: number | undefined;
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Set when no more bytes will come. */
  let bodyEnd: { cause?: unknown } | undefined;
  let begun = false;
  let finishing = false;
  let outcome: Outcome | undefined;
  let told = false;
  let pending: Promise<Step<T>> | undefined;
  let settle: ((step: Step<T> | Promise<Step<T>>) => void) | undefined;

  function next(): Promise<Step<T>> {
    if (pending !== undefined) return pending.then(next, next);
    const value = take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (outcome !== undefined) return lastStep(outcome);
    pending = new Promise((resolve) => {
      settle = resolve;
    });
    const promise = pending;
    pull();
    return promise;
  }

  /** Gives the pending `next()` what there is by now, or goes on reading. */
  function deliver(): void {
    if (settle === undefined) return;
    const value = take();
    if (value === undefined && outcome === undefined) return pull();
    const resolve = settle;
    settle = undefined;
    pending = undefined;
    if (value !== undefined) resolve({ done: false, value });
    else if (outcome !== undefined) resolve(lastStep(outcome));
  }

  function lastStep(end: Outcome): Promise<Step<T>> {
    if ('result' in end || told) return Promise.resolve({ done: true, value: undefined });
    told = true;
    return Promise.reject(end.error);
  }

  /** The next piece out of what has been read. */
  function take(): T | undefined {
    try {
      while (out.length === 0 && outcome === undefined) {
        const event = events[taken];
        if (event === undefined) {
          events.length = 0;
          taken = 0;
          if (bodyEnd === undefined) return undefined;
          conclude(bodyEnd);
        } else {
          taken++;
          read(event);
        }
      }
    } catch (error) {
      fail(error);
    }
    return out.shift();
  }

  function pull(): void {
    if (startedAt === undefined) {
      open().then(
        () => deliver(),
        (error: unknown) => {
          fail(error);
          deliver();
        },
      );
    } else if (body !== undefined) {
      clocks.wait();
      body.read().then(onRead, onBodyEnd);
    }
  }

  async function open(): Promise<void> {
    startedAt = now();
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener('abort', onAbort, { once: true });
    const deadline = startedAt + (request.timeouts.firstToken || Infinity);
    clocks.wait();
    const response = await send(
      server,
      server.fetch ?? ((input, init) => fetch(input, { ...init, ...patience() })),
      url,
      { method: 'POST', headers: server.headers, body: request.body, signal: controller.signal },
      (ms) => now() + ms < deadline,
    );
    clocks.resume();
    timing.headMs = now() - startedAt;
    // It came too late for a reader that left, from a `fetch` that takes no notice of its signal.
    if (outcome !== undefined) void response.body?.cancel().catch(() => {});
    else if (response.body === null) bodyEnd = {};
    else body = response.body.getReader();
  }

  function onRead({ done, value }: ReadableStreamReadResult<Uint8Array>): void {
    if (outcome !== undefined) return;
    clocks.resume();
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
    if (outcome !== undefined) return;
    reader.end();
    bodyEnd = { cause };
    deliver();
  }

  /** One event, in its turn. */
  function read({ event, data, kind }: ServerEvent): void {
    if (kind === 'too-large') throw tooLarge('event', 'maxEventBytes', request.maxEventBytes);
    if (kind === 'comment') {
      const [, processed, total] = /(\d+)\/(\d+)/.exec(data) ?? [];
      return reply.progress(Number(processed), Number(total));
    }
    if (event === 'error') throw serverError(data);
    if (data === '') return;
    if (data.charCodeAt(0) === 91 && data.trim() === '[DONE]') return finish();
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      // Cut off: no more will come, and that is told when it has ended.
      if (kind === 'rest') return;
      throw fault('sent a frame that is not JSON', data, 'malformed');
    }
    if (!isObject(chunk)) {
      // An error may come in a list, as Gemini's does.
      if (Array.isArray(chunk) && chunk.some((item) => isObject(item) && item.error))
        throw serverError(chunk);
      return;
    }
    onChunk?.(chunk, data);
    if (chunk.error) throw serverError(chunk);
    reply.add(chunk);
    if (reply.bytes > maxResultBytes) throw tooLarge('result', 'maxResultBytes', maxResultBytes);
    if (!begun && reply.begun) {
      begun = true;
      timing.firstTokenMs = now() - (startedAt ?? 0);
      clocks.switchTo('idle');
    }
    if (!finishing && reply.finished) {
      finishing = true;
      clocks.switchTo('finish');
    }
    if ((kind === 'bare' || kind === 'rest') && !reply.recognised && chunk.choices === undefined) {
      throw findServerWords(chunk).message === '' ? noStream(data) : serverError(chunk);
    }
  }

  /** The body is over, and so are its events. */
  function conclude({ cause }: { cause?: unknown }): void {
    if (reply.finished) return finish();
    reply.flush();
    if (out.length > 0) return;
    const failure = cause === undefined ? undefined : readFailure(cause);
    if (failure?.reason === 'runtime-limit') throw connectionError(server, url, cause, failure);
    const stray = reader.stray.trim();
    if (stray !== '' && !reply.recognised) {
      throw noStream(findServerWords(stray).message);
    }
    const how = failure === undefined ? 'ended' : `broke off (${failure.words})`;
    const where = begun ? 'before the reply was finished' : 'before anything came';
    throw server.error(`The stream from ${show(url)} ${how} ${where}`, {
      kind: 'interrupted',
      reason: failure?.reason,
      hint: "The server's log may tell why; `partial` has what came.",
      cause,
    });
  }

  function finish(): void {
    reply.flush();
    const result = { ...collect(true), verdict: reply.verdict() };
    end({ result }, true);
    sink.finish(result);
  }

  function fail(error: unknown): void {
    if (error instanceof ChatError) withPartial(error, server.blankPartial(collect(false)));
    end({ error });
  }

  function stop(): void {
    end({ result: { ...collect(false), verdict: 'stopped' } });
    out.length = 0;
    told = true;
    deliver();
  }

  function onAbort(): void {
    out.length = 0;
    fail(signal?.reason);
    deliver();
  }

  function onTimeout(clock: ClockName): void {
    if (clock === 'finish') finish();
    else {
      const ms = request.timeouts[clock];
      const what = clock === 'firstToken' ? 'no token came' : 'nothing came';
      fail(
        server.error(`The server at ${show(url)} was silent: ${what} for ${ms / 1000} s`, {
          kind: 'timeout',
          reason: clock === 'firstToken' ? 'first-token' : 'idle',
          hint: `Is the model still at work? options.timeouts.${clock} sets how long to wait, in ms.`,
        }),
      );
    }
    deliver();
  }

  /** The one place where a stream ends: nothing of it is left running. */
  function end(how: Outcome, orderly = false): void {
    if (outcome !== undefined) return;
    outcome = how;
    endedAt = now();
    clocks.stop();
    signal?.removeEventListener('abort', onAbort);
    if (body !== undefined && bodyEnd === undefined) close(body, orderly);
    else if (bodyEnd === undefined) controller.abort();
    for (const listener of listeners.splice(0)) listener(how);
  }

  /**
   * A finished body is given a moment to end by itself: then its connection is used again, and no server is told
   * that its client went away (mlx_lm.server may die of it).
   */
  function close(open: ReadableStreamDefaultReader<Uint8Array>, orderly: boolean): void {
    const hangUp = () => {
      controller.abort();
      open.cancel().catch(() => {});
    };
    if (!orderly) return hangUp();
    const timer = setTimeout(hangUp, CLOSING_MS);
    open.read().then(
      ({ done }) => {
        clearTimeout(timer);
        if (!done) hangUp();
      },
      () => clearTimeout(timer),
    );
  }

  function collect(complete: boolean): PartialResult {
    const collected = reply.collected(timing, complete);
    if (startedAt === undefined) return collected;
    const totalMs = (endedAt ?? now()) - startedAt;
    const ms = totalMs - (timing.firstTokenMs ?? totalMs);
    const tokens = collected.usage?.completion_tokens ?? 0;
    const rate = tokens > 0 && ms > 0 && { tokensPerSecond: (tokens / ms) * 1000 };
    return { ...collected, timing: { ...timing, totalMs, ...rate } };
  }

  function serverError(body: unknown): ChatError {
    const words = findServerWords(body);
    return server.error(
      `${show(url)} reported an error: ${clip(words.message) || 'it did not say which'}`,
      {
        kind: 'server',
        serverMessage: words.message,
        code: words.code,
        ...explain(words),
      },
    );
  }

  function fault(what: string, seen: string, reason: string): ChatError {
    return server.error(`${show(url)} ${what}: ${clip(seen.slice(0, 200))}`, {
      kind: 'protocol',
      reason,
      hint: 'Is this an OpenAI-compatible server, and does its base URL end with /v1?',
    });
  }

  function noStream(seen: string): ChatError {
    const reason = explain({ message: seen }).reason ?? 'not-a-stream';
    return fault('sent no event stream', seen, reason);
  }

  function tooLarge(what: string, option: string, bytes: number): ChatError {
    return server.error(`${show(url)} sent more than ${bytes} bytes in one ${what}`, {
      kind: 'too-large',
      reason: what,
      hint: `options.${option} sets the bound.`,
    });
  }

  return {
    next,
    stop,
    soFar: () => (outcome !== undefined && 'result' in outcome ? outcome.result : collect(false)),
    onEnd(listener) {
      if (outcome === undefined) listeners.push(listener);
      else listener(outcome);
    },
  };
}
