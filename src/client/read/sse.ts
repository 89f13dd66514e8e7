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

/** Bytes in, events out, in the order in which they ended. */
export interface EventReader {
  /** The events that nobody has taken yet. */
  readonly events: Queue<ServerEvent>;
  push(bytes: Uint8Array): void;
  /**
   * The body is over: what is left becomes a last event.
   * @returns the lines that belong to no event: an HTML page, a plain-text error
   */
  end(): string;
}

/** The mark that may begin a text in UTF-8, and that is no part of it. */
const BOM = '\ufeff';

/** The names of a stream's fields, of which a cut may leave the beginning. */
const FIELD_NAMES = ['data', 'event', 'id', 'retry'];

/** How nearly every line begins. */
const DATA = 'data: ';

/**
 * Cuts a body into events by the HTML standard's rules, with three things that local servers need on top: JSON
 * without `data:`, on one line or as the whole body; llama.cpp's `error:` field (builds until late 2025); and the
 * rest at the end of the body, which KoboldCpp's `data: [DONE]` without a line end is.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * @param maxEventBytes - a longer event comes without data, and nothing may be pushed after it
 */
export function createEventReader(maxEventBytes: number): EventReader {
  const events = new Queue<ServerEvent>();
  const decode = createDecoder();
  /** The line that has not ended, of all reads that had a part of it. */
  let openLine = '';
  /** The event that has not ended. */
  let data: string | undefined;
  let event: string | undefined;
  let strayLines = '';

  function endEvent(): void {
    if (data !== undefined) events.push(isWithin(maxEventBytes, data) ? { event, data } : {});
    data = event = undefined;
  }

  function addData(value: string): void {
    data = data === undefined ? value : `${data}\n${value}`;
  }

  function readLine(line: string): void {
    if (line === '') return endEvent();
    if (line.startsWith(DATA)) return addData(line.slice(DATA.length));
    const [name, value] = splitField(line);
    if (name === 'data') addData(value);
    else if (name === 'event') event = value;
    else if (name === 'error') events.push({ event: name, data: value });
    else if (isObject(parseJson(line))) events.push({ data: line });
    else if (!isIgnored(name, line)) strayLines += `${line}\n`;
  }

  function readLines(text: string): void {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      const line = text.slice(from, to);
      readLine(openLine ? openLine + line : line);
      openLine = '';
      from = to + 1;
    }
    openLine += text.slice(from);
    const length = openLine.length + (data?.length ?? 0);
    if (Math.max(length, strayLines.length) > maxEventBytes) events.push({});
  }

  const toLineFeeds = createLineEndReader();
  return {
    events,
    push: (bytes) => readLines(toLineFeeds(decode(bytes))),
    end() {
      readLines(toLineFeeds(`${decode()}\n\n`));
      if (parseJson(strayLines)) events.push({ data: strayLines });
      return strayLines;
    },
  };
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

/** Whether a text has at most so many bytes. */
const isWithin = (bytes: number, text: string): boolean =>
  text.length * 3 <= bytes || utf8Length(text) <= bytes;

/** Turns the line ends of all reads, which are LF, CRLF or CR, into LF, and drops the BOM. */
function createLineEndReader(): (text: string) => string {
  let isFirst = true;
  /** An LF at the start of the next read belongs to the CR at the end of this one: it is no line end of its own. */
  let endedWithCR = false;
  return (text) => {
    if (!text) return text;
    const isDropped = (isFirst && text[0] === BOM) || (endedWithCR && text[0] === '\n');
    const lines = isDropped ? text.slice(1) : text;
    isFirst = false;
    endedWithCR = lines.endsWith('\r');
    return lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines;
  };
}

/** Decodes reads that are whole texts. It keeps nothing between two reads, so all streams can share it. */
const wholeDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Decodes the reads of one body; called without bytes, it gives what was cut off at the end.
 *
 * Runtimes decode a whole text several times faster than a piece of a stream. A read that ends in ASCII, as nearly all
 * do, is whole; only from one that may end inside a character on a decoder of the stream's own is needed.
 */
function createDecoder(): (bytes?: Uint8Array) => string {
  let pieceDecoder: TextDecoder | undefined;
  return (bytes) => {
    if (!bytes) return pieceDecoder?.decode() ?? '';
    const last = bytes.at(-1);
    // An empty read, which may come inside a character.
    if (last === undefined) return '';
    const mayBeCut = last > 0x7f;
    if (!mayBeCut && !pieceDecoder) return wholeDecoder.decode(bytes);
    pieceDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    return pieceDecoder.decode(bytes, { stream: mayBeCut });
  };
}
