import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
import { isObject, parseJson } from '../json.ts';
import { Queue } from './queue.ts';

/** A server-sent event. */
export interface ServerEvent {
  /** The `event:` field; `error` for llama.cpp's `error:` field, too. */
  event?: string | undefined;
  /** Missing if the event was too large. */
  data?: string;
}

/** The names of a stream's fields, of which a cut may leave the beginning. */
const FIELD_NAMES = ['data', 'event', 'id', 'retry'];

/**
 * Cuts a body into events by the HTML standard's rules, with three things that local servers need on top: JSON
 * without `data:`, on one line or as the whole body; llama.cpp's `error:` field (builds until late 2025); and the
 * rest at the end of the body, which KoboldCpp's `data: [DONE]` without a line end is.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventReader {
  /** The events that nobody has taken yet, in the order in which they ended. */
  readonly events = new Queue<ServerEvent>();

  readonly #maxEventBytes: number;
  readonly #parser: ReturnType<typeof createParser>;
  /** Node 24 and 26 drop a second BOM as well if the first one was cut. */
  readonly #decoder = new TextDecoder(undefined, { ignoreBOM: true });
  /** A first character that is no part of the next read: of the first one the BOM, later the LF of a CRLF that was cut. */
  #skipped = '\ufeff';
  #strayLines = '';

  /** @param maxEventBytes - a longer event comes without data, and nothing may be pushed after it */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
    this.#parser = createParser({
      maxBufferSize: maxEventBytes,
      onEvent: (event) => this.#addEvent(event),
      onError: (error) => this.#readOddLine(error),
    });
  }

  push(bytes: Uint8Array): void {
    this.#readText(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * The body is over: what is left becomes a last event.
   * @returns the lines that belong to no event: an HTML page, a plain-text error
   */
  end(): string {
    this.#readText(`${this.#decoder.decode()}\n\n`);
    if (parseJson(this.#strayLines)) this.events.push({ data: this.#strayLines });
    return this.#strayLines;
  }

  #readText(text: string): void {
    if (!text) return;
    const lines = text[0] === this.#skipped ? text.slice(1) : text;
    this.#skipped = lines.endsWith('\r') ? '\n' : '';
    // The parser waits for the character after a CR that ends a read, in case it is an LF, and with a CR in it scans
    // to the end of the read for every line. So it gets LF only.
    this.#parser.feed(lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines);
  }

  #addEvent(event: EventSourceMessage): void {
    const { length } = event.data;
    const fits = length * 3 <= this.#maxEventBytes || utf8Length(event.data) <= this.#maxEventBytes;
    this.events.push(fits ? event : {});
  }

  /** What the standard knows nothing of: the parser reports it as an error. */
  #readOddLine({ field, value = '', line = '' }: ParseError): void {
    if (field === 'error') this.events.push({ event: field, data: value });
    else if (isObject(parseJson(line))) this.events.push({ data: line });
    else if (!FIELD_NAMES.some((name) => name.startsWith(line))) this.#strayLines += `${line}\n`;
    // An error without a line is the parser's own about too long an event.
    if (!line || this.#strayLines.length > this.#maxEventBytes) this.events.push({});
  }
}

const encoder = new TextEncoder();

const NOT_ASCII = /[^\0-\x7f]/;

/** The bytes that a text takes in UTF-8. Most deltas are ASCII, and to look is quicker than to encode them. */
export const utf8Length = (text: string): number =>
  NOT_ASCII.test(text) ? encoder.encode(text).length : text.length;
