const LF = 10;
const CR = 13;

/**
 * Where each frame of an event stream ends: behind its blank line, whatever its line ends are (LF, CRLF, CR); and
 * where the body ends, if that is inside one. For showing and cutting bytes; reading a stream is the parser's job.
 */
export function* frameEnds(body: Uint8Array): Generator<number> {
  let start = 0;
  let lineStart = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== LF && body[i] !== CR) continue;
    const blank = i === lineStart;
    if (body[i] === CR && body[i + 1] === LF) i++;
    lineStart = i + 1;
    if (!blank) continue;
    start = lineStart;
    yield start;
  }
  if (start < body.length) yield body.length;
}
