import type { Exchange } from '../replay/exchange/format.ts';
import { framesOf, type Said } from '../replay/exchange/frames.ts';

/**
 * Shows an exchange, a frame a line: when it was whole (ms since the request), its bytes, and what it brings.
 * @param how - `text`: the text, the reasoning or the tool call of a frame, and in how many chunks it came where they
 * are more than one. `raw`: the frame itself; `|` marks a chunk's end inside it, `{1|3}` one inside a character, with
 * the character's bytes on both sides
 */
export async function* showExchange(
  exchange: Exchange,
  how: 'text' | 'raw' = 'text',
): AsyncGenerator<string> {
  const { name, provenance, request, response, end } = exchange;
  yield `${name} (${provenance.kind}): ${request.method} ${request.path} -> ${response.status}, ${end}`;
  const body = await exchange.readBody();
  for (const { due, from, to, borders, said } of framesOf(exchange, body)) {
    const itself = new TextDecoder().decode(body.subarray(from, to)).trim();
    const text = `${inWords(said) || itself}${inChunks([from, ...borders, to])}`;
    const shown = how === 'raw' ? marked(body, from, to, borders) : text;
    yield `${String(due).padStart(7)} ms ${String(to - from).padStart(6)} B  ${withEscapes(shown)}`;
  }
}

/** Where a frame came in more than one chunk: `  (chunks of 8 + 13 bytes)`. */
function inChunks(borders: readonly number[]): string {
  if (borders.length <= 2) return '';
  const sizes = borders.slice(1).map((border, index) => border - (borders[index] ?? 0));
  return `  (chunks of ${sizes.join(' + ')} bytes)`;
}

/** `text "Hello"; finish "stop"` */
const inWords = (said: readonly Said[]): string =>
  said
    .map(({ what, value }) => (what === 'event' ? `${value}` : `${what} ${JSON.stringify(value)}`))
    .join('; ');

/** The text between two places, with marks where chunks end inside. */
function marked(body: Uint8Array, from: number, to: number, borders: readonly number[]): string {
  const isInside = (at: number) => ((body[at] ?? 0) & 0xc0) === 0x80;
  const text = (start: number, end: number) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(body.subarray(start, end));
  let shown = '';
  let start = from;
  for (const border of borders) {
    let first = border;
    let last = border;
    while (first > start && isInside(first)) first--;
    while (last < to && isInside(last)) last++;
    shown += text(start, last) + (first === last ? '|' : `{${border - first}|${last - border}}`);
    start = last;
  }
  return shown + text(start, to);
}

/** Control characters are not to reach a terminal, but are to be seen: `\\r`. */
function withEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}
