import http from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import type { Fetch } from './chat/types.ts';

/** So much of a body is read ahead of whoever reads it, in bytes. */
const READ_AHEAD = 65_536;

const decoders: Readonly<Record<string, () => zlib.Gunzip | zlib.BrotliDecompress>> = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
};

/**
 * A `fetch` over node:http(s). It knows no limit on silence (Node's own ends a response after 300 s without a byte), it
 * loads no undici, and it works where a host has replaced `fetch`, as VS Code's extension host does.
 *
 * Of `fetch`'s options it knows `method`, `headers`, a string or bytes as `body`, and `signal`. It never follows a redirect
 * and asks for no compression. The body is streamed, with backpressure.
 * @throws {TypeError} `fetch failed`, with the system's error and its code as `cause`; a body that breaks off errors with
 * `terminated` likewise. After an abort both reject with `signal.reason`.
 */
export const nodeFetch: Fetch = (input, { method = 'GET', headers, body, signal } = {}) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (body != null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('nodeFetch sends a string or bytes as body, nothing else');
    }
    const url = new URL(input);
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(headers)) },
    });
    const onAbort = () => {
      reject(signal?.reason);
      request.destroy();
    };
    signal?.addEventListener('abort', onAbort);
    request
      .on('close', () => signal?.removeEventListener('abort', onAbort))
      .on('error', (cause) => reject(new TypeError('fetch failed', { cause })))
      .on('response', (message) => {
        try {
          resolve(toResponse(message, signal ?? undefined));
        } catch (cause) {
          // A status or a header that no Response can have.
          reject(new TypeError('fetch failed', { cause }));
          request.destroy();
        }
      })
      .end(body ?? undefined);
  });

function toResponse(message: http.IncomingMessage, signal: AbortSignal | undefined): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  }
  if (status === 204 || status === 205 || status === 304) {
    message.resume();
    return new Response(null, { status, statusText, headers });
  }
  const decoder = decoders[headers.get('content-encoding')?.toLowerCase() ?? '']?.();
  const body = decoder === undefined ? message : pipeline(message, decoder, () => {});
  return new Response(toWebStream(body, message, signal), { status, statusText, headers });
}

function toWebStream(
  body: Readable,
  message: http.IncomingMessage,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  let over = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (cause: unknown) => {
          if (over) return;
          over = true;
          const error = new TypeError('terminated', { cause });
          controller.error(signal?.aborted ? signal.reason : error);
        };
        body.on('data', (bytes: Uint8Array) => {
          if (over) return;
          controller.enqueue(bytes);
          if ((controller.desiredSize ?? 0) <= 0) body.pause();
        });
        body.on('end', () => {
          if (over) return;
          over = true;
          controller.close();
        });
        body.on('error', fail);
        message.on('error', fail);
        message.on('close', () => {
          if (!message.complete) fail(new Error('the connection closed before the body ended'));
        });
      },
      pull() {
        body.resume();
      },
      cancel() {
        // Deno may still tell the end of what is destroyed.
        over = true;
        message.destroy();
      },
    },
    { highWaterMark: READ_AHEAD, size: ({ byteLength }) => byteLength },
  );
}
