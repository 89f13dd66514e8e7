import { nodeFetch } from '../node-fetch.ts';
import { errorResponse, isLoopbackOrigin, type Running, startHttp } from './http.ts';
import { type Capture, createRecorder, type RecorderOptions } from './recorder.ts';
import { relay, wordsOf } from './relay.ts';

/** Which server is recorded, and where to. Nothing is replaced: the number of a name goes up. */
export interface RecordingProxyOptions extends Omit<RecorderOptions, 'replace'> {
  /** The server's address: `http://127.0.0.1:1234`. A `/v1` at its end is left out, as clients send it. */
  readonly upstream: string | URL;
  /** Default 0: any free one. The host is always `127.0.0.1`. */
  readonly port?: number | undefined;
}

/**
 * Starts a proxy before a server, to which any client can point its base URL. It passes on every chunk as it comes
 * and stores every exchange; what has not ended when it is closed is left out. It is for this machine's programs
 * only: a foreign `Origin` or `Host` is refused.
 * @throws {TypeError} where the address or the name is wrong
 * @throws {Error} where the port is in use
 */
export async function startRecordingProxy(options: RecordingProxyOptions): Promise<Running> {
  const { port = 0, onOutcome } = options;
  const upstream = new URL(options.upstream);
  if (!/^https?:$/.test(upstream.protocol)) {
    throw new TypeError(`'${options.upstream}' must start with http:// or https://`);
  }
  const { origin } = upstream;
  const base = upstream.href.replace(/\/(v1\/?)?$/, '');
  const recorder = createRecorder({ ...options, replace: false });
  const open = new Set<Capture>();

  const running = await startHttp(
    async ({ method, path, headers, body, signal }) => {
      const foreign = foreignSource(headers);
      if (foreign) {
        onOutcome?.(`${method} ${path}`, { reason: foreign });
        return errorResponse(403, foreign);
      }
      for (const own of ['host', 'expect', 'content-length']) headers.delete(own);
      const asked = { origin, method, path, headers, body };
      const capture = recorder.begin(asked);
      open.add(capture);
      const forget = () => open.delete(capture);
      // A connection for each request: one that is kept may die just as it is used again.
      headers.set('connection', 'close');
      const init = { method, ...(body.length > 0 && { body }) };
      try {
        return await relay({
          fetch: nodeFetch,
          url: base + path,
          init,
          asked,
          capture,
          signal,
          accept: forget,
        });
      } catch (error) {
        forget();
        return errorResponse(
          502,
          `${origin} does not answer: ${wordsOf(error)}. Is the server running?`,
        );
      }
    },
    port,
    '127.0.0.1',
  );
  return {
    ...running,
    close() {
      for (const capture of open) capture.drop('it had not ended when the recorder was stopped');
      return running.close();
    },
  };
}

/** Why a request is not this machine's own: a web page, or a name that a page has bound to this address. */
function foreignSource(headers: Headers): string | undefined {
  const [host, origin] = [headers.get('host'), headers.get('origin')];
  if (!isLoopbackOrigin(`http://${host}`)) return `the Host '${host}' is not this machine's`;
  if (origin !== null && !isLoopbackOrigin(origin)) return `the Origin '${origin}' is foreign`;
  return undefined;
}
