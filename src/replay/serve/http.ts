import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../exchange/in-words.ts';
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
 * A client that learns of a break together with the last bytes may throw those away; undici does. So they get this much of a
 * start, in ms: enough on a machine with more to do than it has cores for.
 */
const BYTES_FIRST_MS = 100;

/** The largest body of a request: a prompt with some large pictures. */
const MOST_REQUEST_BYTES = 64 * 2 ** 20;
const TOO_LARGE = 'the body has more than 64 MiB';

type Answer = (request: Incoming) => Promise<Response>;

/**
 * Serves a function from request to response over HTTP, to this machine's own programs.
 * @param wanted - the port; 0 takes any free one
 * @throws {Error} in words if the port is taken
 */
export async function startHttp(answer: Answer, wanted: number, host: string): Promise<Running> {
  const server = createServer((request, response) => {
    // The client has left, or it gets no more than it has.
    answerOne(request, response, answer, host).catch(() => response.destroy());
  });
  server.listen(wanted, host);
  await once(server, 'listening').catch((error: unknown) => {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
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

async function answerOne(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  host: string,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const { method = 'GET', url: path = '/' } = request;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hopByHop.test(name)) headers.set(name, String(value));
  }
  const refusal = refusalOf(path, headers, host);
  if (refusal) return refuse(refusal, response);
  const body = await readRequestBody(request);
  if (!body) return refuse(errorResponse(413, TOO_LARGE), response);
  const start = performance.now();
  const answered = await answer({ method, path, headers, body, signal: left.signal, start });
  await writeResponse(answered, response);
}

/** What a request gets that is not answered, by its head alone; `undefined` if it is. */
function refusalOf(path: string, headers: Headers, host: string): Response | undefined {
  const foreign = foreignSource(headers, host);
  if (foreign) return errorResponse(403, foreign);
  // `OPTIONS *`, and what is asked of a proxy: `GET http://host/`. (RFC 9112, 3.2)
  if (path.startsWith('/')) return undefined;
  return errorResponse(400, `'${path}' is no path: it must begin with '/'`);
}

/** Reads the body of a request; `undefined` if it is larger than one may be, and the rest is not read. */
async function readRequestBody(request: IncomingMessage): Promise<Incoming['body'] | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_REQUEST_BYTES) return undefined;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length;
    if (length > MOST_REQUEST_BYTES) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Says why a request is not answered, and ends the connection: the rest of its body is not read. */
async function refuse(refusal: Response, to: ServerResponse): Promise<void> {
  const body = await refusal.text();
  const length = { 'content-length': Buffer.byteLength(body), connection: 'close' };
  to.writeHead(refusal.status, { ...Object.fromEntries(refusal.headers), ...length }).write(body);
  await sleep(BYTES_FIRST_MS);
  to.destroy();
}

/**
 * Sends a response, chunk by chunk as they come. If its body breaks off, so does the connection, when the client has had
 * time for the bytes before.
 */
async function writeResponse(
  { status, statusText, headers, body }: Response,
  to: ServerResponse,
): Promise<void> {
  // A socket that is destroyed loses what it holds; the callback comes when the kernel has it.
  const written = (bytes: Uint8Array | '') =>
    new Promise<void>((done) => to.write(bytes, () => done()));
  for (const [name, value] of headers) if (!hopByHop.test(name)) to.appendHeader(name, value);
  to.writeHead(status, statusText || undefined).flushHeaders();
  try {
    for await (const bytes of body ?? []) await written(bytes);
    to.end();
  } catch {
    await written('');
    await sleep(BYTES_FIRST_MS);
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
