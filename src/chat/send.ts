import { LONGEST_TIMER, now } from './clocks.ts';
import { type ConnectionFailure, readFailure } from './connection-failure.ts';
import type { ChatError } from './errors.ts';
import { type Server, show } from './server.ts';
import { explain, findServerWords } from './server-words.ts';
import type { Fetch } from './types.ts';

/** So much of an error's body is read, for so long at most: a server may leave it open. */
const ERROR_BYTES = 2 ** 20;
const ERROR_BODY_MS = 2000;

/** A request that dies faster than this died with its connection, not with the server. */
const POOLED_SOCKET_MS = 1000;

/** Between two questions whether the model is loaded by now. */
const LOADING_MS = 1000;

/** The origins that have answered this process before: only there can a pooled connection have died. */
const answered = new Set<string>();

/**
 * Sends a request until a response with status 2xx comes.
 *
 * It is sent again in three cases only, and never after a byte of a body came: a connection from the pool had died
 * (once); the server is still loading its model (503), while `patient` says so; `localhost` was refused (once, as
 * 127.0.0.1, for a server that listens on IPv4 only).
 * @param patient - may another `ms` be spent on waiting for the model?
 * @throws {ChatError} kind `connection`, `timeout` or `http`; whatever `fetch` rejects with once the signal aborted
 */
export async function send(
  server: Server,
  fetch: Fetch,
  url: string,
  init: RequestInit & { signal: AbortSignal },
  patient: (ms: number) => boolean,
): Promise<Response> {
  let target = url;
  let resent = false;
  for (;;) {
    const { origin, hostname } = new URL(target);
    const sentAt = now();
    let response: Response;
    try {
      response = await fetch(target, { redirect: 'manual', ...init });
    } catch (error) {
      if (init.signal.aborted) throw error;
      const failure = readFailure(error);
      if (failure.reason === 'refused' && hostname === 'localhost') {
        target = target.replace('//localhost', '//127.0.0.1');
      } else if (
        failure.reason === 'reset' &&
        !resent &&
        answered.has(origin) &&
        now() - sentAt < POOLED_SOCKET_MS
      ) {
        resent = true;
      } else {
        throw connectionError(server, url, error, failure);
      }
      continue;
    }
    answered.add(origin);
    if (response.ok) return response;
    const error = await httpError(server, url, response);
    const wait = response.status === 503 ? loadingDelay(response, error) : undefined;
    if (wait === undefined || !patient(wait)) throw error;
    await sleep(wait, init.signal);
  }
}

/** What a connection that could not be made, or died, is called. */
export function connectionError(
  server: Server,
  url: string,
  cause: unknown,
  { code, words, reason }: ConnectionFailure = readFailure(cause),
): ChatError {
  const at = show(url);
  const told = code && !words.includes(code) ? `${words}, ${code}` : words;
  if (reason === 'runtime-limit') {
    return server.error(`The runtime gave up waiting for ${at} (${told})`, {
      kind: 'timeout',
      reason,
      hint: "Pass options.fetch a fetch without that limit: nodeFetch from 'local-llm-stream-agent/node'.",
      cause,
    });
  }
  return server.error(
    `Cannot reach ${at}: ${reason === 'refused' ? 'connection refused' : 'no connection'} (${told})`,
    {
      kind: 'connection',
      reason,
      hint:
        reason === 'dns'
          ? 'Check the host name in the base URL.'
          : `Is the server running, and at ${new URL(url).host}? LM Studio: \`lms server start\`.`,
      cause,
    },
  );
}

/** A response whose status is not 2xx, in the server's words. Takes the body. */
async function httpError(server: Server, url: string, response: Response): Promise<ChatError> {
  const { status, headers, type } = response;
  const at = show(url);
  if ((status >= 300 && status < 400) || type === 'opaqueredirect') {
    void response.body?.cancel().catch(() => {});
    const location = headers.get('location');
    const to = location === null ? '' : ` to ${show(new URL(location, url))}`;
    return server.error(`${at} redirects${to}, which is not followed`, {
      kind: 'http',
      reason: 'redirect',
      status,
      hint: 'Set baseURL to where the server really is.',
    });
  }
  const words = findServerWords(await readErrorBody(response));
  const told = words.message === '' ? '' : `: ${clip(words.message)}`;
  return server.error(`${at} answered ${status}${told}`, {
    kind: 'http',
    status,
    serverMessage: words.message,
    code: words.code,
    ...explain(words, status),
  });
}

async function readErrorBody(response: Response): Promise<string> {
  const reader = response.body?.getReader();
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
  return text.slice(0, ERROR_BYTES);
}

/** A server's words on one line, the middle of long ones left out: template errors put the point last. */
export function clip(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length <= 400 ? line : `${line.slice(0, 200)} … ${line.slice(-200)}`;
}

/** How long a 503 asks to be left alone, in ms; `undefined` if it is not about loading. */
function loadingDelay({ headers }: Response, error: ChatError): number | undefined {
  const after = headers.get('retry-after');
  if (after === null) {
    return error.reason === 'loading' || /loading/i.test(error.serverMessage ?? '')
      ? LOADING_MS
      : undefined;
  }
  const ms = /^\s*\d/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Math.min(Math.max(ms || 0, LOADING_MS / 4), LONGEST_TIMER);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    }
  });
}
