import { parseHttpURL } from '../../client/option-values.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { wordsOf } from '../exchange/in-words.ts';
import { createComparison, type MatchOptions } from '../match/comparison.ts';
import type { Incoming } from '../match/request.ts';
import { checkMode, openFolder } from '../record/modes.ts';
import { createRecorder, type Recorded } from '../record/record.ts';
import type { RecorderOptions } from '../record/recording.ts';
import { errorResponse, type Running, startHttp } from './http.ts';

/** Which server is recorded, into which folder, and what of it. */
export interface RecordingProxyOptions extends MatchOptions, Omit<RecorderOptions, 'strict'> {
  /** The server's address: `http://127.0.0.1:1234`. A `/v1` at its end is left out, as clients send it. */
  readonly upstream: string | URL;
  /** Default 0: any free one. The host is always `127.0.0.1`. */
  readonly port?: number | undefined;
  /**
   * - `add` (default): everything is recorded. Nothing is replaced: an exchange gets the first free number of its name that is above those of this proxy's earlier exchanges.
   * - `new`: what the folder holds when the proxy starts is replayed, what it does not hold is recorded.
   */
  readonly mode?: 'add' | 'new' | undefined;
  /** Is called for each request that was answered from the folder. */
  readonly onReplay?: ((request: string, name: string) => void) | undefined;
}

/** A running recording proxy. */
export interface RecordingProxy extends Running {
  /** The server's address without `/v1`: what `url` stands for. */
  readonly upstream: string;
  /** As that of `recordFetch`. */
  settled(within?: number): Promise<readonly Recorded[]>;
}

/**
 * Starts a proxy before a server, to which any client can point its base URL. It passes on every chunk as it comes
 * and stores every exchange; what has not ended when it is closed is left out. It is for this machine's programs
 * only: what comes from a foreign web page is refused.
 * @throws {TypeError} if the address, the name or the mode is wrong
 * @throws {Error} if the port is in use, or a recorded exchange is broken
 */
export async function startRecordingProxy(options: RecordingProxyOptions): Promise<RecordingProxy> {
  const { folder, name, server, mode = 'add', onOutcome, onReplay, port = 0 } = options;
  checkMode(mode, ['add', 'new']);
  createComparison(options);
  const upstream = parseHttpURL(options.upstream);
  if (!upstream) throw new TypeError(`'${options.upstream}' must start with http:// or https://`);
  const { origin, href } = upstream;
  const base = href.replace(/\/(v1\/?)?$/, '');
  const recorder = createRecorder(nodeFetch, { folder, name, server, onOutcome, strict: false });
  const held = await openFolder(mode, folder, options);

  function answer(request: Incoming): Promise<Response> {
    const onFound = (exchange: string) => onReplay?.(`${request.method} ${request.path}`, exchange);
    return held.answer(request, () => record(request), onFound);
  }

  async function record(request: Incoming): Promise<Response> {
    const { path, headers } = request;
    for (const own of ['host', 'expect', 'content-length']) headers.delete(own);
    // A connection for each request: one that is kept may die just as it is used again.
    headers.set('connection', 'close');
    try {
      return await recorder.record(request, new URL(base + path));
    } catch (error) {
      return errorResponse(
        502,
        `${origin} does not answer: ${wordsOf(error)}. Is the server running?`,
      );
    }
  }

  const running = await startHttp(answer, port, '127.0.0.1');
  return {
    ...running,
    upstream: base,
    settled: (within) => recorder.settled(within),
    async close() {
      recorder.stop();
      await running.close();
    },
  };
}
