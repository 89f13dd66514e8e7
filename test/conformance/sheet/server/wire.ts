import { STATUS_CODES } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as it came in. */
export interface Incoming {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** 1 for the run's first request, 2 for the next, … */
  nth: number;
  /** 1 for its connection's first request, 2 for the next, … */
  nthOfConnection: number;
}

/**
 * The server's end of one request. Everything is written to the raw socket, so that every oddity can be made:
 * no head, half a head, a chunk that is never finished, a reset.
 */
export interface Wire {
  request: Incoming;
  /** The second origin's, where the scenario has one. */
  elsewhere?: string;
  /** Ends the work of a scenario: the run is over, or the client has left. */
  gone: AbortSignal;
  /** The response's head. `transfer-encoding: chunked` unless the headers give a length or `close`. */
  head(status?: number, headers?: Record<string, string>): Promise<void>;
  /** A piece of the body: one HTTP chunk, so that it reaches the client as one read. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Each byte as a read of its own. */
  drip(bytes: string | Uint8Array, ms?: number): Promise<void>;
  /** Bytes on the socket as they are. */
  raw(bytes: string | Uint8Array): Promise<void>;
  /** The body's regular end. */
  end(): Promise<void>;
  /** Closes the connection without ending the body (FIN). */
  close(): Promise<void>;
  /** Resets the connection (RST), after what was written has left, or at once. */
  reset(when?: 'at once'): Promise<void>;
  wait(ms: number): Promise<void>;
  /** Does nothing until the client has left. */
  hold(): Promise<void>;
}

/** What the server does with a request. */
export type Serve = (wire: Wire) => Promise<void>;

/** What a server has seen. */
export interface ServerLog {
  requests: Incoming[];
  /** Requests that the server is working on: it has more to send, or waits for the client to leave. */
  underWay: number;
}

/** A server for one run: its own port, so that no pooled connection of another run meets it. */
export interface RunServer {
  port: number;
  log: ServerLog;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const eventStream = { 'content-type': 'text/event-stream' };

/** Starts a server on the loopback that gives every request to `serve`. */
export async function startServer(serve: Serve): Promise<RunServer> {
  const log: ServerLog = { requests: [], underWay: 0 };
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const gone = new AbortController();
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      gone.abort();
    });
    readRequests(socket, (request) => {
      request.nth = log.requests.push(request);
      log.underWay++;
      serve(openWire(socket, request, gone.signal))
        .catch((error) => {
          if (!gone.signal.aborted && !socket.destroyed) throw error;
        })
        .finally(() => {
          if (--log.underWay > 0) return;
          for (const resolve of waiting) resolve();
          waiting = [];
        });
    });
  });
  const port = await listenAnew(server);
  return {
    port,
    log,
    idle: () =>
      log.underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The ports of this process so far. */
const used = new Set<number>();

/** Listens on a port that no run had before: a client may remember that an origin has answered it. */
async function listenAnew(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  if (!used.has(address.port)) {
    used.add(address.port);
    return address.port;
  }
  await new Promise((resolve) => server.close(resolve));
  return listenAnew(server);
}

/** Cuts a socket's bytes into requests: a head, and as many bytes of body as it announces. */
function readRequests(socket: Socket, onRequest: (request: Incoming) => void): void {
  let bytes = Buffer.alloc(0);
  let nthOfConnection = 0;
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const headEnd = bytes.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
      const headers: Record<string, string> = {};
      for (const line of lines) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const body = readBody(bytes.subarray(headEnd + 4), headers);
      if (body === undefined) return;
      bytes = bytes.subarray(headEnd + 4 + body.length);
      const [method = '', path = ''] = first.split(' ');
      onRequest({
        method,
        path,
        headers,
        body: body.text,
        nth: 0,
        nthOfConnection: ++nthOfConnection,
      });
    }
  });
}

function readBody(
  bytes: Buffer,
  headers: Record<string, string>,
): { text: string; length: number } | undefined {
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length'] ?? 0);
    return bytes.length < length ? undefined : { text: bytes.toString('utf8', 0, length), length };
  }
  let text = '';
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { text, length: end };
    text += bytes.toString('utf8', lineEnd + 2, end - 2);
    at = end;
  }
}

function openWire(socket: Socket, request: Incoming, gone: AbortSignal): Wire {
  let framing: 'chunked' | 'length' | 'close' | undefined;

  const raw = (bytes: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (gone.aborted || socket.destroyed) return reject(new Error('the client has left'));
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });

  async function head(status = 200, headers: Record<string, string> = eventStream): Promise<void> {
    if (headers['content-length'] !== undefined) framing = 'length';
    else framing = headers.connection === 'close' ? 'close' : 'chunked';
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    if (framing === 'chunked') lines.push('transfer-encoding: chunked\r\n');
    await raw(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  }

  async function send(bytes: string | Uint8Array): Promise<void> {
    if (framing === undefined) await head();
    if (framing !== 'chunked') return raw(bytes);
    const body = Buffer.from(bytes);
    if (body.length === 0) return;
    await raw(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, crlf]));
  }

  return {
    request,
    gone,
    head,
    send,
    raw,
    async drip(bytes, ms) {
      for (const byte of Buffer.from(bytes)) {
        await send(Uint8Array.of(byte));
        await (ms === undefined ? new Promise(setImmediate) : sleep(ms));
      }
    },
    async end() {
      if (framing === undefined) await head();
      if (framing === 'chunked') await raw('0\r\n\r\n');
      if (framing === 'close') socket.end();
    },
    async close() {
      socket.end();
    },
    async reset(when) {
      if (when === undefined) await sleep(30); // a reset overtakes bytes that the client has not read yet
      socket.resetAndDestroy();
    },
    wait: (ms) => sleep(ms, undefined, { signal: gone }),
    hold: () =>
      new Promise((resolve) => {
        if (gone.aborted) resolve();
        else gone.addEventListener('abort', () => resolve());
      }),
  };
}

const crlf = Buffer.from('\r\n');
