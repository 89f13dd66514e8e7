import { now } from './clocks.ts';
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
 * @param patient - may another `ms` be spent on waiting for the model?
 * @throws {ChatError} kind `connection`, `timeout` or `http`
 */
export async function send(
  { fetch, headers, error }: Settings,
  url: string,
  init: RequestInit & { signal: AbortSignal },
  patient: (ms: number) => boolean,
): Promise<Response> {
  let resent = false;
  for (;;) {
    const { origin, hostname } = new URL(url);
    const sentAt = now();
    let response: Response;
    try {
      response = await fetch(url, { method: 'POST', redirect: 'manual', headers, ...init });
    } catch (cause) {
      const words = findFailureWords(cause);
      const { reason } = explain(words);
      const pooled = reason === 'reset' && answered.has(origin) && now() - sentAt < 1000;
      if (reason === 'refused' && hostname === 'localhost')
        url = url.replace(hostname, '127.0.0.1');
      else if (pooled && !resent) resent = true;
      else {
        const kind = reason === 'runtime-limit' ? 'timeout' : 'connection';
        throw error(kind, url, 'cannot be reached', words, {}, cause);
      }
      continue;
    }
    answered.add(origin);
    if (response.ok) return response;
    const { status } = response;
    const words = findServerWords((await readBody(response)) || response.headers.get('location'));
    const failure = error('http', url, `answered ${status}`, words.serverMessage, {
      status,
      ...words,
    });
    const after = response.headers.get('retry-after');
    const wait = after ? Number(after) * 1000 || Date.parse(after) - Date.now() : 1000;
    const loading = status === 503 && (after || failure.reason === 'loading');
    if (!loading || !patient(wait)) throw failure;
    await new Promise((resolve) => {
      setTimeout(resolve, Math.max(wait || 0, 250));
    });
  }
}

/** A short body as text, up to 1 MiB and for 2 s: a server may leave it open. */
export async function readBody({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const timer = setTimeout(() => reader?.cancel(), 2000);
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < 2 ** 20) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader?.cancel();
  } catch {
    // The body broke off: what came of it says what it can.
  }
  clearTimeout(timer);
  return text;
}
