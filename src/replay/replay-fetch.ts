import { type Exchange, readSource } from './exchange.ts';
import { type AnyFetch, fetchRequest } from './fetch-request.ts';
import { bodyOf, createMatcher } from './match.ts';
import { BrokenOff, checkPlayOptions, type PlayOptions, play, wait } from './play.ts';

/** How exchanges are matched and played. */
export interface ReplayOptions extends PlayOptions {
  /** Fields of the request's body that are not compared, with dots between the levels. */
  readonly ignore?: readonly string[] | undefined;
}

/**
 * Makes a `fetch` that answers from recorded exchanges, without a network: the same status, headers, bytes and
 * chunk boundaries, and the same end. A broken connection errors the body as Node's `fetch` does (`TypeError:
 * terminated`, its cause with the code `UND_ERR_SOCKET`); a `client-abort` stays open after its last byte.
 * @param source - a folder: each exchange answers the request that it was recorded with (method, path and JSON
 * body), once and in the order of the names, the last one again and again. One exchange, or the path of its
 * `.json`: it answers every request.
 * @param options - how it is played; default: as recorded, but without the waiting
 * @returns a `fetch` that honours `signal`. It rejects with `ReplayMiss` where nothing matches, and with an Error
 * naming file and field where a fixture is broken.
 * @throws {TypeError} where an option has a wrong value
 */
export function replayFetch(source: string | Exchange, options: ReplayOptions = {}): AnyFetch {
  checkPlayOptions(options);
  const open = async () =>
    createMatcher(typeof source === 'string' ? await readSource(source) : source, options.ignore);
  let opened: ReturnType<typeof open> | undefined;
  return async (input, init) => {
    const start = performance.now();
    const { url, method, body, signal } = await fetchRequest(input, init);
    signal?.throwIfAborted();
    opened ??= open();
    const matcher = await opened;
    const text = new TextDecoder().decode(body);
    const exchange = matcher.find({ method, path: url.pathname + url.search, body: bodyOf(text) });
    return answer(exchange, method, options, start, signal);
  };
}

async function answer(
  exchange: Exchange,
  method: string,
  options: ReplayOptions,
  start: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const left = new AbortController();
  let fail: ((reason: unknown) => void) | undefined;
  const abort = () => {
    fail?.(signal?.reason);
    left.abort(signal?.reason);
  };
  const finish = () => signal?.removeEventListener('abort', abort);
  signal?.addEventListener('abort', abort, { once: true });
  const { status, headers } = exchange.response;
  const { firstDelay = 0 } = options;
  try {
    if (firstDelay > 0) await wait(firstDelay, left.signal);
    // A broken fixture is to reject the call, not to look like a broken connection.
    await exchange.readBody();
    signal?.throwIfAborted();
  } catch (error) {
    finish();
    throw signal?.aborted ? signal.reason : error;
  }
  if (method === 'HEAD' || [204, 205, 304].includes(status)) {
    finish();
    return new Response(null, { status, headers });
  }
  const chunks = play(exchange, options, start + firstDelay, left.signal);
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (reason) => controller.error(reason);
      },
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (signal?.aborted) return;
          // A copy: the body is shared, and a reader may do with its chunks what it likes.
          if (!done) return controller.enqueue(value.slice());
          finish();
          controller.close();
        } catch (error) {
          finish();
          controller.error(error instanceof BrokenOff ? terminated(error) : error);
        }
      },
      cancel(reason) {
        finish();
        left.abort(reason);
      },
    },
    // One chunk a read: nothing is lost from a queue when the connection breaks.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, headers });
}

/** What Node's `fetch` says of a socket that the other side closed inside a body. */
function terminated(cause: Error): TypeError {
  return new TypeError('terminated', {
    cause: Object.assign(new Error('other side closed', { cause }), {
      name: 'SocketError',
      code: 'UND_ERR_SOCKET',
    }),
  });
}
