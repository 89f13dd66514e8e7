import { isChatError } from '../errors/errors.ts';
import type { ResumePoint } from '../types.ts';
import { pause } from './clocks.ts';
import {
  askForReply,
  Connection,
  type Open,
  type Read,
  type RequestBody,
  type Source,
  saysEventStream,
} from './connection.ts';
import type { ServerSettings, StreamSettings } from './options.ts';
import { send, urlOf } from './send.ts';

/** llama.cpp goes on with a reply whose reader is gone if its request has this header. */
const ID_HEADER = 'x-conversation-id';

/** How often the rest is asked for, and the first pause before that, in ms; each pause is twice as long as the last. */
const MOST_TRIES = 7;
const FIRST_PAUSE_MS = 100;

/** After so many answers without a byte the server has nothing more. */
const MOST_EMPTY = 3;

/** How long a server may take to answer that it stops a reply, and when it is asked again if it may not have read the request before; in ms. */
const STOPPING_MS = 5000;
const STOP_AGAIN_MS = 1000;

const LINE_END = 10;

/**
 * Where a stream gets its bytes.
 * @param start - what to ask, or from where to go on
 */
export function createSource(settings: StreamSettings, start: RequestBody | ResumePoint): Source {
  const { server, timeouts, resume } = settings;
  if ('id' in start) return new ResumableBody(server, start);
  const patienceMs = timeouts.firstToken || Infinity;
  if (!resume) return new Connection(askForReply(server, start, patienceMs));
  const id = server.headers[ID_HEADER] ?? createId();
  const headers = { ...server.headers, [ID_HEADER]: id };
  const ask = askForReply({ ...server, headers }, start, patienceMs);
  return new ResumableBody(server, { id, bytes: 0 }, ask);
}

/** Whoever knows the id can read the reply and stop it, so it is random. Node 18 and pages over http have no `randomUUID`. */
const createId = (): string =>
  globalThis.crypto?.randomUUID?.() ?? `${Math.random()}${Math.random()}`;

/**
 * The body of a reply that outlives its connections: when one breaks, the next goes on from the byte where it broke.
 *
 * llama.cpp can do that since May 2026. It keeps the last 4 MiB of a reply, until 5 minutes after its end. From a server
 * that cannot do it no event stream comes when it is asked for the rest, and the body ends as it broke.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README-dev.md - Resumable streaming
 */
class ResumableBody extends Connection {
  readonly #server: ServerSettings;
  readonly #id: string;
  readonly #pieces = this.#readPieces();
  /** How many bytes of the reply were given out, and how many of them up to the end of an event. */
  #given: number;
  #givenInEvents: number;
  /** A line end was given out last. */
  #isAtLineStart = true;
  /** As far as is known, the server works on the reply; if nobody wants it any more, the server has to be asked to stop. */
  #isRunning = false;

  /** @param ask - asks for a new reply; if it is left out, the reply goes on from `bytes` */
  constructor(
    server: ServerSettings,
    { id, bytes }: Pick<ResumePoint, 'id' | 'bytes'>,
    ask?: Open,
  ) {
    super(ask ?? ((signal) => this.#askForRest(signal)));
    this.#server = server;
    this.#id = id;
    this.#given = this.#givenInEvents = bytes;
  }

  get resumePoint(): ResumePoint {
    const { origin, pathname } = this.#server.base;
    return { id: this.#id, baseURL: origin + pathname, bytes: this.#givenInEvents };
  }

  override read(): Promise<Read> {
    return this.#pieces.next();
  }

  finish(): void {
    this.#isRunning = false;
  }

  override hangUp(): void {
    super.hangUp();
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#stop();
    if (this.openedAt === undefined) setTimeout(() => this.#stop(), STOP_AGAIN_MS);
  }

  /** Closing the connection does not stop the server. Whether this does is nothing that a reader could wait for. */
  #stop(): void {
    const { fetch, headers } = this.#server;
    const signal = AbortSignal.timeout(STOPPING_MS);
    fetch(urlOf(this.#server, this.#path()).href, { method: 'DELETE', headers, signal })
      .then(({ body }) => body?.cancel())
      .catch(() => {});
  }

  /** All connections in a row. It ends with the reply, or as the body first broke if it could not be mended. */
  async *#readPieces(): AsyncGenerator<Uint8Array, undefined> {
    this.#isRunning = true;
    let cause: unknown;
    for (let tries = 0; ; tries++) {
      let end: unknown;
      try {
        for (let read = await super.read(); !read.done; read = await super.read()) {
          tries = 0;
          yield* this.#giveOut(read.value);
        }
      } catch (thrown) {
        end = thrown;
      }
      if (!this.#isRunning) return;
      if (tries === 0) cause = end;
      if (this.#isHopeless(end, tries)) break;
      await pause(FIRST_PAUSE_MS * 2 ** tries, this.signal);
      if (!this.#isRunning) return;
      this.goOnWith((signal) => this.#askForRest(signal));
    }
    this.#isRunning = false;
    if (cause !== undefined) throw cause;
  }

  /** Cuts bytes into lines, so that the end of the reader's last event is known. */
  *#giveOut(bytes: Uint8Array): Generator<Uint8Array> {
    let rest = bytes;
    while (rest.length > 0) {
      const line = rest.subarray(0, rest.indexOf(LINE_END) + 1 || rest.length);
      rest = rest.subarray(line.length);
      this.#given += line.length;
      const isEmpty = this.#isAtLineStart && line[0] === LINE_END;
      if (isEmpty) this.#givenInEvents = this.#given;
      this.#isAtLineStart = line.at(-1) === LINE_END;
      yield line;
    }
  }

  /** @param end - what a connection ended with; `undefined` for a clean end */
  #isHopeless(end: unknown, tries: number): boolean {
    if (tries === MOST_TRIES) return true;
    // Node calls a connection that is closed in mid-answer a clean end, too, if it was not to be kept.
    if (!isChatError(end)) return end === undefined && tries === MOST_EMPTY;
    // Of the first request nothing but a reset may mean that the server has read it.
    return end.reason === 'expired' || (this.openedAt === undefined && end.reason !== 'reset');
  }

  async #askForRest(signal: AbortSignal): Promise<Response> {
    try {
      const response = await send(this.#server, this.#path(`&from=${this.#given}`), signal);
      if (saysEventStream(response)) return response;
      response.body?.cancel().catch(() => {});
    } catch (error) {
      const isGone = isChatError(error) && (error.status === 400 || error.status === 404);
      if (!isGone) throw error;
    }
    const did = 'no longer has this answer';
    throw this.#server.fail({ kind: 'interrupted', did, reason: 'expired' });
  }

  #path(from = ''): string {
    const version = /\/v1\/*$/.test(this.#server.base.pathname) ? '' : '/v1';
    return `${version}/stream?conv_id=${encodeURIComponent(this.#id)}${from}`;
  }
}
