import { createServer, type ServerResponse } from 'node:http';
import { arrayBuffer } from 'node:stream/consumers';

/** A request that came over HTTP. */
export interface Incoming {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Aborts when the client has left. */
  readonly signal: AbortSignal;
}

/** A running server. */
export interface Running {
  /** `http://127.0.0.1:PORT`; a client's base URL is this and `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

// They belong to one connection; each side has its own. (RFC 9110, 7.6.1)
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

// A client that learns of the break in the same read as of the last bytes may throw those away; undici does. In ms.
const BYTES_FIRST = 20;

/**
 * Serves a function from request to response over HTTP.
 * @throws {Error} in words where the port is taken
 */
export async function startHttp(
  answer: (request: Incoming) => Promise<Response>,
  wanted: number,
  host: string,
): Promise<Running> {
  const server = createServer(async (request, response) => {
    const left = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) left.abort();
    });
    const { method = 'GET', url: path = '/' } = request;
    const passed = Object.entries(request.headers).filter(([name]) => !hopByHop.has(name));
    const headers = new Headers(
      passed.map(([name, value]) => [name, String(value)] as [string, string]),
    );
    try {
      const body = new Uint8Array(await arrayBuffer(request));
      const { signal } = left;
      await send(await answer({ method, path, headers, body, signal }), response);
    } catch {
      // The client has left, or it gets no more than this.
      response.destroy();
    }
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${wanted} of ${host} is in use: choose another with --port, or 0 for any`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken, { cause: error }) : error);
    });
    server.listen(wanted, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : wanted);
    });
  });
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

/**
 * Sends a response, chunk by chunk as they come. Where its body breaks off, so does the connection, when the client
 * has had time for the bytes before.
 */
async function send({ status, statusText, headers, body }: Response, to: ServerResponse) {
  // What a socket still holds is lost when it is destroyed; the callback tells that the kernel has it.
  const written = (bytes: Uint8Array | '') =>
    new Promise<void>((done) => to.write(bytes, () => done()));
  for (const [name, value] of headers) if (!hopByHop.has(name)) to.appendHeader(name, value);
  to.writeHead(status, statusText || undefined).flushHeaders();
  try {
    for await (const bytes of body ?? []) await written(bytes);
    to.end();
  } catch {
    await written('');
    await new Promise((done) => setTimeout(done, BYTES_FIRST));
    to.destroy();
  }
}

/** An error of ours, in OpenAI's shape; no client should try the same again. */
export function errorResponse(status: number, message: string): Response {
  const error = { message, type: 'local_llm_error', param: null, code: null };
  return Response.json({ error }, { status, headers: { 'x-should-retry': 'false' } });
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether an `Origin` is a page of this machine. `null`, the origin of a file or a sandbox, is not. */
export function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && loopback.has(new URL(origin).hostname);
}
