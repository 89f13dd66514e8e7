import { UsageError } from './command.ts';

/**
 * Reads a `--port`.
 * @throws {UsageError}
 */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`--port ${text}: give a number from 0 to 65535`);
}
