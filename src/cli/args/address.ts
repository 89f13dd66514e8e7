import { DEFAULT_BASE_URL } from '../../client/option-values.ts';
import { UsageError } from './command.ts';

/**
 * The URL that was given.
 * @param option - as what
 * @throws {UsageError} where it is none
 */
export function readAddress(given: string, option = '--base-url', sample = DEFAULT_BASE_URL): URL {
  const url = parseAddress(given);
  if (url !== undefined) return url;
  const meant = parseAddress(`http://${given}`);
  const isNear = meant !== undefined && /^[\w.-]+:\d+/.test(given);
  throw new UsageError(
    `${option} must be a URL such as ${isNear ? `http://${given}` : sample}, not '${given}'`,
  );
}

/** `undefined` for anything but an http(s) URL; `localhost:1234` is one with the protocol `localhost:`. */
export function parseAddress(address: unknown): URL | undefined {
  try {
    const url = new URL(String(address));
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
