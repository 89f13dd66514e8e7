import { fieldsOf, parseJson } from '../../client/json.ts';
import type { Head } from './exchange.ts';

/** What a body consists of: server-sent events, a JSON a line, or nothing smaller than itself. */
type BodyForm = 'events' | 'lines' | 'whole';

/** One event of a stream, or one line of NDJSON. */
export interface FrameEvent {
  /** What its `event:` field says. */
  readonly type: string | undefined;
  readonly data: string;
  /** What the data holds, if it is JSON. */
  readonly value: unknown;
}

const LF = 10;
const CR = 13;
const BRACE = 123;
const BRACKET = 91;

/** The form of a stored body, by the name of its file. */
export function formOf({ response }: Head): BodyForm {
  if (response.body.endsWith('.sse')) return 'events';
  return response.body.endsWith('.ndjson') ? 'lines' : 'whole';
}

/**
 * Finds where the frames of a body end: an event behind its blank line, whatever the line ends are (LF, CRLF, CR), and
 * a line of NDJSON behind its LF. It is given the body in pieces. Reading a stream for its text is the client's job.
 */
class FrameScanner {
  readonly #form: BodyForm;
  #isLineEmpty = true;
  #isBehindCR = false;

  constructor(form: BodyForm) {
    this.#form = form;
  }

  /** Where frames end in the next bytes of the body, as offsets into these. */
  *endsIn(bytes: Uint8Array): Generator<number> {
    if (this.#form === 'whole') return;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      const isSecondHalf = byte === LF && this.#isBehindCR;
      this.#isBehindCR = byte === CR;
      // The line has ended with the CR.
      if (isSecondHalf) continue;
      if (byte !== LF && byte !== CR) {
        this.#isLineEmpty = false;
        continue;
      }
      const isFrameEnd = this.#form === 'lines' ? byte === LF : this.#isLineEmpty;
      this.#isLineEmpty = true;
      if (!isFrameEnd) continue;
      // The LF belongs to the frame as well, if it has come.
      if (byte === CR && bytes[at + 1] === LF) {
        this.#isBehindCR = false;
        at++;
      }
      yield at + 1;
    }
  }
}

/** Where the frames of a whole body end, and where the body does if that is inside one. */
export function* frameEnds(form: BodyForm, body: Uint8Array): Generator<number> {
  let last = 0;
  for (const end of new FrameScanner(form).endsIn(body)) {
    yield end;
    last = end;
  }
  if (last < body.length) yield body.length;
}

/** When the bytes up to a place in the body had come, in ms since the request. */
interface Arrival {
  readonly due: number;
  readonly to: number;
}

/** The ends of the recorded chunks. Without recorded chunks the whole body comes at once. */
export function arrivalsOf({ chunks }: Head, body: Uint8Array): Arrival[] {
  let due = 0;
  let to = 0;
  return (chunks ?? [[0, body.length]]).map(([ms, bytes]) => {
    due += ms;
    to += bytes;
    return { due, to };
  });
}

/** Reads the events of a body while it comes, whatever its content type says: a body of JSON begins with a bracket. */
export class FrameReader {
  readonly #decoder = new TextDecoder();
  #scanner: FrameScanner | undefined;
  /** The beginning of a frame that has not ended. */
  #frame = '';

  /** The events that have ended with these bytes. */
  push(bytes: Uint8Array): FrameEvent[] {
    if (bytes.length === 0) return [];
    const isJson = bytes[0] === BRACE || bytes[0] === BRACKET;
    this.#scanner ??= new FrameScanner(isJson ? 'lines' : 'events');
    const events: FrameEvent[] = [];
    let from = 0;
    for (const to of this.#scanner.endsIn(bytes)) {
      this.#frame += this.#decoder.decode(bytes.subarray(from, to), { stream: true });
      events.push(...eventsIn(this.#frame));
      this.#frame = '';
      from = to;
    }
    this.#frame += this.#decoder.decode(bytes.subarray(from), { stream: true });
    return events;
  }

  /** The events in what follows the last frame. */
  end(): FrameEvent[] {
    return eventsIn(this.#frame);
  }
}

/** The events in a text: `data:` lines up to a blank one are an event, and a line that begins an object is one. */
export function eventsIn(text: string): FrameEvent[] {
  const events: FrameEvent[] = [];
  let type: string | undefined;
  let lines: string[] = [];
  const finish = () => {
    const data = lines.join('\n');
    if (lines.length > 0) events.push({ type, data, value: parseJson(data) });
    type = undefined;
    lines = [];
  };
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, field, value = ''] = /^(data|event): ?(.*)$/.exec(line) ?? [];
    if (field === 'data') lines.push(value);
    else if (field === 'event') type = value;
    else if (line === '') finish();
    else if (line.startsWith('{')) {
      events.push({ type: undefined, data: line, value: parseJson(line) });
    }
  }
  finish();
  return events;
}

const lastTypes = /^(message_stop|response\.(completed|incomplete|failed))\s*$/;

/** Whether the server has said all that there is to say with this event, though the connection may be open. */
export function isLastEvent({ type = '', data, value }: FrameEvent): boolean {
  return data.trim() === '[DONE]' || fieldsOf(value).done === true || lastTypes.test(type);
}
