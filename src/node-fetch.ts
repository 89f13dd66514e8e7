import http from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import { fieldsOf } from './client/json.ts';
import { listenForAbort } from './client/send/abort-listeners.ts';
import type { Fetch } from './client/types.ts';

/** So much of a body is read ahead of whoever reads it, in bytes. */
const READ_AHEAD = 65_536;

/** What unpacks a body, by its `content-encoding`. */
const decoders: ReadonlyMap<string, () => zlib.Gunzip | zlib.BrotliDecompress> = new Map([
  ['gzip', zlib.createGunzip],
  ['x-gzip', zlib.createGunzip],
  ['deflate', zlib.createInflate],
  ['br', zlib.createBrotliDecompress],
]);

/** No body comes with these, and a `Response` takes none. */
const STATUS_WITHOUT_BODY = [204, 205, 304];

/**
 * A `fetch` over node:http(s). It knows no limit on silence (Node's own ends a response after 300 s without a byte), it
 * loads no undici, and it works where a host has replaced `fetch`, as VS Code's extension host does.
 *
 * Of `fetch`'s options it knows `method`, `headers`, a string or bytes as `body`, and `signal`. It never follows a redirect
 * and asks for no compression. The body is streamed, with backpressure. Every request has a connection of its own: one that
 * was kept may have been closed by the server meanwhile, as llama.cpp does after each stream, and the request would fail.
 * @throws {TypeError} `fetch failed`, with the system's error and its code as `cause`; a body that breaks off errors with
 * `terminated` likewise. After an abort both reject with `signal.reason`.
 */
export const nodeFetch: Fetch = async (input, init = {}) => {
  const { signal } = init;
  signal?.throwIfAborted();
  const request = createRequest(new URL(input), init);

  return new Promise((resolve, reject) => {
    let message: http.IncomingMessage | undefined;
    const fail = (cause: unknown) => {
      reject(new TypeError('fetch failed', { cause }));
      request.destroy();
    };
    const abort = () => {
      reject(signal?.reason);
      request.destroy();
    };
    const stopListening = signal ? listenForAbort(signal, abort) : () => {};
    const onClose = () => {
      stopListening();
      if (message === undefined) fail(new Error('the connection closed before a response came'));
    };

    request.on('response', (received) => {
      message = received;
      try {
        resolve(toResponse(received, signal));
      } catch (cause) {
        // A status or a header that no Response can have.
        fail(cause);
      }
    });
    request.on('error', (cause) => {
      // If the body is what is wrong, its reader has to know.
      if (message === undefined) fail(cause);
      else message.destroy(cause);
    });
    request.on('upgrade', (_, socket) => {
      fail(new Error('the server switched to another protocol (status 101), unasked'));
      // The socket is no longer the request's, which Node 26 leaves open then.
      socket.destroy();
    });
    request.on('close', onClose);
    request.end(init.body ?? undefined);
  });
};

/** A request that is not sent yet. */
function createRequest(url: URL, { method = 'GET', headers, body }: RequestInit) {
  const own = new Headers(headers);
  if (!own.has('accept-encoding')) own.set('accept-encoding', 'identity');
  if (body !== undefined && body !== null) {
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('nodeFetch sends a string or bytes as body, nothing else');
    }
    // Node sends the length of a POST's body only. A server would take the body of a DELETE for the next request.
    own.set('content-length', String(Buffer.byteLength(body)));
    own.delete('transfer-encoding');
  }
  const { Agent, globalAgent, request } = url.protocol === 'https:' ? https : http;
  // The process's certificates and proxy, but not its pool.
  const agent = new Agent({ ...fieldsOf(Reflect.get(globalAgent, 'options')), keepAlive: false });
  return request(url, { method, headers: Object.fromEntries(own), agent });
}

/** @throws {RangeError | TypeError} for a status or a header that no `Response` can have */
function toResponse(
  message: http.IncomingMessage,
  signal: AbortSignal | null | undefined,
): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  }
  const head = { status, statusText, headers };
  if (STATUS_WITHOUT_BODY.includes(status)) {
    message.on('error', () => {}).resume();
    return new Response(null, head);
  }
  const createDecoder = decoders.get(headers.get('content-encoding')?.toLowerCase() ?? '');
  const body = createDecoder ? pipeline(message, createDecoder(), () => {}) : message;
  return new Response(toWebStream(body, message, signal), head);
}

/**
 * A body as a web stream. What came before it broke off is read first, then the stream errors.
 * @param body - the message, or what unpacks it
 * @param message - whose connection is closed when the reader leaves
 * @param signal - whose reason the stream errors with, at once, after an abort
 */
function toWebStream(
  body: Readable,
  message: http.IncomingMessage,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  // A web stream must not be called after its end, and Deno may still report the end of a stream that is destroyed.
  let isOver = false;
  let failure: TypeError | undefined;
  const tellFailure = (controller: ReadableStreamDefaultController) => {
    // To error a stream throws away what is queued.
    const isRead = controller.desiredSize === READ_AHEAD;
    if (signal?.aborted) controller.error(signal.reason);
    else if (isRead) controller.error(failure);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (cause: unknown) => {
          if (isOver) return;
          isOver = true;
          failure = new TypeError('terminated', { cause });
          tellFailure(controller);
        };
        body.on('data', (bytes: Uint8Array) => {
          if (isOver) return;
          controller.enqueue(bytes);
          if ((controller.desiredSize ?? 0) <= 0) body.pause();
        });
        body.on('end', () => {
          if (isOver) return;
          isOver = true;
          controller.close();
        });
        body.on('error', fail);
      },
      pull(controller) {
        if (failure === undefined) body.resume();
        else tellFailure(controller);
      },
      cancel() {
        isOver = true;
        message.destroy();
      },
    },
    { highWaterMark: READ_AHEAD, size: ({ byteLength }) => byteLength },
  );
}
