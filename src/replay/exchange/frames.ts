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

/** The form of a stored body, by the name of its file. */
export function formOf({ response }: Head): BodyForm {
  if (response.body.endsWith('.sse')) return 'events';
  return response.body.endsWith('.ndjson') ? 'lines' : 'whole';
}

/**
 * Finds where the frames of a body end: an event behind its blank line, whatever the line ends are (LF, CRLF, CR), and a line of
 * NDJSON behind its LF; and where the body does if that is inside one. Reading a stream for its text is the client's job.
 */
export function* frameEnds(form: BodyForm, body: Uint8Array): Generator<number> {
  let isLineEmpty = true;
  let last = 0;
  for (let at = 0; form !== 'whole' && at < body.length; at++) {
    const byte = body[at];
    const isLineEnd = byte === LF || byte === CR;
    // CRLF is one line end.
    if (byte === CR && body[at + 1] === LF) at++;
    if (isLineEnd && (form === 'lines' ? body[at] === LF : isLineEmpty)) {
      last = at + 1;
      yield last;
    }
    isLineEmpty = isLineEnd;
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

/** The events in a text: `data:` lines up to a blank one are an event, and a line that begins an object is one. */
export function* eventsIn(text: string): Generator<FrameEvent> {
  let type: string | undefined;
  let lines: string[] = [];
  // Not split, as a text of nothing but line ends would be a list that no memory holds.
  for (const [, line = ''] of text.matchAll(/([^\r\n]*)(?:\r\n|\n|\r|$)/g)) {
    const [, field, value = ''] = /^(data|event): ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') lines.push(value);
    else if (field === 'event') type = value;
    else if (line.startsWith('{')) yield { type: undefined, data: line, value: parseJson(line) };
    else if (line === '') {
      const data = lines.join('\n');
      if (lines.length > 0) yield { type, data, value: parseJson(data) };
      type = undefined;
      lines = [];
    }
  }
}

const lastTypes = /^(message_stop|response\.(completed|incomplete|failed))\s*$/;

/** Whether the server has said all that there is to say with this event, though the connection may be open. */
export function isLastEvent({ type = '', data, value }: FrameEvent): boolean {
  return data.trim() === '[DONE]' || fieldsOf(value).done === true || lastTypes.test(type);
}
