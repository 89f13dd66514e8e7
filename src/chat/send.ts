import { LONGEST_TIMER, now, patience } from './clocks.ts';
import type { ChatError } from './errors.ts';
import { explain } from './reasons.ts';
import { type Server, show } from './server.ts';
import { clip, findFailureWords, findServerWords } from './words.ts';

/** So much of an error's body is read, for so many ms at most: a server may leave it open. */
const ERROR_BYTES = 2 ** 20;
const ERROR_BODY_MS = 2000;

/** The origins that have answered this process before: only there can a pooled connection have died. */
const answered = new Set<string>();

/**
 * Sends a request until a response with status 2xx comes.
 *
 * It is sent again in three cases only, and never after a byte of a body came: a pooled connection had died, told by
 * its failing within a second (once); the server is still loading its model (503), while `patient` says so;
 * `localhost` was refused (once, as 127.0.0.1, for a server that listens on IPv4 only).
 * @param patient - may another `ms` be spent on waiting for the model?
 * @throws {ChatError} kind `connection`, `timeout` or `http`
 */
export async function send(
  server: Server,
  url: string,
  init: RequestInit & { signal: AbortSignal },
  patient: (ms: number) => boolean,
): Promise<Response> {
  const options: RequestInit = { redirect: 'manual', headers: server.headers, ...init };
  let resent = false;
  for (;;) {
    const { origin, hostname } = new URL(url);
    const sentAt = now();
    let response: Response;
    try {
      response = await (server.fetch?.(url, options) ?? fetch(url, { ...options, ...patience() }));
    } catch (cause) {
      const error = connectionError(server, url, cause);
      const { reason } = error;
      const pooled = reason === 'reset' && answered.has(origin) && now() - sentAt < 1000;
      if (reason === 'refused' && hostname === 'localhost')
        url = url.replace(hostname, '127.0.0.1');
      else if (pooled && !resent) resent = true;
      else throw error;
      continue;
    }
    answered.add(origin);
    if (response.ok) return response;
    const error = await httpError(server, url, response);
    const wait = response.status === 503 ? loadingDelay(response, error) : Infinity;
    if (!patient(wait)) throw error;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      init.signal.onabort = () => resolve(clearTimeout(timer));
    });
  }
}

/** What a connection that could not be made, or died, is called. */
export function connectionError(server: Server, url: string, cause: unknown): ChatError {
  const words = findFailureWords(cause);
  const kind = explain(words).reason === 'runtime-limit' ? 'timeout' : 'connection';
  return server.error(kind, `Cannot reach ${show(url)} (${clip(words)})`, words, {}, cause);
}

/** A response whose status is not 2xx, in the server's words. Takes the body. */
async function httpError(server: Server, url: string, response: Response): Promise<ChatError> {
  const { status, headers } = response;
  const { message, code } = findServerWords(await readErrorBody(response));
  const target = headers.get('location');
  const told = target
    ? `redirects to ${show(new URL(target, url))}`
    : `answered ${status}: ${clip(message)}`;
  return server.error('http', `${show(url)} ${told}`, `${status} ${code} ${message}`, {
    status,
    serverMessage: message,
    code,
  });
}

async function readErrorBody({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  const cancel = () => reader.cancel().catch(() => {});
  const timer = setTimeout(cancel, ERROR_BODY_MS);
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < ERROR_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The body broke off: what came of it says what it can.
  }
  clearTimeout(timer);
  void cancel();
  return text;
}

/** How long a 503 asks to be left alone, in ms; `Infinity` if it is not about loading. */
function loadingDelay({ headers }: Response, { reason }: ChatError): number {
  const after = headers.get('retry-after');
  if (after === null) return reason === 'loading' ? 1000 : Infinity;
  const ms = after > ':' ? Date.parse(after) - Date.now() : Number(after) * 1000;
  return Math.min(Math.max(ms || 0, 250), LONGEST_TIMER);
}
