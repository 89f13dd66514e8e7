import { now, pause } from './clocks.ts';
import type { Settings } from './options.ts';
import { explain } from './reasons.ts';
import { findFailureWords, findServerWords } from './words.ts';

/** The origins that have answered this process before: only there can a pooled connection have died. */
const answered = new Set<string>();

/**
 * Sends a request until a response with status 2xx comes.
 *
 * It is sent again in three cases only, and never after a byte of a body came: a pooled connection had died, told by
 * its failing within a second (once); the server is still loading its model (503), while `patient` says so;
 * `localhost` was refused (once, as 127.0.0.1, for a server that listens on IPv4 only).
 * @param path - what the base URL's path is followed by
 * @param patient - may another `ms` be spent on waiting for the model?
 * @throws {ChatError} kind `connection`, `timeout` or `http`; after an abort the signal's reason, at once, also where
 * `fetch` takes no notice of it
 */
export async function send(
  { base, fetch, headers, error }: Settings,
  path: string,
  init: RequestInit & { signal: AbortSignal },
  patient: (ms: number) => boolean,
): Promise<Response> {
  const { signal } = init;
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/*$/, path);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  aborted.catch(() => {});
  for (let resent = false; ; ) {
    signal.throwIfAborted();
    const sentAt = now();
    let response: Response;
    try {
      const sent = fetch(url.href, { method: 'POST', redirect: 'manual', headers, ...init });
      response = await Promise.race([sent, aborted]);
      answered.add(url.origin);
    } catch (cause) {
      const words = findFailureWords(cause);
      const { reason } = explain(words);
      if (reason === 'refused' && url.hostname === 'localhost') url.hostname = '127.0.0.1';
      else if (reason === 'reset' && answered.has(url.origin) && !resent && now() - sentAt < 1000)
        resent = true;
      else throw error('connection', 'cannot be reached', words, {}, cause);
      continue;
    }
    if (response.ok) return response;
    const { status } = response;
    const after = response.headers.get('retry-after');
    const words = findServerWords(
      (await readBody(response, signal)) || response.headers.get('location'),
    );
    const failure = error('http', `answered ${status}`, words.serverMessage, { status, ...words });
    const wait = Math.max(Number(after) * 1000 || 1000, 250);
    if (status !== 503 || !(after || failure.reason === 'loading') || !patient(wait)) throw failure;
    await pause(wait, signal);
  }
}

/** A reader of a response's body; of nothing, where it has none. */
export const readerOf = ({ body }: Response): ReadableStreamDefaultReader<Uint8Array> =>
  (body ?? new Blob().stream()).getReader();

/** A short body as text, up to 1 MiB and for 2 s: a server may leave it open. */
export async function readBody(response: Response, signal: AbortSignal): Promise<string> {
  const reader = readerOf(response);
  const decoder = new TextDecoder();
  const stop = () => reader.cancel().catch(() => {});
  const timer = setTimeout(stop, 2000);
  signal.addEventListener('abort', stop);
  let text = '';
  try {
    while (text.length < 2 ** 20) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The body broke off: what came of it says what it can.
  }
  clearTimeout(timer);
  stop();
  return text;
}
