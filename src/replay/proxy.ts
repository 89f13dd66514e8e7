import { nodeFetch } from '../node-fetch.ts';
import { errorResponse, type Running, startHttp } from './http.ts';
import { createRecorder, type RecorderOptions } from './recorder.ts';
import { wordsOf } from './relay.ts';
import type { Incoming } from './request.ts';

/** Which server is recorded, and where to. Nothing is replaced: the number of a name goes up. */
export interface RecordingProxyOptions extends Omit<RecorderOptions, 'replace' | 'strict'> {
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
  const upstream = new URL(options.upstream);
  if (!/^https?:$/.test(upstream.protocol)) {
    throw new TypeError(`'${options.upstream}' must start with http:// or https://`);
  }
  const base = upstream.href.replace(/\/(v1\/?)?$/, '');
  const recorder = createRecorder(nodeFetch, { ...options, replace: false, strict: false });

  async function answer(request: Incoming): Promise<Response> {
    const { method, path, headers } = request;
    const foreign = foreignSource(headers);
    if (foreign) {
      options.onOutcome?.(`${method} ${path}`, { reason: foreign });
      return errorResponse(403, foreign);
    }
    for (const own of ['host', 'expect', 'content-length']) headers.delete(own);
    // A connection for each request: one that is kept may die just as it is used again.
    headers.set('connection', 'close');
    try {
      return await recorder.record(request, new URL(base + path));
    } catch (error) {
      const words = `${upstream.origin} does not answer: ${wordsOf(error)}. Is the server running?`;
      return errorResponse(502, words);
    }
  }

  const running = await startHttp(answer, options.port ?? 0, '127.0.0.1');
  return {
    ...running,
    async close() {
      await recorder.stop();
      await running.close();
    },
  };
}

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** Why a request is not this machine's own: a web page, or a name that a page has bound to this address. */
function foreignSource(headers: Headers): string | undefined {
  const [host, origin] = [headers.get('host'), headers.get('origin')];
  if (!isLoopback(`http://${host}`)) return `the Host '${host}' is not this machine's`;
  if (origin !== null && !isLoopback(origin)) return `the Origin '${origin}' is foreign`;
  return undefined;
}
