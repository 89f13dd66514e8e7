import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { arrayBuffer } from 'node:stream/consumers';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Incoming } from '../match/request.ts';
import { foreignSource } from './local-only.ts';

/** A running server. */
export interface Running {
  /** `http://127.0.0.1:PORT`; a client's base URL is this and `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

// They belong to one connection; each side has its own. (RFC 9110, 7.6.1)
const hopByHop = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

/**
 * A client that learns of a break together with the last bytes may throw those away; undici does. So they are given this much of a
 * start, in ms: enough on a machine with more to do than it has cores for.
 */
const BYTES_FIRST = 100;

/** What a server is started with. */
interface HttpOptions {
  answer(request: Incoming): Promise<Response>;
  /** Is told of each request that is not for this server. */
  readonly onRefused?: ((request: string, reason: string) => void) | undefined;
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
}

/**
 * Serves a function from request to response over HTTP, to this machine's own programs.
 * @throws {Error} in words where the port is taken
 */
export async function startHttp({
  answer,
  onRefused,
  port: wanted,
  host,
}: HttpOptions): Promise<Running> {
  const server = createServer(async (request, response) => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const { method = 'GET', url: path = '/' } = request;
    try {
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers)) {
        if (!hopByHop.test(name)) headers.set(name, String(value));
      }
      const body = new Uint8Array(await arrayBuffer(request));
      const refused = whyRefused(path, headers, host);
      if (refused) {
        onRefused?.(`${method} ${path}`, refused.reason);
        return await send(errorResponse(refused.status, refused.reason), response);
      }
      const start = performance.now();
      const answered = answer({ method, path, headers, body, signal: left.signal, start });
      await send(await answered, response);
    } catch {
      // The client has left, or it gets no more than this.
      response.destroy();
    }
  });
  server.listen(wanted, host);
  await once(server, 'listening').catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${wanted} of ${host} is in use. Port 0 takes any free one.`, {
      cause: error,
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : wanted;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Why a request is not answered, and with which status; `undefined` where it is. */
function whyRefused(path: string, headers: Headers, host: string) {
  const foreign = foreignSource(headers, host);
  if (foreign) return { status: 403, reason: foreign };
  // `OPTIONS *`, and what is asked of a proxy: `GET http://host/`. (RFC 9112, 3.2)
  if (path.startsWith('/')) return undefined;
  return { status: 400, reason: `'${path}' is no path: it must begin with '/'` };
}

/**
 * Sends a response, chunk by chunk as they come. Where its body breaks off, so does the connection, when the client
 * has had time for the bytes before.
 */
async function send({ status, statusText, headers, body }: Response, to: ServerResponse) {
  // What a socket still holds is lost when it is destroyed; the callback tells that the kernel has it.
  const written = (bytes: Uint8Array | '') =>
    new Promise<void>((done) => to.write(bytes, () => done()));
  for (const [name, value] of headers) if (!hopByHop.test(name)) to.appendHeader(name, value);
  to.writeHead(status, statusText || undefined).flushHeaders();
  try {
    for await (const bytes of body ?? []) await written(bytes);
    to.end();
  } catch {
    await written('');
    await sleep(BYTES_FIRST);
    // A client in this process may have been held up as long as this timer, and reads after it.
    await nextTurn();
    to.destroy();
  }
}

/** An error of ours, in OpenAI's shape; no client should try the same again. */
export function errorResponse(status: number, message: string, code: string | null = null) {
  const error = { message, type: 'local_llm_error', param: null, code };
  return Response.json({ error }, { status, headers: { 'x-should-retry': 'false' } });
}
