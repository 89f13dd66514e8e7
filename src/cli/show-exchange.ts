import type { Exchange } from '../replay/format.ts';
import { frameEnds, pieces } from '../replay/rechunk.ts';

/**
 * Shows an exchange, a frame a line: when it was whole (ms since the request), its bytes, its text. `|` marks a
 * chunk's end inside a frame, `{1|3}` one inside a character, with the character's bytes on both sides.
 */
export async function* showExchange(exchange: Exchange): AsyncGenerator<string> {
  const { name, provenance, request, response, end } = exchange;
  yield `${name} (${provenance.kind}): ${request.method} ${request.path} -> ${response.status}, ${end}`;
  const body = await exchange.readBody();
  const ends = [...pieces(exchange, body)];
  let from = 0;
  let piece = 0;
  for (const to of response.body.endsWith('.sse') ? frameEnds(body) : [body.length]) {
    const inside: number[] = [];
    while ((ends[piece]?.to ?? to) < to) {
      const border = ends[piece++]?.to ?? to;
      if (border > from) inside.push(border);
    }
    const due = String(ends[piece]?.due ?? 0).padStart(7);
    yield `${due} ms ${String(to - from).padStart(6)} B  ${marked(body, from, to, inside)}`;
    from = to;
  }
}

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
  shown += text(start, to);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a terminal
  return shown.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}
