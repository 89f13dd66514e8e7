import { STATUS_CODES } from 'node:http';
import { readChanged } from '../exchange/folder.ts';
import type { Matcher } from '../match/match.ts';
import { type Incoming, storedRequestOf } from '../match/request.ts';
import { play, wait } from './play.ts';
import type { PlayOptions } from './play-options.ts';

/**
 * Makes what answers requests: the first ones with an error if `status` says so, the others with what a matcher finds.
 * `onFound` is called with the name of what answers, before it is played.
 */
export function createPlayer(matcher: Matcher, options: PlayOptions) {
  const { status, retryAfter, firstDelay = 0, times = Number.POSITIVE_INFINITY } = options;
  let refused = 0;
  return async (request: Incoming, onFound?: (name: string) => void): Promise<Response> => {
    if (status !== undefined && refused < times) {
      refused++;
      onFound?.(`status ${status}`);
      await wait(firstDelay, request.signal);
      return errorOf(status, retryAfter);
    }
    const exchange = matcher.find(storedRequestOf(request));
    onFound?.(exchange.name);
    return play(exchange, options, request).catch(async (error: unknown) => {
      const changed = await readChanged(exchange);
      if (!changed) throw error;
      return play(changed, options, request);
    });
  };
}

/** An error as a server of OpenAI's kind answers with it. */
function errorOf(status: number, retryAfter: number | undefined): Response {
  const message = `${STATUS_CODES[status] ?? 'Error'} (a fault of the replay)`;
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  const headers = new Headers({ 'content-type': 'application/json' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  return new Response(JSON.stringify({ error: { message, type, code: status } }), {
    status,
    headers,
  });
}
