import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../chat/guards.ts';
import { bodyFileOf, type End, type Head, sha256, writeExchange } from './exchange.ts';
import { bodyOf } from './match.ts';
import { findSecret, secretsOf, secretsSent } from './secrets.ts';

/** Where and how exchanges are stored. */
export interface RecorderOptions {
  readonly folder: string;
  /** What the exchange is called; a second one gets `-2`. Default: after the path, `chat-completions`. */
  readonly name?: string | undefined;
  /** Which server this is, with its version: `LM Studio 0.4.24`. Default: its `server` header, or its address. */
  readonly server?: string | undefined;
  /** Replaces exchanges that an earlier recorder wrote, where otherwise the number goes up. */
  readonly replace: boolean;
  /** Is told what came of each request. */
  readonly onOutcome?: ((request: string, outcome: Outcome) => void) | undefined;
}

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type Outcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

/** A request as it is sent; `origin` is where to. */
export interface Sent {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** One exchange on its way to the disk. */
export type Capture = ReturnType<ReturnType<typeof createRecorder>['begin']>;

const requestHeaders = new Set(['content-type']);
const notStored = new Set([
  ...['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'set-cookie'],
]);

/**
 * Makes what turns requests and their responses into exchanges on disk.
 * @throws {TypeError} where `name` is not fit for a file
 */
export function createRecorder(options: RecorderOptions) {
  const { folder, name, replace, onOutcome } = options;
  if (name !== undefined && (!/^\w[\w.-]*$/.test(name) || name.endsWith('.body'))) {
    throw new TypeError(`the name '${name}' must be letters, digits, '_', '-' and '.'`);
  }
  const taken = new Set<string>();
  const isTaken = (candidate: string) =>
    taken.has(candidate) || (!replace && existsSync(join(folder, `${candidate}.json`)));

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

  /** Begins an exchange: its clock runs from here, and its name has its place among the others. */
  function begin(asked: Sent) {
    const start = performance.now();
    const { method, path, headers } = asked;
    const kept = Object.fromEntries([...headers].filter(([key]) => requestHeaders.has(key)));
    const body = bodyOf(new TextDecoder().decode(asked.body));
    const request = { method, path, headers: kept, body };
    const known = new Map([...secretsSent(headers), ...secretsOf(process.env)]);
    const refused = findSecret(request, known, 'request');
    const file = claim(path);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let tail = '';
    const times: number[] = [];
    let response: { status: number; headers: Record<string, string> } | undefined;
    let outcome: Promise<Outcome> | undefined;

    async function store(end: End): Promise<Outcome> {
      if (refused) return { reason: refused };
      if (!response) return { reason: 'there was no response' };
      const content = new Uint8Array(await new Blob(parts).arrayBuffer());
      const text = new TextDecoder().decode(content);
      const secret = findSecret({ headers: response.headers, body: text }, known, 'response');
      if (secret) return { reason: secret };
      const model = modelOf(text) ?? modelOf(JSON.stringify(body));
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
          body: bodyFileOf(file, response.headers['content-type'] ?? ''),
          bytes: content.length,
          sha256: sha256(content),
        },
        end,
        chunks: parts.map(({ length }, i) => [(times[i] ?? 0) - (times[i - 1] ?? 0), length]),
      };
      await writeExchange(folder, file, head, content);
      return { stored: file, head };
    }

    function finish(result: Promise<Outcome>): Promise<Outcome> {
      outcome ??= result
        .catch((error: Error): Outcome => ({ reason: error.message }))
        .then((known) => {
          if (known.stored === undefined) taken.delete(file);
          onOutcome?.(`${method} ${path}`, known);
          return known;
        });
      return outcome;
    }

    return {
      /** Why it will not be stored, as far as the request tells. */
      refused,
      /** Whether the server has said all that there is to say (`[DONE]`), though the body may be open. */
      isDone: () => /data: ?\[DONE\]\s*$/.test(tail),
      head(status: number, sent: Headers) {
        const kept = [...sent].filter(([key]) => !notStored.has(key));
        response = { status, headers: Object.fromEntries(kept) };
      },
      chunk(bytes: Uint8Array) {
        // Rounded from the start, so that the sum does not drift. A copy: the bytes are the reader's to change.
        times.push(Math.round(performance.now() - start));
        parts.push(new Uint8Array(bytes));
        tail = (tail + String.fromCharCode(...bytes.subarray(-32))).slice(-32);
      },
      /** Stores the exchange. What was called first, this or `drop`, counts. */
      end: (end: End) => outcome ?? finish(store(end)),
      /** Stores nothing. */
      drop: (reason: string) => outcome ?? finish(Promise.resolve({ reason })),
    };
  }

  return { begin };
}

/** The model that the first chunk, or a request, names. */
function modelOf(text: string): string | undefined {
  const [, quoted = ''] = /"model"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text.slice(0, 65536)) ?? [];
  const model = parseJson(quoted);
  return typeof model === 'string' && model !== '' ? model : undefined;
}
