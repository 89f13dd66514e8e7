import { now, pause } from './clocks.ts';
import type { Settings } from './options.ts';
import { findServerWords } from './words.ts';

/** The origins that have answered this process before: only there can a pooled connection have died. */
const answered = new Set<string>();

/**
 * Sends a request until a response with status 2xx comes.
 *
 * It is sent again in three cases only, and never after a byte of a body came: a pooled connection had died, told by
 * its failing within a second (once); the server is still loading its model (503), for `patience`; `localhost` was
 * refused (once, as 127.0.0.1, for a server that listens on IPv4 only).
 * @param path - what the base URL's path is followed by
 * @param json - the body; makes it a POST
 * @param patience - how long a model may take to load, in ms
 * @throws {ChatError} kind `connection`, `timeout` or `http`. After an abort it rejects at once with the signal's reason,
 * also where `fetch` takes no notice of it
 */
export async function send(
  { base, fetch, headers, error }: Settings,
  path: string,
  signal: AbortSignal,
  json?: string,
  patience = 0,
): Promise<Response> {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/*$/, path);
  const init = { method: json ? 'POST' : 'GET', redirect: 'manual', headers, signal } as const;
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', reject);
  });
  aborted.catch(() => {});
  const until = now() + patience;
  for (let resent = false; ; ) {
    signal.throwIfAborted();
    const sentAt = now();
    let response: Response;
    try {
      response = await Promise.race([
        fetch(url.href, { ...init, ...(json && { body: json }) }),
        aborted,
      ]);
      answered.add(url.origin);
    } catch (cause) {
      signal.throwIfAborted();
      const failure = error('connection', 'cannot be reached', {}, cause);
      const { reason } = failure;
      if (reason === 'refused' && url.hostname === 'localhost') url.hostname = '127.0.0.1';
      else if (reason === 'reset' && answered.has(url.origin) && !resent && now() - sentAt < 1000)
        resent = true;
      else throw failure;
      continue;
    }
    if (response.ok) return response;
    const { status } = response;
    const after = response.headers.get('retry-after');
    const body = (await readBody(response, signal)) || response.headers.get('location');
    const failure = error('http', `answered ${status}`, { status, ...findServerWords(body) });
    const wait = Math.max(Number(after) * 1000 || 1000, 250);
    const loading = status === 503 && (after || failure.reason === 'loading');
    if (!loading || now() + wait > until) throw failure;
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
  signal.removeEventListener('abort', stop);
  stop();
  return text;
}
