import { isChatError } from '../errors/errors.ts';
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

type Read = ReadableStreamReadResult<Uint8Array>;

/** One request and its response's body. Nothing is sent before the first `read`. */
export class Connection {
  /** When the response's head came, on the monotonic clock; `undefined` before that. */
  openedAt: number | undefined;
  /** What the head says that the body is; empty where it does not say it. */
  contentType = '';

  readonly #server: ServerSettings;
  readonly #body: RequestBody;
  readonly #patienceMs: number;
  readonly #controller = new AbortController();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** @param patienceMs - how long a model may take to load */
  constructor(server: ServerSettings, body: RequestBody, patienceMs: number) {
    this.#server = server;
    this.#body = body;
    this.#patienceMs = patienceMs;
  }

  /** Once the body is open, its own promise: no layer a read. */
  read(): Promise<Read> {
    return this.#reader ? this.#reader.read() : this.#open();
  }

  /** Drops it, and so the server's work; also a response that comes later. */
  hangUp(): void {
    // A reason of its own costs an error with its stack.
    this.#controller.abort('ended');
    this.#reader?.cancel().catch(() => {});
  }

  async #open(): Promise<Read> {
    const response = await this.#request();
    this.openedAt = now();
    this.contentType = response.headers.get('content-type') ?? '';
    this.#reader = readerOf(response);
    // A fetch that takes no notice of its signal.
    if (this.#controller.signal.aborted) this.hangUp();
    return this.#reader.read();
  }

  async #request(): Promise<Response> {
    const { json, mayLeaveOutStreamOptions } = this.#body;
    try {
      return await this.#send(json);
    } catch (error) {
      if (!mayLeaveOutStreamOptions || !refusesStreamOptions(error)) throw error;
      return await this.#send(JSON.stringify({ ...JSON.parse(json), stream_options: undefined }));
    }
  }

  #send(json: string): Promise<Response> {
    const { signal } = this.#controller;
    return send(this.#server, '/chat/completions', signal, json, this.#patienceMs);
  }
}

/** Mistral, Databricks and others know no `stream_options`, and say so. */
function refusesStreamOptions(error: unknown): boolean {
  if (!isChatError(error)) return false;
  const { status, serverMessage = '' } = error;
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(serverMessage);
}
