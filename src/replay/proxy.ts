import {
  createServer,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
  type ServerResponse,
} from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { arrayBuffer } from 'node:stream/consumers';
import type { End } from './exchange.ts';
import { breakOff, listen, sendError, stop } from './http.ts';
import { isLoopbackHost, isLoopbackOrigin } from './loopback.ts';
import { type Capture, createRecorder, LINGER, type Outcome } from './recorder.ts';

/** Which server is recorded, and where to. */
export interface RecordingProxyOptions {
  /** The server's address: `http://127.0.0.1:1234`. A `/v1` at its end is left out, as clients send it. */
  readonly upstream: string | URL;
  readonly folder: string;
  /** See `RecordOptions`. Here nothing is replaced: the number goes up. */
  readonly name?: string | undefined;
  readonly server?: string | undefined;
  /** Default 0: any free one. The host is always `127.0.0.1`. */
  readonly port?: number | undefined;
  /** Is told what came of every request. */
  readonly onOutcome?: ((request: string, outcome: Outcome) => void) | undefined;
}

/** A running proxy. */
export interface RecordingProxy {
  readonly url: string;
  readonly port: number;
  /** Ends every connection; what has not ended by then is left out. */
  close(): Promise<void>;
}

// They belong to one connection; each side has its own. (RFC 9110, 7.6.1; Node adds `host`.)
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host'],
]);

/**
 * Starts a proxy before a server, to which any client can point its base URL. It passes on every chunk as it comes
 * and stores every exchange. It is for this machine's programs only: a foreign `Origin` or `Host` is refused.
 * @throws {TypeError} where the address or the name is wrong
 * @throws {Error} where the port is in use
 */
export async function startRecordingProxy(options: RecordingProxyOptions): Promise<RecordingProxy> {
  const { folder, name, server: serverName, port: wanted = 0, onOutcome } = options;
  const upstream = new URL(options.upstream);
  if (!/^https?:$/.test(upstream.protocol)) {
    throw new TypeError(`'${options.upstream}' must start with http:// or https://`);
  }
  const recorder = createRecorder({ folder, name, server: serverName, replace: false });
  const open = new Set<Capture>();

  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const told = (outcome: Outcome) => onOutcome?.(`${method} ${path}`, outcome);
    const foreign = foreignSource(request);
    if (foreign) {
      sendError(response, 403, 'recorder_error', foreign);
      return told({ reason: foreign });
    }
    let capture: Capture | undefined;
    try {
      const body = new Uint8Array(await arrayBuffer(request));
      const headers = Object.entries(request.headers).map(
        ([key, value]) => [key, String(value)] as const,
      );
      capture = recorder.begin({ method, path, headers, body, origin: upstream.origin });
      open.add(capture);
      told(await relay({ request, response, body, upstream, path, capture }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      told(capture?.drop(reason) ?? { reason });
      response.destroy();
    } finally {
      if (capture) open.delete(capture);
    }
  });
  const port = await listen(server, wanted, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      for (const capture of open) capture.drop('it had not ended when the recorder was stopped');
      await stop(server);
    },
  };
}

/** Why a request is not this machine's own: a web page, or a name that a page has bound to this address. */
function foreignSource({ headers: { host, origin } }: IncomingMessage): string | undefined {
  if (!isLoopbackHost(host)) return `the Host '${host}' is not this machine's`;
  if (origin !== undefined && !isLoopbackOrigin(origin)) return `the Origin '${origin}' is foreign`;
  return undefined;
}

interface Relayed {
  request: IncomingMessage;
  response: ServerResponse;
  body: Uint8Array;
  upstream: URL;
  path: string;
  capture: Capture;
}

/** Sends the request on, and the response back; resolves when it has ended and is stored, or is left out. */
function relay({ request, response, body, upstream, path, capture }: Relayed): Promise<Outcome> {
  const secure = upstream.protocol === 'https:';
  const prefix = upstream.pathname.replace(/\/(v1\/?)?$/, '');
  const sent = Object.entries(request.headers).filter(([name]) => !hopByHop.has(name));
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? secureRequest : plainRequest)(new URL(prefix + path, upstream), {
      // A connection for each request: a pooled one may die just as it is used again.
      agent: secure ? new SecureAgent() : new PlainAgent(),
      method: request.method,
      headers: { ...Object.fromEntries(sent), 'accept-encoding': 'identity' },
    });
    const store = (end: End) => capture.end(end).then(resolve, reject);

    const leave = () => {
      if (!response.headersSent) capture.drop('the client left before the response began');
      store('client-abort');
      outgoing.destroy();
    };
    response.once('close', () => {
      if (response.writableFinished) return;
      // The server is to stop at once, unless it has only the end left to say.
      if (!capture.done) return leave();
      const timer = setTimeout(leave, LINGER);
      outgoing.once('close', () => clearTimeout(timer));
    });

    outgoing.on('error', ({ message }) => {
      if (response.headersSent || response.destroyed) return;
      const reason = `${upstream.origin} does not answer (${message}): is the server running there?`;
      sendError(response, 502, 'recorder_error', reason);
      resolve(capture.drop(reason));
    });
    outgoing.once('response', (incoming) => {
      const { statusCode: status = 502, statusMessage, rawHeaders } = incoming;
      capture.head(
        status,
        Object.entries(incoming.headers).map(([k, v]) => [k, String(v)]),
      );
      response.writeHead(status, statusMessage, passedOn(rawHeaders)).flushHeaders();
      // Never paused: bytes that wait would be lost when the server's side breaks off.
      incoming.on('data', (bytes: Uint8Array) => {
        capture.chunk(bytes);
        response.write(bytes);
      });
      incoming.on('error', () => {});
      incoming.once('close', async () => {
        // Stored before the client sees the end, so that it can look at the file then.
        await store(incoming.complete ? 'complete' : 'disconnect');
        if (incoming.complete) response.end();
        else await breakOff(response);
      });
    });
    outgoing.end(body.length > 0 ? body : undefined);
  });
}

/** A head's names and values, without those of its connection. */
function passedOn(raw: readonly string[]): string[] {
  return raw.filter((_, i) => !hopByHop.has((raw[i - (i % 2)] ?? '').toLowerCase()));
}
