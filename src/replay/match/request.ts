import { parseJson } from '../../client/json.ts';
import type { StoredRequest } from '../exchange/exchange.ts';

/** `fetch`, in all the ways in which a foreign client may call it. */
export type AnyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A request, as it comes to a `fetch` or to a server. */
export interface Incoming {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal | undefined;
  /** When it came, by `performance.now()`. */
  readonly start: number;
}

/**
 * Reads what a `fetch` was called with.
 * @throws the signal's reason if it has been aborted
 */
export async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Incoming & { readonly url: URL }> {
  const start = performance.now();
  // The caller's own signal: a Request's copy of it can be lost with the Request.
  const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
  signal?.throwIfAborted();
  const request = new Request(input, { ...init, signal: null });
  const { method, headers } = request;
  const url = new URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  return { method, url, path: url.pathname + url.search, headers, body, signal, start };
}

/**
 * A body as an exchange stores it: JSON's value, `null` for an empty one, else its text. A JSON string would look like
 * text that is no JSON, and a JSON null like no body: they stay text.
 */
function storedBody(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  const value = parseJson(text);
  const staysText = value === undefined || value === null || typeof value === 'string';
  return staysText ? text || null : value;
}

/** A request as an exchange stores it. No header is kept but the content type: others may hold secrets. */
export function storedRequestOf({ method, path, headers, body }: Incoming): StoredRequest {
  const kept = [...headers].filter(([name]) => name === 'content-type');
  return { method, path, headers: Object.fromEntries(kept), body: storedBody(body) };
}
