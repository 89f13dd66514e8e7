import { bodyEndingOf, type Chunk, type End, type Head } from '../exchange/exchange.ts';
import { sha256 } from '../exchange/folder.ts';
import { wordsOf } from '../exchange/in-words.ts';
import type { Slot } from '../exchange/slot.ts';
import { type Incoming, storedRequestOf } from '../match/request.ts';
import { type Clues, cluesOf } from './clues.ts';
import { BodySearch, findSecret } from './secrets.ts';

/** What came of an exchange: the name under which it is stored, or why it is not. */
export type RecordingOutcome =
  | { readonly stored: string; readonly head: Head }
  | { readonly stored?: undefined; readonly reason: string };

/** Where and how exchanges are stored. */
export interface RecorderOptions {
  readonly folder: string;
  /** What the exchange is called; a second one gets `-2`. Default: after the path, `chat-completions`. */
  readonly name?: string | undefined;
  /** Which server this is, with its version: `LM Studio 0.4.24`. Default: its `server` header, or its address. */
  readonly server?: string | undefined;
  /** What is not stored is an error for the client. */
  readonly strict: boolean;
  /** Is called with what came of each request. */
  readonly onOutcome?: ((request: string, outcome: RecordingOutcome) => void) | undefined;
}

/** What a recording needs beside its request. */
interface RecordingOptions extends Pick<RecorderOptions, 'server' | 'strict' | 'onOutcome'> {
  readonly slot: Slot;
  /** The server's address. */
  readonly origin: string;
}

/**
 * `open`: the response comes, and nothing is stored. `stored`: the server has said that it is done, and what had come
 * by then is on disk. `refused`: it will not be stored; the rest still passes. `over`: nothing changes any more.
 */
type State = 'open' | 'stored' | 'refused' | 'over';

/** The beginning of a response: its status, and the headers that are stored. */
type ResponseStart = Pick<Head['response'], 'status' | 'headers'>;

/** A body is kept in memory until it is stored; a larger one is no stream of a model. */
const MOST_RESPONSE_BYTES = 64 * 2 ** 20;

/** The model is looked for in so many bytes. */
const FIRST_BYTES = 2 ** 20;

const notStored = /^(date|connection|keep-alive|transfer-encoding|content-length|set-cookie)$/;

/**
 * Records one exchange. It is written as soon as the server has said that it is done (`[DONE]`, or the last event of
 * another API), before the reader sees that: many clients leave then, and a process may end. What follows is added.
 */
export class Recording {
  /** `POST /v1/chat/completions` */
  readonly request: string;
  /** Resolves when the exchange is on disk, or will not be. */
  readonly settled: Promise<void>;
  #tellSettled = () => {};
  readonly #asked: Incoming;
  readonly #options: RecordingOptions;
  readonly #clues: Clues;
  readonly #search: BodySearch;
  #state: State = 'open';
  #outcome: RecordingOutcome | undefined;
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
      const secret = this.#search.push(bytes);
      // What was stored before is without it, and stays.
      if (secret) this.drop(secret);
      if (this.#state === 'open' && this.#search.hasLastEvent) this.#store('complete');
    }
    this.throwIfRefused();
  }

  /** The response has ended, or the client has left: the exchange is stored when this returns. */
  end(end: End): void {
    if (this.#state === 'open' || this.#state === 'stored') this.#store(end);
    this.#finish();
    this.throwIfRefused();
  }

  /** Nothing more can be stored. */
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
    const secret = findSecret(this.#response, this.#clues, 'response') ?? this.#search.end();
    if (secret) return this.drop(secret);
    const body = Buffer.concat(this.#parts);
    // A client that leaves when all has been said has left nothing out.
    const known = end === 'client-abort' && this.#search.hasLastEvent ? 'complete' : end;
    const before = this.#outcome?.stored === undefined ? undefined : this.#outcome.head;
    if (before?.end === known && before.response.bytes === body.length) return;
    const headFor = (name: string) => this.#headOf(name, body, known);
    try {
      const { name, head } = this.#options.slot.store(headFor, body);
      this.#state = 'stored';
      this.#settle({ stored: name, head });
    } catch (error) {
      // What was stored before stays: it is whole up to the last event.
      if (this.#state === 'open') this.#refuse(wordsOf(error));
    }
  }

  #headOf(name: string, body: Uint8Array, end: End): Head {
    const { server, origin } = this.#options;
    const { status, headers } = this.#response;
    const model = modelIn(body.subarray(0, FIRST_BYTES)) ?? modelIn(this.#asked.body);
    return {
      format: 1,
      provenance: {
        kind: 'recorded',
        server: server ?? headers.server ?? `unknown, at ${origin}`,
        ...(model !== undefined && { model }),
        recordedAt: new Date().toISOString(),
      },
      request: storedRequestOf(this.#asked),
      response: {
        status,
        headers,
        body: name + bodyEndingOf(headers['content-type']),
        bytes: body.length,
        sha256: sha256(body),
      },
      end,
      chunks: [...this.#chunks],
    };
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

/** The model that the first chunk of a response, or a request, names. */
function modelIn(json: Uint8Array): string | undefined {
  return /"model"\s*:\s*"([^"\\]+)"/.exec(new TextDecoder().decode(json))?.[1];
}
