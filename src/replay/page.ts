import type { Exchange } from './format.ts';
import type { Incoming } from './request.ts';

export async function answerPage(
  _request: Incoming,
  _exchanges: readonly Exchange[],
): Promise<Response | undefined> {
  return undefined;
}
