import { saysItIsDone } from '../exchange/events.ts';
import { sha256 } from '../exchange/folder.ts';
import { bodyEndingOf, type Chunk, type End, type Head } from '../exchange/format.ts';
import { storeAgain } from '../exchange/store.ts';
import { wordsOf } from '../exchange/thrown.ts';
import { type Incoming, storedRequestOf } from '../match/request.ts';
import type { Capture } from './relay.ts';
import { cluesOf, findSecret, findSecretInBody } from './secrets.ts';

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type Outcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

/** An exchange that is on disk. */
export interface Placed {
  readonly folder: string;
  readonly name: string;
  readonly head: Head;
}

/** A place on disk that is held for an exchange. */
interface Place {
  /** @throws what the file system says; the place is still held */
  store(makeHead: (name: string) => Head, body: Uint8Array): Placed;
  giveBack(): void;
}

/** What a recording is told beside its request. */
interface RecordingOptions {
  readonly place: Place;
  readonly server: string | undefined;
  readonly origin: string;
  readonly strict: boolean;
  readonly onOutcome: ((request: string, outcome: Outcome) => void) | undefined;
}

const notStored = /^(date|connection|keep-alive|transfer-encoding|content-length|set-cookie)$/;

/** How much of a body's end is searched for the server's last word, in bytes. */
const TAIL = 4096;

/**
 * Begins to record an exchange. It is written as soon as the server has said that it is done (`[DONE]`), before the
 * reader sees so, as many a client leaves then, and a process may end; what follows is added.
 */
export function startRecording(asked: Incoming, options: RecordingOptions) {
  const { method, path, headers, start } = asked;
  const { place, server, origin, strict, onOutcome } = options;
  const clues = cluesOf(process.env, headers);
  const request = storedRequestOf(asked);
  let response = { status: 0, headers: {} as Record<string, string> };
  const parts: Uint8Array[] = [];
  const chunks: Chunk[] = [];
  let latest = 0;
  let isDone = false;
  let isOver = false;
  let outcome: Outcome | undefined;
  let placed: Placed | undefined;
  let tellSettled = () => {};
  const settled = new Promise<void>((resolve) => {
    tellSettled = resolve;
  });

  function settle(result: Outcome) {
    if (outcome === undefined && result.stored === undefined) place.giveBack();
    outcome = result;
    tellSettled();
  }

  function finish() {
    isOver = true;
    parts.length = 0;
    if (outcome) onOutcome?.(`${method} ${path}`, outcome);
  }

  const isRefused = () => outcome !== undefined && outcome.stored === undefined;

  /** What is not recorded must not look like it: the next run would miss it. */
  function throwIfRefused() {
    if (strict && outcome && outcome.stored === undefined) {
      throw new Error(`not recorded: ${outcome.reason}`);
    }
  }

  function makeHead(body: Uint8Array, text: string, end: End) {
    const model = modelOf(text) ?? modelOf(asked.body);
    return (name: string): Head => ({
      format: 1,
      provenance: {
        kind: 'recorded',
        server: server ?? response.headers.server ?? `unknown, at ${origin}`,
        ...(model !== undefined && { model }),
        recordedAt: new Date().toISOString(),
      },
      request,
      response: {
        ...response,
        body: name + bodyEndingOf(response.headers['content-type']),
        bytes: body.length,
        sha256: sha256(body),
      },
      end,
      chunks: [...chunks],
    });
  }

  function store(end: End) {
    const body = Buffer.concat(parts);
    const text = body.toString();
    const secret =
      findSecret(response, clues, 'response') ?? findSecretInBody(text, clues, 'response.body');
    // What was stored at `[DONE]` was searched then.
    if (secret && !placed) settle({ reason: secret });
    if (secret) return;
    const headFor = makeHead(body, text, end);
    try {
      if (placed) {
        const { name } = placed;
        placed = { ...placed, head: headFor(name) };
        storeAgain({ ...placed, body });
      } else {
        placed = place.store(headFor, body);
      }
      settle({ stored: placed.name, head: placed.head });
    } catch (error) {
      // What was stored before stays: it is whole up to `[DONE]`.
      if (!outcome) settle({ reason: wordsOf(error) });
    }
  }

  const capture: Capture = {
    head(status, all) {
      const kept = [...all].filter(([name]) => !notStored.test(name));
      response = { status, headers: Object.fromEntries(kept) };
    },
    chunk(bytes) {
      // Rounded from the start, so that the sum does not drift. A copy: the bytes are the reader's to change.
      const ms = Math.round(performance.now() - start);
      chunks.push([ms - latest, bytes.length]);
      parts.push(new Uint8Array(bytes));
      latest = ms;
      isDone = saysItIsDone(tailOf(parts));
      if (isDone && !isRefused()) store('complete');
      throwIfRefused();
    },
    end(end) {
      if (isOver) return throwIfRefused();
      // A client that leaves when all has been said has left nothing out.
      const known = isDone && end === 'client-abort' ? 'complete' : end;
      const isStored = placed?.head.end === known && placed.head.chunks?.length === chunks.length;
      if (!isStored && !isRefused()) store(known);
      finish();
      throwIfRefused();
    },
    drop(reason) {
      if (isOver) return;
      if (outcome === undefined) settle({ reason });
      finish();
    },
  };

  const refused = findSecret(request, clues, 'request');
  if (refused) capture.drop(refused);
  return {
    ...capture,
    /** `POST /v1/chat/completions` */
    request: `${method} ${path}`,
    /** Resolves when it is on disk, or will not be. */
    settled,
    outcome: () => outcome,
    throwIfRefused,
  };
}

/** The last bytes of a body, as text. */
function tailOf(parts: readonly Uint8Array[]): string {
  const last: Uint8Array[] = [];
  let length = 0;
  for (let i = parts.length - 1; i >= 0 && length < TAIL; i--) {
    const part = parts[i];
    if (part === undefined) break;
    last.unshift(part.subarray(-TAIL));
    length += part.length;
  }
  return Buffer.concat(last).toString();
}

/** The model that the first chunk, or a request, names. */
function modelOf(json: string | Uint8Array): string | undefined {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString();
  return /"model"\s*:\s*"([^"\\]+)"/.exec(text)?.[1];
}
