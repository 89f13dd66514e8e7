import { causesOf } from '../errors/connection-words.ts';
import type { ChatError } from '../errors/errors.ts';
import { fieldsOf } from '../json.ts';
import { now, pause } from './clocks.ts';
import type { ServerSettings } from './options.ts';
import { readBody } from './read-body.ts';

/*
 * From options and a request to the bytes of its response.
 *
 *   in                    the program's options, and the request's JSON
 *   options.ts            checks the options and fills in the defaults; knows the secrets among them
 *   connection.ts         one request and its body, opened by the first read
 *   resumable-body.ts     the same over several connections, if `resume` is set
 *   send.ts               sends a request until it is answered, and turns a refusal into an error
 *   patient-fetch.ts      the default `fetch`
 *   read-body.ts          reads a short body: an error's, a list's
 *   clocks.ts, abort-listeners.ts   what may end a wait
 *   out                   reads for reply/stream, a response for models/, or a `ChatError`
 */

/** How often a request is sent again that met a dead connection: each of a pool may fail one. */
const MOST_RESENDS = 8;

/** The runtime needs a moment to see that the other connections of its pool are closed, too; in ms. */
const POOL_PAUSE_MS = 10;

/** How long to wait at least for a server that is loading; in ms. */
const SHORTEST_WAIT_MS = 1000;

/**
 * Sends a request until a response with status 2xx comes.
 *
 * It is sent again in three cases only, and never when a server may have read it before: the runtime had kept a connection
 * that was dead before the request was written; the server is still loading its model (503), for as long as `patienceMs`;
 * `localhost` was refused (once, as 127.0.0.1, for a server that listens on IPv4 only).
 * @param path - what follows the base URL's path, perhaps with a query
 * @param json - the body; makes it a POST
 * @param patienceMs - how long a model may take to load
 * @throws {ChatError} kind `connection`, `timeout` or `http`; the signal's reason after an abort, as soon as `fetch` lets go
 */
export async function send(
  server: ServerSettings,
  path: string,
  signal: AbortSignal,
  json?: string,
  patienceMs = 0,
): Promise<Response> {
  const url = urlOf(server, path);
  const init: RequestInit = {
    method: json === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    headers: server.headers,
    signal,
    body: json ?? null,
  };
  const until = now() + patienceMs;
  for (;;) {
    const response = await reach(server, url, init, signal);
    if (response.ok) return response;
    const { error, waitMs } = await readRefusal(server, response);
    signal.throwIfAborted();
    if (waitMs === undefined || now() + waitMs > until) throw error;
    await pause(waitMs, signal);
  }
}

/** @param path - what follows the base URL's path, perhaps with a query, which is added to the base URL's own */
export function urlOf({ base }: ServerSettings, path: string): URL {
  const url = new URL(base);
  const [pathname = '', query] = path.split('?');
  url.pathname = url.pathname.replace(/\/*$/, pathname);
  if (query !== undefined) url.search += `${url.search && '&'}${query}`;
  return url;
}

/**
 * Gets the head of a response, whatever its status is, past dead connections.
 * @param url - gets the address in the place of a `localhost` that was refused
 */
async function reach(
  server: ServerSettings,
  url: URL,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  for (let resends = 0; ; ) {
    signal.throwIfAborted();
    try {
      const response = await server.fetch(url.href, init);
      if (!signal.aborted) return response;
      // A fetch that took no notice of its signal.
      response.body?.cancel().catch(() => {});
    } catch (cause) {
      signal.throwIfAborted();
      // The replay kit's `fetch` has found no recording: no server was asked.
      const isReplay = String(fieldsOf(cause).code).startsWith('replay-');
      const did = isReplay ? 'is replayed' : 'cannot be reached';
      const error = server.fail({ kind: 'connection', did, cause });
      if (error.reason === 'refused' && url.hostname === 'localhost') {
        url.hostname = '127.0.0.1';
        continue;
      }
      if (!wasDeadBefore(cause) || resends === MOST_RESENDS) throw error;
      resends++;
      await pause(POOL_PAUSE_MS, signal);
    }
  }
}

/**
 * Whether the runtime had kept the connection and it was dead before the request was written. undici says how much a socket
 * has read, which is nothing for a new one. And the socket has lost its peer's address: the peer had closed it, and refused
 * what was written then. A server that reads a prompt and dies of it leaves the address there.
 * @see https://undici.nodejs.org/#/docs/api/Errors?id=socketerror
 */
const wasDeadBefore = (error: unknown): boolean =>
  causesOf(error).some(({ socket }) => {
    const { bytesRead, remoteAddress } = fieldsOf(socket);
    return Number(bytesRead) > 0 && remoteAddress === undefined;
  });

/** What a response says that is not 2xx, and after how long it is worth asking again, if it is at all. */
async function readRefusal(
  { fail }: ServerSettings,
  response: Response,
): Promise<{ error: ChatError; waitMs: number | undefined }> {
  const { status, headers } = response;
  const said = (await readBody(response)) || headers.get('location') || '';
  const error = fail(
    // A browser shows neither the status nor the target of a redirect that it did not follow.
    response.type === 'opaqueredirect'
      ? { kind: 'http', did: 'answered with a redirect', reason: 'redirect' }
      : { kind: 'http', did: `answered ${status}`, status, said },
  );
  const retryAfter = headers.get('retry-after');
  const isLoading = status === 503 && (retryAfter !== null || error.reason === 'loading');
  return { error, waitMs: isLoading ? readRetryAfter(retryAfter) : undefined };
}

/**
 * The wait that a server asks for in seconds, in ms.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(seconds: string | null): number {
  return Math.max(Number(seconds) * 1000 || 0, SHORTEST_WAIT_MS);
}
