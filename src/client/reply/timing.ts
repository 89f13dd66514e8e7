import type { Timing, Usage } from '../types.ts';

/** When things happened, on the monotonic clock. What has not happened is absent. */
export interface Moments {
  sent?: number | undefined;
  head?: number | undefined;
  firstToken?: number | undefined;
  end?: number | undefined;
}

/**
 * The times as a reader gets them, in ms since the request was sent.
 * @param now - the time, for what has not ended
 */
export function measure(moments: Moments, usage: Usage | undefined, now: number): Timing {
  const { sent, head, firstToken, end = now } = moments;
  if (sent === undefined) return {};
  const since = (moment: number | undefined) => (moment === undefined ? undefined : moment - sent);
  return {
    headMs: since(head),
    firstTokenMs: since(firstToken),
    totalMs: end - sent,
    tokensPerSecond: rate(Number(usage?.completion_tokens), end - Number(firstToken)),
  };
}

/** Tokens a second; `undefined` if the server does not count, or no time has passed. */
function rate(tokens: number, ms: number): number | undefined {
  const perSecond = (tokens / ms) * 1000;
  return Number.isFinite(perSecond) ? perSecond : undefined;
}
