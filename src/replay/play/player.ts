import type { Exchange } from '../exchange/exchange.ts';
import { readChanged } from '../exchange/folder.ts';
import type { Matcher } from '../match/match.ts';
import { type Incoming, storedRequestOf } from '../match/request.ts';
import { play } from './play.ts';
import type { PlayOptions } from './play-options.ts';

/**
 * Makes what answers requests from exchanges: the first ones with an error if `status` says so, the others with
 * what a matcher finds.
 */
export function createPlayer(options: PlayOptions) {
  const { status, retryAfter, times = Number.POSITIVE_INFINITY } = options;
  let refused = 0;
  return async (
    matcher: Matcher,
    request: Incoming,
    onFound?: (exchange: Exchange) => void,
  ): Promise<Response> => {
    if (status !== undefined && refused < times) {
      refused++;
      const error = errorExchange(status, retryAfter);
      onFound?.(error);
      return play(error, { firstDelay: options.firstDelay }, request);
    }
    const exchange = matcher.find(storedRequestOf(request));
    onFound?.(exchange);
    return playAnew(exchange, options, request);
  };
}

async function playAnew(
  exchange: Exchange,
  options: PlayOptions,
  request: Incoming,
): Promise<Response> {
  try {
    return await play(exchange, options, request);
  } catch (error) {
    const changed = await readChanged(exchange);
    if (!changed) throw error;
    return playAnew(changed, options, request);
  }
}

const words: Readonly<Record<number, string>> = {
  401: 'the token is missing or wrong',
  429: 'too many requests',
  500: 'the server has failed',
  503: 'the server is busy',
};

/** An answer that is an error, as a server of OpenAI's kind gives it. */
function errorExchange(status: number, retryAfter: number | undefined): Exchange {
  const message = `${words[status] ?? 'the request has failed'} (a fault of the replay)`;
  const error = {
    message,
    type: status < 500 ? 'invalid_request_error' : 'server_error',
    code: status,
  };
  const body = new TextEncoder().encode(JSON.stringify({ error }));
  return {
    format: 1,
    name: `status ${status}`,
    file: `status ${status}`,
    provenance: { kind: 'modelled', source: "OpenAI's shape of an error" },
    request: { method: 'POST', path: '/', headers: {}, body: null },
    response: {
      status,
      headers: {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: 'error.body.json',
    },
    end: 'complete',
    readBody: async () => body,
  };
}
