import { fieldsOf, isObject, itemsOf } from '../../client/json.ts';
import type { Exchange } from './exchange.ts';
import { arrivalsOf, eventsIn, formOf, frameEnds } from './frames.ts';

/** A frame of a body: an event, a line of NDJSON, or the body itself. */
export interface Frame {
  /** When it was whole, in ms since the request. */
  readonly due: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Where chunks end inside it. */
  readonly borders: readonly number[];
  /** What it brings; empty if that is not known. */
  readonly said: readonly Said[];
}

/** One thing that a frame brings. */
export interface Said {
  readonly what:
    | 'role'
    | 'text'
    | 'reasoning'
    | 'tool call'
    | 'arguments'
    | 'finish'
    | 'usage'
    | 'error'
    | 'event';
  readonly value: unknown;
}

/** Takes a body apart, for people to look at. */
export function framesOf(exchange: Exchange, body: Uint8Array): Frame[] {
  const chunks = arrivalsOf(exchange, body);
  const decoder = new TextDecoder();
  const frames: Frame[] = [];
  let from = 0;
  let chunk = 0;
  for (const to of frameEnds(formOf(exchange), body)) {
    const borders: number[] = [];
    while ((chunks[chunk]?.to ?? to) < to) {
      const border = chunks[chunk++]?.to ?? to;
      if (border > from) borders.push(border);
    }
    const text = decoder.decode(body.subarray(from, to));
    const said = [...eventsIn(text)].flatMap(
      ({ data, value }) => saidBy(value) ?? [{ what: 'event' as const, value: data }],
    );
    frames.push({ due: chunks[chunk]?.due ?? 0, from, to, text, borders, said });
    from = to;
  }
  return frames;
}

/** What a chunk of `/v1/chat/completions` says; `undefined` for any other JSON, which is shown as it is. */
function saidBy(chunk: unknown): Said[] | undefined {
  if (!isObject(chunk)) return undefined;
  const { choices, usage, error } = chunk;
  if (choices === undefined && !error) return undefined;
  const said: Said[] = [];
  const say = (what: Said['what'], value: unknown) => {
    if (value !== undefined && value !== null && value !== '') said.push({ what, value });
  };
  say('error', error);
  for (const choice of itemsOf(choices)) {
    const { delta: part, message: whole, finish_reason: finish } = fieldsOf(choice);
    const { role, content, reasoning, reasoning_content, tool_calls } = fieldsOf(part ?? whole);
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
  say('usage', usage);
  return said;
}
