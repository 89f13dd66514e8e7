import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { type ReplayServer, startReplayServer } from '../replay/server.ts';

/** What was asked when the exchange was recorded. */
export const DEMO_QUESTION =
  'Write a TypeScript function that adds two numbers, with an explanation.';

const EXCHANGE = 'fixtures/llama.cpp-2026/markdown-code.json';

/**
 * Serves a recorded exchange, with its recorded timing, over HTTP on the loopback.
 * @throws {Error} where the recording is not there: in a copy of the command alone
 */
export async function startDemo(): Promise<ReplayServer> {
  // From `dist` it is one folder up, from here two.
  const [path] = ['../', '../../']
    .map((up) => fileURLToPath(new URL(up + EXCHANGE, import.meta.url)))
    .filter(existsSync);
  if (path === undefined)
    throw new Error(
      `no server answers at ${DEFAULT_BASE_URL}, and the recording ${EXCHANGE} is not there to be played instead`,
    );
  // Any question gets it.
  return startReplayServer(path, { speed: 1, ignore: ['messages', 'model', 'stream_options'] });
}
