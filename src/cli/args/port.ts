import { fieldsOf } from '../../client/json.ts';
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

/** Throws on what starting a server threw; of a port in use it is said how to take another. */
export function explainPort(port: number): (error: unknown) => never {
  return (error) => {
    if (fieldsOf(error).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is in use. --port 0 takes any free one.`);
  };
}
