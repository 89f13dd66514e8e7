import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
import { isObject, parseJson } from '../json.ts';
import { Queue } from './queue.ts';
import { utf8Length } from './utf8.ts';

/** A server-sent event. */
export interface ServerEvent {
  /** The `event:` field; `error` for llama.cpp's `error:` field, too. */
  event?: string | undefined;
  /** Missing if the event was too large. */
  data?: string;
}

/** The mark that may begin a text in UTF-8, and that is no part of it. */
const BOM = '\ufeff';

/** The names of a stream's fields, of which a cut may leave the beginning. */
const FIELD_NAMES = ['data', 'event', 'id', 'retry'];

/** Decodes reads that are whole texts. It keeps nothing between two reads, so all streams can share it. */
const wholeDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

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
  /** Decodes the reads behind one that ended inside a character. */
  #pieceDecoder: TextDecoder | undefined;
  #isFirstRead = true;
  /** An LF at the start of the next read belongs to the CR at the end of this one: it is no line end of its own. */
  #endedWithCR = false;
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
    this.#readText(this.#decode(bytes));
  }

  /**
   * The body is over: what is left becomes a last event.
   * @returns the lines that belong to no event: an HTML page, a plain-text error
   */
  end(): string {
    this.#readText(`${this.#pieceDecoder?.decode() ?? ''}\n\n`);
    if (parseJson(this.#strayLines)) this.events.push({ data: this.#strayLines });
    return this.#strayLines;
  }

  /**
   * Runtimes decode a whole text several times faster than a piece of a stream. A read that ends in ASCII, as nearly all
   * do, is whole; only from one that may end inside a character on a decoder of the stream's own is needed.
   */
  #decode(bytes: Uint8Array): string {
    const last = bytes.at(-1);
    // An empty read, which may come inside a character.
    if (last === undefined) return '';
    const mayBeCut = last > 0x7f;
    if (!mayBeCut && !this.#pieceDecoder) return wholeDecoder.decode(bytes);
    this.#pieceDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    return this.#pieceDecoder.decode(bytes, { stream: mayBeCut });
  }

  #readText(text: string): void {
    if (!text) return;
    const startsWithLF = text[0] === '\n';
    const isDropped = (this.#isFirstRead && text[0] === BOM) || (this.#endedWithCR && startsWithLF);
    const lines = isDropped ? text.slice(1) : text;
    this.#isFirstRead = false;
    this.#endedWithCR = lines.endsWith('\r');
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
