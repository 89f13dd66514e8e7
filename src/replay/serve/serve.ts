// HTTP requests of this machine's programs come in, and recorded answers go out.
//
//   http.ts (the head decides: local-only.ts; then the body) ─▶ cors.ts ─▶ answers.ts
//     ─▶ page/ for a browser ─▶ play/base-url.ts (what the path chooses) ─▶ match/ ─▶ play/
//
// proxy.ts is the other server: http.ts ─▶ record/ ─▶ the server that is recorded.

import type { Exchange } from '../exchange/exchange.ts';
import type { Incoming } from '../match/request.ts';
import {
  checkReplayOptions,
  openSource,
  type ReplayOptions,
  type ReplaySource,
} from '../play/replay-fetch.ts';
import { ReplayAnswers } from './answers.ts';
import { allowPage, answerPreflight } from './cors.ts';
import { type Running, startHttp } from './http.ts';

/** How the server listens and plays. */
export interface ReplayServerOptions extends ReplayOptions {
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Is called for every request with what answered it: the name of an exchange, or the words of an error. */
  readonly onRequest?: ((line: { request: string; answer: string }) => void) | undefined;
}

/** A running replay server. */
export interface ReplayServer extends Running {
  readonly exchanges: readonly Exchange[];
  /** The requests that no exchange answered, each with the nearest one. */
  readonly misses: readonly string[];
  /** The names of the exchanges that nobody has asked for. */
  unused(): readonly string[];
}

/**
 * Starts a server that any client can point its base URL at, and that answers from recorded exchanges as
 * `replayFetch` does, over real HTTP. A miss is answered with 404 and counted; `GET /v1/models` is made from the
 * requests if it was not recorded. Its own address, opened in a browser, shows what it serves. It is for this
 * machine's programs and web pages only: what comes from a foreign page is refused.
 *
 * A base URL may choose an exchange, which then answers every request, or a folder, and faults:
 * `http://127.0.0.1:8089/llama.cpp-2026/hello,cut=658,then=hang,speed=1/v1`.
 * @param source - a folder of exchanges; one exchange, which answers everything; or a list of exchanges: one answers
 * after the other
 * @throws {TypeError} if an option has a wrong value
 * @throws {Error} if the folder holds no exchange or a broken one, or the port is in use
 */
export async function startReplayServer(
  source: ReplaySource,
  options: ReplayServerOptions = {},
): Promise<ReplayServer> {
  checkReplayOptions(options, ['port', 'host', 'onRequest']);
  const { port = 0, host = '127.0.0.1', onRequest } = options;
  const opened = await openSource(source);
  const answers = new ReplayAnswers(opened, options, (request, answer) =>
    onRequest?.({ request, answer }),
  );
  const answer = async (request: Incoming) =>
    allowPage(answerPreflight(request) ?? (await answers.answer(request)), request);
  return {
    ...(await startHttp(answer, port, host)),
    exchanges: opened.exchanges,
    misses: answers.misses,
    unused: () => answers.unused(),
  };
}
