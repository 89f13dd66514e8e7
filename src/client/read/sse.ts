import { createParser } from 'eventsource-parser';
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
  let strayLines = '';
  let isFirstRead = true;
  /** An LF at the start of the next read belongs to the CR at the end of this one: it is no line of its own. */
  let endedWithCR = false;

  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent(event) {
      const { data } = event;
      const fits = data.length * 3 <= maxEventBytes || utf8Length(data) <= maxEventBytes;
      events.push(fits ? event : {});
    },
    onError({ field, value = '', line = '' }) {
      if (field === 'error') events.push({ event: field, data: value });
      else if (isObject(parseJson(line))) events.push({ data: line });
      else if (!FIELD_NAMES.some((name) => name.startsWith(line))) strayLines += `${line}\n`;
      // An error without a line is the parser's own about too long an event.
      if (!line || strayLines.length > maxEventBytes) events.push({});
    },
  });

  function feed(text: string): void {
    if (!text) return;
    const isSkipped = (isFirstRead && text[0] === BOM) || (endedWithCR && text[0] === '\n');
    const lines = isSkipped ? text.slice(1) : text;
    isFirstRead = false;
    // The parser waits for the character after a CR that ends a read, in case it is an LF, and with a CR in it scans
    // to the end of the read for every line. So it is given LF only.
    endedWithCR = lines.endsWith('\r');
    parser.feed(lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines);
  }

  return {
    events,
    push: (bytes) => feed(decode(bytes)),
    end() {
      feed(`${decode()}\n\n`);
      if (parseJson(strayLines)) events.push({ data: strayLines });
      return strayLines;
    },
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
