import { fieldsOf } from '../json.ts';
import type { ResumePoint } from '../types.ts';
import { now } from './clocks.ts';
import type { ServerSettings } from './options.ts';
import { readerOf } from './read-body.ts';
import { send } from './send.ts';

/** What a request says. */
export interface RequestBody {
  json: string;
  /** Its `stream_options` were filled in by the client, and a server may refuse them. */
  mayLeaveOutStreamOptions?: boolean;
}

/** One read of a body. */
export type Read = ReadableStreamReadResult<Uint8Array>;

/** Where a stream gets its bytes: one connection, or several in a row. Nothing is sent before the first `read`. */
export interface Source {
  /** When the first response's head came, on the monotonic clock; `undefined` before that. */
  readonly openedAt: number | undefined;
  /** Whether the last head said that its body is an event stream. */
  readonly isEventStream: boolean;
  /** From where the rest can be read by others, if the source can tell. */
  readonly resumePoint?: ResumePoint;
  read(): Promise<Read>;
  /** The reply is over: its rest is not looked for, and the server is not asked to stop. */
  finish?(): void;
  /** Drops it, and so the server's work; a response that comes later, too. */
  hangUp(): void;
}

/** Sends a request, and gives its response. */
export type Open = (signal: AbortSignal) => Promise<Response>;

/** Whether a head says that its body is an event stream. */
export const saysEventStream = ({ headers }: Response): boolean =>
  (headers.get('content-type') ?? '').startsWith('text/event-stream');

/** A request and its response's body. */
export class Connection implements Source {
  openedAt: number | undefined;
  isEventStream = false;

  readonly #controller = new AbortController();
  #request: Open;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(request: Open) {
    this.#request = request;
  }

  /** Aborts when it is hung up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Once the body is open, its own promise: no layer a read. */
  read(): Promise<Read> {
    return this.#reader ? this.#reader.read() : this.#open();
  }

  /** The next read is of another request's body, which goes on with this one. */
  goOnWith(request: Open): void {
    this.#request = request;
    this.#reader = undefined;
  }

  hangUp(): void {
    // A reason of its own costs an error with its stack.
    this.#controller.abort('ended');
    this.#reader?.cancel().catch(() => {});
  }

  async #open(): Promise<Read> {
    const response = await this.#request(this.signal);
    this.openedAt ??= now();
    this.isEventStream = saysEventStream(response);
    this.#reader = readerOf(response);
    // A fetch that takes no notice of its signal.
    if (this.signal.aborted) this.hangUp();
    return this.#reader.read();
  }
}

/**
 * Asks for a reply.
 * @param patienceMs - how long a model may take to load
 */
export const askForReply =
  (server: ServerSettings, body: RequestBody, patienceMs: number): Open =>
  async (signal) => {
    const ask = (json: string) => send(server, '/chat/completions', signal, json, patienceMs);
    try {
      return await ask(body.json);
    } catch (error) {
      if (!body.mayLeaveOutStreamOptions || !refusesStreamOptions(error)) throw error;
      return await ask(JSON.stringify({ ...JSON.parse(body.json), stream_options: undefined }));
    }
  };

/** Mistral, Databricks and others know no `stream_options`, and say so. */
function refusesStreamOptions(error: unknown): boolean {
  return /stream_options|include_usage/.test(String(fieldsOf(error).serverMessage));
}
