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

/** How nearly every line begins. */
const DATA = 'data: ';

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
  /** Decodes the reads behind one that ended inside a character. */
  #pieceDecoder: TextDecoder | undefined;
  #isFirstRead = true;
  /** An LF at the start of the next read belongs to the CR at the end of this one: it is no line end of its own. */
  #endedWithCR = false;
  /** The line that has not ended, of all reads that had a part of it. */
  #openLine = '';
  /** The event that has not ended. */
  #data: string | undefined;
  #event: string | undefined;
  #strayLines = '';

  /** @param maxEventBytes - a longer event comes without data, and nothing may be pushed after it */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
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

  /** Turns line ends, which are LF, CRLF or CR, into LF, and drops the BOM. */
  #readText(text: string): void {
    if (!text) return;
    const startsWithLF = text[0] === '\n';
    const isDropped = (this.#isFirstRead && text[0] === BOM) || (this.#endedWithCR && startsWithLF);
    const lines = isDropped ? text.slice(1) : text;
    this.#isFirstRead = false;
    this.#endedWithCR = lines.endsWith('\r');
    this.#readLines(lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines);
  }

  #readLines(text: string): void {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      const line = text.slice(from, to);
      this.#readLine(this.#openLine ? this.#openLine + line : line);
      this.#openLine = '';
      from = to + 1;
    }
    this.#openLine += text.slice(from);
    const length = this.#openLine.length + (this.#data?.length ?? 0);
    const longest = Math.max(length, this.#strayLines.length);
    if (longest > this.#maxEventBytes) this.events.push({});
  }

  #readLine(line: string): void {
    if (line === '') return this.#endEvent();
    if (line.startsWith(DATA)) return this.#addData(line.slice(DATA.length));
    const [name, value] = splitField(line);
    if (name === 'data') this.#addData(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'error') this.events.push({ event: name, data: value });
    else if (isObject(parseJson(line))) this.events.push({ data: line });
    else if (!isIgnored(name, line)) this.#strayLines += `${line}\n`;
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #endEvent(): void {
    const data = this.#data;
    if (data !== undefined) {
      const fits =
        data.length * 3 <= this.#maxEventBytes || utf8Length(data) <= this.#maxEventBytes;
      this.events.push(fits ? { event: this.#event, data } : {});
    }
    this.#data = this.#event = undefined;
  }
}

/** A line's field and its value, which is empty if there is no colon. */
function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}

/** Comments, fields that say nothing here, and what a cut leaves of a field's name. */
const isIgnored = (name: string, line: string): boolean =>
  name === '' || FIELD_NAMES.some((known) => known === name || known.startsWith(line));
