import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../chat/guards.ts';
import { bodyFileOf, type End, type Head, sha256, writeExchange } from './exchange.ts';
import { bodyOf } from './match.ts';
import { findSecret, secretsOf, secretsSent } from './secrets.ts';

/** Where and how exchanges are stored. */
export interface RecorderOptions {
  readonly folder: string;
  /** The name of the exchange; a second one gets `-2`. Default: after the path, `chat-completions`. */
  readonly name?: string | undefined;
  /** Which server this is, with its version: `LM Studio 0.4.24`. Default: its `server` header, or its address. */
  readonly server?: string | undefined;
  /** Replaces exchanges of the same name that an earlier recorder wrote, where otherwise the number goes up. */
  readonly replace: boolean;
}

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type Outcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

/** One exchange on its way to the disk. */
export interface Capture {
  /** Why it will not be stored, as far as the request tells. */
  readonly refused: string | undefined;
  /** Whether the server has said all that there is to say (`[DONE]`), though the body is still open. */
  readonly done: boolean;
  head(status: number, headers: Iterable<readonly [string, string]>): void;
  chunk(bytes: Uint8Array): void;
  /** Stores the exchange, once; rejects where the disk does not take it. */
  end(end: End): Promise<Outcome>;
  /** Stores nothing. */
  drop(reason: string): Outcome;
}

/** A request as it is sent. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: Uint8Array;
  /** Where it goes, for the provenance. */
  readonly origin: string;
}

/** Long enough for the end that follows `[DONE]`, in ms, when the client has left already. */
export const LINGER = 1000;

const requestHeaders = new Set(['content-type']);
const notStored = new Set([
  ...['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'set-cookie'],
]);

/**
 * Makes what turns requests and their responses into exchanges on disk, for a `fetch` and for a proxy.
 * @throws {TypeError} where `name` is not fit for a file
 */
export function createRecorder(options: RecorderOptions) {
  const { folder, name, replace } = options;
  if (name !== undefined && (!/^\w[\w.-]*$/.test(name) || name.endsWith('.body'))) {
    throw new TypeError(`the name '${name}' must be letters, digits, '_', '-' and '.'`);
  }
  const taken = new Set<string>();
  const isTaken = (candidate: string) =>
    taken.has(candidate) || (!replace && existsSync(join(folder, `${candidate}.json`)));

  /** The order of the names is that of the requests, whichever ends first. */
  function claim(path: string): string {
    const plain = path
      .replace(/[?#].*/, '')
      .replace(/^\/v1\//, '')
      .replace(/[^\w.-]+/g, '-');
    const base = name ?? (plain.replace(/^[-.]+|-+$/g, '') || 'root');
    let free = base;
    for (let number = 2; isTaken(free); number++) free = `${base}-${number}`;
    taken.add(free);
    return free;
  }

  return {
    /** Begins an exchange: the clock runs from here. */
    begin(asked: RecordedRequest): Capture {
      const start = performance.now();
      const headers = [...asked.headers];
      const request = {
        method: asked.method,
        path: asked.path,
        headers: Object.fromEntries(headers.filter(([key]) => requestHeaders.has(key))),
        body: bodyOf(new TextDecoder().decode(asked.body)),
      };
      const known = new Map([...secretsSent(headers), ...secretsOf(process.env)]);
      const refused = findSecret(request, known, 'request');
      const stored = claim(asked.path);
      const parts: Uint8Array[] = [];
      const times: number[] = [];
      let response: { status: number; headers: Record<string, string> } | undefined;
      let outcome: Promise<Outcome> | undefined;

      function drop(reason: string): Outcome {
        taken.delete(stored);
        parts.length = 0;
        return { reason };
      }

      async function store(end: End): Promise<Outcome> {
        if (!response) return drop('there was no response');
        const reason = refused ?? tooMuch(response.headers);
        if (reason) return drop(reason);
        const body = concat(parts);
        const text = new TextDecoder().decode(body);
        const secret = findSecret({ headers: response.headers, body: text }, known, 'response');
        if (secret) return drop(secret);
        const model = modelOf(text) ?? modelOf(JSON.stringify(request.body));
        const head: Head = {
          format: 1,
          provenance: {
            kind: 'recorded',
            server: options.server ?? response.headers.server ?? `unknown, at ${asked.origin}`,
            ...(model !== undefined && { model }),
            recordedAt: new Date().toISOString(),
          },
          request,
          response: {
            ...response,
            body: bodyFileOf(stored, response.headers['content-type'] ?? ''),
            bytes: body.length,
            sha256: sha256(body),
          },
          end,
          chunks: parts.map(({ length }, i) => [(times[i] ?? 0) - (times[i - 1] ?? 0), length]),
        };
        await writeExchange(folder, stored, head, body);
        return { stored, head };
      }

      return {
        refused,
        get done() {
          const tail = concat(parts.slice(-2).map((part) => part.subarray(-32)));
          return /data: ?\[DONE\]\s*$/.test(new TextDecoder().decode(tail));
        },
        head(status, sent) {
          const kept = [...sent].filter(([key]) => !notStored.has(key));
          response = { status, headers: Object.fromEntries(kept) };
        },
        chunk(bytes) {
          // Rounded from the start, so that the sum does not drift. A copy: the bytes are the reader's to change.
          times.push(Math.round(performance.now() - start));
          parts.push(bytes.slice());
        },
        end(end) {
          outcome ??= store(end);
          return outcome;
        },
        drop(reason) {
          const dropped = drop(reason);
          outcome ??= Promise.resolve(dropped);
          return dropped;
        },
      };
    },
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A compressed body could not be searched for secrets; it comes only where the server ignores what we accept. */
function tooMuch(headers: Record<string, string>): string | undefined {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' ? undefined : `the server compressed the body (${encoding})`;
}

/** The model that the first chunk, or a request, names. */
function modelOf(text: string): string | undefined {
  const [, quoted = ''] = /"model"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text.slice(0, 65536)) ?? [];
  const model = parseJson(quoted);
  return typeof model === 'string' && model !== '' ? model : undefined;
}
