import { createParser } from 'eventsource-parser';
import { parseJson, utf8Length } from './guards.ts';

/** The place of an event of more than `maxEventBytes`. No event from the wire can have this name. */
export const TOO_LARGE = '\n';

/** A server-sent event, or what took the place of one. */
export interface ServerEvent {
  /** The `event:` field; `error` also for llama.cpp's `error:` field, and {@link TOO_LARGE}. */
  event?: string | undefined;
  data: string;
}
/** Bytes in, events out, in the order in which they ended. */
export interface EventReader {
  /** The events that nobody has taken yet. The reader appends; whoever takes them empties it. */
  readonly events: ServerEvent[];
  push(bytes: Uint8Array): void;
  /**
   * The body is over: what is left becomes a last event.
   * @returns the lines that belong to no event: an HTML page, a plain-text error
   */
  end(): string;
}

/**
 * Cuts a body into events by the HTML standard's rules, with three things that local servers need on top: JSON
 * without `data:`, on one line or as the whole body; llama.cpp's `error:` field (builds until late 2025); and the
 * rest at the end of the body, which KoboldCpp's `data: [DONE]` without a line end is.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * @param maxEventBytes - a longer event becomes one called {@link TOO_LARGE}, and the rest is not read
 */
export function createEventReader(maxEventBytes: number): EventReader {
  const events: ServerEvent[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const stray: string[] = [];
  let strayLength = 0;
  let midCharacter = false;
  let started = false;
  let endedInCR = false;
  let overflowed = false;

  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent(event) {
      const { length } = event.data;
      const fits = length * 3 <= maxEventBytes || utf8Length(event.data) <= maxEventBytes;
      if (!fits) overflow();
      else if (!overflowed) events.push(event);
    },
    onError({ type, field, value = '', line = '' }) {
      if (type === 'max-buffer-size-exceeded') overflow();
      else if (field === 'error') events.push({ event: field, data: value });
      else if (line[0] === '{' && parseJson(line)) events.push({ data: line });
      else {
        stray.push(line);
        strayLength += line.length;
        if (strayLength > maxEventBytes) overflow();
      }
    },
  });

  function overflow(): void {
    if (!overflowed) events.push({ event: TOO_LARGE, data: '' });
    overflowed = true;
  }

  function feed(text: string): void {
    if (text === '' || overflowed) return;
    if (!started && text[0] === '\ufeff') text = text.slice(1);
    started = true;
    // The parser waits for the character after a CR that ends a read, in case it is an LF, and with a CR in it scans
    // to the end of the read for every line. It is given LF only: a CR ends its line at once, and an LF behind it, here
    // or in the next read, is dropped.
    if (endedInCR && text[0] === '\n') text = text.slice(1);
    endedInCR = text.endsWith('\r');
    parser.feed(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);
  }

  return {
    events,
    push(bytes) {
      // Runtimes decode a whole text several times faster than a piece of a stream. A read that ends in ASCII, as nearly
      // all do, is whole; only one that may end inside a character is decoded as a piece.
      const stream = bytes.length === 0 || (bytes[bytes.length - 1] ?? 0) > 0x7f;
      feed(decoder.decode(bytes, stream || midCharacter ? { stream: true } : undefined));
      midCharacter = stream;
    },
    end() {
      feed(decoder.decode());
      feed('\n\n');
      const left = stray.join('\n');
      if (parseJson(left)) events.push({ data: left });
      return left;
    },
  };
}
