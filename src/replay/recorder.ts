import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetch } from '../chat/types.ts';
import { bodyFileOf, type Chunk, type End, type Head, sha256, writeExchange } from './exchange.ts';
import { type Capture, relay } from './relay.ts';
import { bodyOf, type Incoming } from './request.ts';
import { cluesOf, findSecret } from './secrets.ts';

/** Where and how exchanges are stored. */
export interface RecorderOptions {
  readonly folder: string;
  /** What the exchange is called; a second one gets `-2`. Default: after the path, `chat-completions`. */
  readonly name?: string | undefined;
  /** Which server this is, with its version: `LM Studio 0.4.24`. Default: its `server` header, or its address. */
  readonly server?: string | undefined;
  /** Replaces exchanges that an earlier recorder wrote, where otherwise the number goes up. */
  readonly replace: boolean;
  /** What is not stored is an error for the client. */
  readonly strict: boolean;
  /** Is told what came of each request. */
  readonly onOutcome?: ((request: string, outcome: Outcome) => void) | undefined;
}

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type Outcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

const notStored = /^(date|connection|keep-alive|transfer-encoding|content-length|set-cookie)$/;

/**
 * Makes what sends requests on, and turns them and their responses into exchanges on disk.
 * @throws {TypeError} where `name` is not fit for a file
 */
export function createRecorder(fetch: Fetch, options: RecorderOptions) {
  const { folder, name, replace, strict, onOutcome } = options;
  if (name !== undefined && (!/^\w[\w.-]*$/.test(name) || name.endsWith('.body'))) {
    throw new TypeError(`the name '${name}' must be letters, digits, '_', '-' and '.'`);
  }
  const taken = new Set<string>();
  const open = new Set<Capture>();

  function claimName(path: string): string {
    const [words] = path.replace(/^\/v1\//, '').split('?');
    const base = name ?? (words?.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'root');
    let free = base;
    const isTaken = () => taken.has(free) || (!replace && existsSync(join(folder, `${free}.json`)));
    for (let number = 2; isTaken(); number++) free = `${base}-${number}`;
    taken.add(free);
    return free;
  }

  /** Begins an exchange: its name has its place among the others from here. */
  function begin({ method, path, headers, body, start }: Incoming, { origin }: URL) {
    const file = claimName(path);
    const kept = [...headers].filter(([key]) => key === 'content-type');
    const request = { method, path, headers: Object.fromEntries(kept), body: bodyOf(body) };
    const clues = cluesOf(process.env, headers);
    let response = { status: 0, headers: {} as Record<string, string> };
    const parts: Uint8Array[] = [];
    const chunks: Chunk[] = [];
    let latest = 0;

    async function store(end: End): Promise<Outcome> {
      const content = Buffer.concat(parts);
      const text = content.toString();
      const secret = findSecret({ ...response, body: text }, clues, 'response');
      if (secret) return { reason: secret };
      const model = modelOf(text) ?? modelOf(JSON.stringify(request.body));
      const head: Head = {
        format: 1,
        provenance: {
          kind: 'recorded',
          server: options.server ?? response.headers.server ?? `unknown, at ${origin}`,
          ...(model !== undefined && { model }),
          recordedAt: new Date().toISOString(),
        },
        request,
        response: {
          ...response,
          body: bodyFileOf(file, response.headers['content-type']),
          bytes: content.length,
          sha256: sha256(content),
        },
        end,
        chunks,
      };
      await writeExchange(folder, file, head, content);
      return { stored: file, head };
    }

    async function settle(result: Promise<Outcome> | Outcome): Promise<Outcome> {
      const failed = (error: Error): Outcome => ({ reason: error.message });
      const known = await Promise.resolve(result).catch(failed);
      if (known.stored === undefined) taken.delete(file);
      open.delete(capture);
      onOutcome?.(`${method} ${path}`, known);
      return known;
    }

    const refused = findSecret(request, clues, 'request');
    let outcome = refused === undefined ? undefined : settle({ reason: refused });
    const capture = {
      /** Whether the request alone tells that it will not be stored. */
      isRefused: outcome !== undefined,
      isDone: () => /data: ?\[DONE\]\s*$/.test(Buffer.concat(parts.slice(-32)).toString()),
      head(status: number, headers: Headers) {
        const kept = [...headers].filter(([key]) => !notStored.test(key));
        response = { status, headers: Object.fromEntries(kept) };
      },
      chunk(bytes: Uint8Array) {
        // Rounded from the start, so that the sum does not drift. A copy: the bytes are the reader's to change.
        const ms = Math.round(performance.now() - start);
        chunks.push([ms - latest, bytes.length]);
        parts.push(new Uint8Array(bytes));
        latest = ms;
      },
      async end(end: End) {
        outcome ??= settle(store(end));
        const known = await outcome;
        // What is not recorded must not look like it: the next run would miss it.
        if (strict && known.stored === undefined) throw new Error(`not recorded: ${known.reason}`);
      },
      drop(reason: string) {
        outcome ??= settle({ reason });
        return outcome;
      },
    };
    open.add(capture);
    return capture;
  }

  return {
    /** Sends a request to `url`, with what else `init` says, and passes the response on as it comes. */
    async record(asked: Incoming, url: URL, init?: RequestInit): Promise<Response> {
      const capture = begin(asked, url);
      if (capture.isRefused) await capture.end('client-abort');
      const { method, body } = asked;
      const headers = new Headers(asked.headers);
      headers.set('accept-encoding', 'identity');
      const whole = { ...(body.length > 0 && { body }), ...init, method, headers };
      return relay((signal) => fetch(url.href, { ...whole, signal }), capture, asked.signal);
    },
    /** Leaves out what has not ended. */
    stop: () =>
      Promise.all([...open].map((it) => it.drop('it had not ended when the recorder was stopped'))),
  };
}

/** The model that the first chunk, or a request, names. */
const modelOf = (json: string): string | undefined => /"model"\s*:\s*"([^"\\]+)"/.exec(json)?.[1];
