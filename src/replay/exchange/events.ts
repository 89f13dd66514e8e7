import { parseJson } from '../../client/json.ts';

/** One event of a stream, as it is looked at: for secrets, and to be shown. */
interface StreamEvent {
  readonly data: string;
  /** What the data holds, where it is JSON. */
  readonly value: unknown;
}

/**
 * The events in the whole text of a stream: server-sent ones, or one JSON a line (NDJSON). For looking at what is
 * recorded; reading a stream as it comes is the parser's job.
 */
export function eventsOf(text: string): StreamEvent[] {
  const events: StreamEvent[] = [];
  let data: string[] = [];
  const finish = () => {
    if (data.length === 0) return;
    const whole = data.join('\n');
    events.push({ data: whole, value: parseJson(whole) });
    data = [];
  };
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    else if (line.startsWith('{')) events.push({ data: line, value: parseJson(line) });
    else if (line === '') finish();
  }
  finish();
  return events;
}

/** Whether a body is so far that the server has said all that there is to say, though the connection may be open. */
export function saysItIsDone(tail: string): boolean {
  const frameEnd = /(\r\n\r\n|\n\n|\r\r)$/;
  if (/\n\{[^\n]*"done":\s?true[^\n]*\}\s*\n$/.test(`\n${tail}`)) return true;
  if (!frameEnd.test(tail)) return false;
  const [lastFrame = ''] = tail
    .trimEnd()
    .split(/\r\n\r\n|\n\n|\r\r/)
    .slice(-1);
  return (
    /^data: ?\[DONE\]\s*$/m.test(lastFrame) ||
    /^event: ?(message_stop|response\.(completed|incomplete|failed))\s*$/m.test(lastFrame)
  );
}
