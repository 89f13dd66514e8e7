import { fieldsOf, isObject, itemsOf } from '../json.ts';
import { eventsOf } from '../replay/events.ts';
import type { Exchange } from '../replay/format.ts';
import { frameEndsOf, pieces } from '../replay/rechunk.ts';

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
  const ends = [...pieces(exchange, body)];
  let from = 0;
  let piece = 0;
  for (const to of frameEndsOf(exchange, body)) {
    const inside: number[] = [];
    while ((ends[piece]?.to ?? to) < to) {
      const border = ends[piece++]?.to ?? to;
      if (border > from) inside.push(border);
    }
    const due = String(ends[piece]?.due ?? 0).padStart(7);
    const shown =
      how === 'raw'
        ? marked(body, from, to, inside)
        : `${inWords(new TextDecoder().decode(body.subarray(from, to)))}${inChunks([from, ...inside, to])}`;
    yield `${due} ms ${String(to - from).padStart(6)} B  ${printable(shown)}`;
    from = to;
  }
}

/** Where a frame came in more than one chunk: `  (chunks of 8 + 13 bytes)`. */
function inChunks(borders: readonly number[]): string {
  if (borders.length <= 2) return '';
  const sizes = borders.slice(1).map((border, index) => border - (borders[index] ?? 0));
  return `  (chunks of ${sizes.join(' + ')} bytes)`;
}

/** What a frame brings; where that is not known, the frame itself. */
function inWords(frame: string): string {
  const events = eventsOf(frame);
  const words = events.flatMap(({ data, value }) => wordsOf(value) ?? data);
  return words.length > 0 ? words.join('; ') : frame.trim();
}

/** What the chunk of a stream says, in any API's shape; `undefined` where it says nothing that is known. */
function wordsOf(chunk: unknown): string[] | undefined {
  if (!isObject(chunk)) return undefined;
  const { choices, usage, error, delta, type, message, response, done } = chunk;
  const said: string[] = [];
  const say = (what: string, value: unknown) => {
    if (value === undefined || value === null || value === '') return;
    said.push(`${what} ${JSON.stringify(value)}`);
  };
  say('error', error);
  for (const choice of itemsOf(choices)) {
    const { delta, message, finish_reason: finish } = fieldsOf(choice);
    const { role, content, reasoning, reasoning_content, tool_calls } = fieldsOf(delta ?? message);
    say('role', role);
    say('reasoning', reasoning_content ?? reasoning);
    say('text', content);
    for (const call of itemsOf(tool_calls)) {
      const { name, arguments: fragment } = fieldsOf(fieldsOf(call).function);
      say('tool call', name);
      say('arguments', fragment);
    }
    say('finish', finish);
  }
  // /v1/responses, /v1/messages and Ollama's /api/chat.
  if (typeof type === 'string') said.push(type);
  say('text', typeof delta === 'string' ? delta : fieldsOf(delta).text);
  say('arguments', fieldsOf(delta).partial_json);
  say('reasoning', fieldsOf(delta).thinking ?? fieldsOf(message).thinking);
  say('text', fieldsOf(message).content ?? (typeof response === 'string' ? response : undefined));
  say('usage', usage);
  if (done === true) said.push('done');
  if (said.length > 0) return said;
  return Array.isArray(choices) ? ['nothing new'] : undefined;
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
  return shown + text(start, to);
}

/** Control characters are not to reach a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}
