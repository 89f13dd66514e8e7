import { isChatError } from '../../client/errors/errors.ts';
import { sleep } from '../turn/clock.ts';
import type { Job } from './job.ts';

/** How long to wait for a server, in ms. */
const WAIT_MS = 120_000;

/** The time between two looks, in ms. */
const BETWEEN_LOOKS_MS = 2000;

/** Whether a failure is one that ends when somebody starts the server. */
export const isMissingServer = (error: unknown): boolean =>
  isChatError(error) && error.reason === 'refused';

/** Whether somebody sees the wait: a question is open in a panel. */
export function canWait({ asked, before, hostUtils, insertion }: Job): boolean {
  const isQuestion = before.findLast((one) => one?.sender !== undefined)?.sender === 'user';
  const isSeen = hostUtils?.postMessage !== undefined && insertion === undefined;
  return asked.kind === 'answer' && isQuestion && isSeen;
}

/** Waits until a server listens there. @returns whether one does */
export async function waitForServer({ server, clock, turn }: Job): Promise<boolean> {
  const { signal } = turn;
  for (const end = clock.now() + WAIT_MS; clock.now() < end; ) {
    await sleep(BETWEEN_LOOKS_MS, clock, signal);
    if (signal.aborted) return false;
    const isThere = await server.models(true).then(
      () => true,
      (error) => !isMissingServer(error),
    );
    if (isThere) return !signal.aborted;
  }
  return false;
}
