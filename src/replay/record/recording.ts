import { bodyEndingOf, type Chunk, type End, type Head } from '../exchange/exchange.ts';
import { sha256 } from '../exchange/folder.ts';
import { FrameReader, isLastEvent } from '../exchange/frames.ts';
import { wordsOf } from '../exchange/in-words.ts';
import type { Slot } from '../exchange/slot.ts';
import { type StoredExchange, storeAgain } from '../exchange/store.ts';
import { type Incoming, storedRequestOf } from '../match/request.ts';
import { type Clues, cluesOf } from './clues.ts';
import type { Capture } from './relay.ts';
import { BodySearch, findSecret } from './secrets.ts';

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type RecordingOutcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

/** What a recording needs beside its request. */
interface RecordingOptions {
  readonly slot: Slot;
  /** Which server this is; default: its `server` header, or its address. */
  readonly server: string | undefined;
  /** The server's address. */
  readonly origin: string;
  /** What is not stored is an error for the client. */
  readonly strict: boolean;
  readonly onOutcome: ((request: string, outcome: RecordingOutcome) => void) | undefined;
}

/**
 * `open`: the response comes, and nothing is stored. `stored`: the server has said that it is done, and what had come
 * by then is on disk. `refused`: it will not be stored; the rest still passes. `over`: nothing changes any more.
 */
type State = 'open' | 'stored' | 'refused' | 'over';

/** The beginning of a response: its status, and the headers that are stored. */
interface ResponseStart {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body is kept in memory until it is stored; a larger one is no stream of a model. */
const MOST_RESPONSE_BYTES = 64 * 2 ** 20;

const notStored = /^(date|connection|keep-alive|transfer-encoding|content-length|set-cookie)$/;

/**
 * Records one exchange. It is written as soon as the server has said that it is done (`[DONE]`), before the reader sees
 * that: many clients leave then, and a process may end. What follows is added.
 */
export class Recording implements Capture {
  /** `POST /v1/chat/completions` */
  readonly request: string;
  /** Resolves when the exchange is on disk, or will not be. */
  readonly settled: Promise<void>;
  #tellSettled = () => {};
  readonly #asked: Incoming;
  readonly #options: RecordingOptions;
  readonly #clues: Clues;
  readonly #search: BodySearch;
  readonly #frames = new FrameReader();
  #state: State = 'open';
  #outcome: RecordingOutcome | undefined;
  #stored: StoredExchange | undefined;
  #response: ResponseStart = { status: 0, headers: {} };
  #parts: Uint8Array[] = [];
  #chunks: Chunk[] = [];
  #latestMs = 0;
  #bytes = 0;

  constructor(asked: Incoming, options: RecordingOptions) {
    this.request = `${asked.method} ${asked.path}`;
    this.settled = new Promise((resolve) => {
      this.#tellSettled = resolve;
    });
    this.#asked = asked;
    this.#options = options;
    this.#clues = cluesOf(process.env, asked.headers);
    this.#search = new BodySearch(this.#clues, 'response.body');
    const secret = findSecret(storedRequestOf(asked), this.#clues, 'request');
    if (secret) this.drop(secret);
  }

  get outcome(): RecordingOutcome | undefined {
    return this.#outcome;
  }

  head(status: number, headers: Headers): void {
    const kept = [...headers].filter(([name]) => !notStored.test(name));
    this.#response = { status, headers: Object.fromEntries(kept) };
  }

  chunk(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > MOST_RESPONSE_BYTES)
      this.drop(`the response has more than ${MOST_RESPONSE_BYTES / 2 ** 20} MiB`);
    if (this.#state === 'open' || this.#state === 'stored') {
      // The sum is rounded, not the pauses, so that it does not drift.
      const ms = Math.round(performance.now() - this.#asked.start);
      this.#chunks.push([ms - this.#latestMs, bytes.length]);
      this.#latestMs = ms;
      // A copy: the bytes are the reader's to change.
      this.#parts.push(new Uint8Array(bytes));
      const events = this.#frames.push(bytes);
      this.#search.push(bytes, events);
      if (this.#state === 'open' && events.some(isLastEvent)) this.#store('complete');
    }
    this.throwIfRefused();
  }

  end(end: End): void {
    if (this.#state === 'open') {
      this.#search.push(new Uint8Array(), this.#frames.end());
      this.#store(end);
    } else if (this.#state === 'stored') {
      // A client that leaves when all has been said has left nothing out.
      const known = end === 'client-abort' ? 'complete' : end;
      const { head } = this.#stored ?? {};
      if (head?.end !== known || head.chunks?.length !== this.#chunks.length) this.#store(known);
    }
    this.#finish();
    this.throwIfRefused();
  }

  drop(reason: string): void {
    if (this.#state === 'open') this.#refuse(reason);
    this.#finish();
  }

  /** What is not recorded must not look as if it were: the next run would miss it. */
  throwIfRefused(): void {
    const { strict } = this.#options;
    if (strict && this.#outcome && this.#outcome.stored === undefined) {
      throw new Error(`not recorded: ${this.#outcome.reason}`);
    }
  }

  #store(end: End): void {
    const secret = findSecret(this.#response, this.#clues, 'response') ?? this.#search.found();
    // What was stored before is without it, and stays.
    if (secret) return this.#state === 'open' ? this.#refuse(secret) : undefined;
    const body = Buffer.concat(this.#parts);
    const { server, origin } = this.#options;
    const { headers } = this.#response;
    const from = server ?? headers.server ?? `unknown, at ${origin}`;
    const headFor = (name: string) =>
      headOf(name, from, this.#asked, this.#response, body, end, this.#chunks);
    try {
      this.#stored = this.#stored
        ? { ...this.#stored, head: headFor(this.#stored.name) }
        : this.#options.slot.store(headFor, body);
      if (this.#state === 'stored') storeAgain({ ...this.#stored, body });
      this.#state = 'stored';
      this.#settle({ stored: this.#stored.name, head: this.#stored.head });
    } catch (error) {
      // What was stored before stays: it is whole up to `[DONE]`.
      if (this.#state === 'open') this.#refuse(wordsOf(error));
    }
  }

  #refuse(reason: string): void {
    this.#state = 'refused';
    this.#options.slot.giveBack();
    this.#settle({ reason });
  }

  #settle(outcome: RecordingOutcome): void {
    this.#outcome = outcome;
    this.#tellSettled();
  }

  #finish(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#parts = [];
    if (this.#outcome) this.#options.onOutcome?.(this.request, this.#outcome);
  }
}

/** What `NAME.json` says of an exchange. */
function headOf(
  name: string,
  server: string,
  asked: Incoming,
  { status, headers }: ResponseStart,
  body: Uint8Array,
  end: End,
  chunks: readonly Chunk[],
): Head {
  const model = modelIn(body) ?? modelIn(asked.body);
  return {
    format: 1,
    provenance: {
      kind: 'recorded',
      server,
      ...(model !== undefined && { model }),
      recordedAt: new Date().toISOString(),
    },
    request: storedRequestOf(asked),
    response: {
      status,
      headers,
      body: name + bodyEndingOf(headers['content-type']),
      bytes: body.length,
      sha256: sha256(body),
    },
    end,
    chunks: [...chunks],
  };
}

/** The model that the first chunk of a response, or a request, names. */
function modelIn(json: Uint8Array): string | undefined {
  return /"model"\s*:\s*"([^"\\]+)"/.exec(new TextDecoder().decode(json))?.[1];
}
