import { fieldsOf } from '../../client/json.ts';
import { eventsIn } from '../exchange/frames.ts';
import { itemsWithPlaces, leavesOf } from '../exchange/leaves.ts';
import type { Clues } from './clues.ts';

/**
 * Searches every string in a JSON value, and every name.
 * @param at - what the value is called: `request`
 * @returns where the first secret is, and what it is, without showing it: `request.body.user holds $MY_TOKEN`
 */
export function findSecret(value: unknown, clues: Clues, at: string): string | undefined {
  for (const { place, value: leaf } of leavesOf(value, at)) {
    const inName = clues.find(place);
    if (inName) return `a name in ${at} holds ${inName.what}`;
    const found = typeof leaf === 'string' ? clues.find(leaf) : undefined;
    if (found) return `${place}${lineOf(String(leaf), found.index)} holds ${found.what}`;
  }
  return undefined;
}

/**
 * Searches a body: its text, and what its deltas are when they are joined.
 * @param at - what it is called: `response.body`
 */
export function findSecretInBody(body: Uint8Array, clues: Clues, at: string): string | undefined {
  const text = new TextDecoder().decode(body);
  const found = clues.find(text);
  if (found) return `${at}${lineOf(text, found.index)} holds ${found.what}`;
  for (const { place, texts } of joinDeltas(text)) {
    const inDeltas = clues.find(texts.join(''));
    if (inDeltas) return `${at}, its deltas joined at ${place}, holds ${inDeltas.what}`;
  }
  return undefined;
}

/** The line of a place in a text that has more than one: `, line 3,`. */
function lineOf(text: string, index: number): string {
  return text.includes('\n') ? `, line ${text.slice(0, index).split('\n').length},` : '';
}

/** Texts that may be parts of a longer one. */
interface Deltas {
  /** `choices[0].delta.content` */
  readonly place: string;
  readonly texts: string[];
}

/** The texts in the events of a body, in the ways in which they may belong together. */
function joinDeltas(body: string): Iterable<Deltas> {
  const joined = new Map<string, Deltas>();
  for (const { value } of eventsIn(body)) {
    for (const { keys, place, text } of deltasIn(value)) {
      for (const key of keys) {
        const deltas = joined.get(key) ?? { place, texts: [] };
        joined.set(key, deltas);
        deltas.texts.push(text);
      }
    }
  }
  return joined.values();
}

/** A text in an event. */
interface Delta {
  /** Equal for what is joined. */
  readonly keys: ReadonlySet<string>;
  readonly place: string;
  readonly text: string;
}

/** Deeper than any API writes its deltas. */
const MOST_DELTA_LEVELS = 20;

/**
 * The texts in an event: the answer's, its reasoning, the arguments of a call; in whatever shape the API has. Each is
 * joined in up to three ways: by its place alone, with the indexes around it, and with the ids as well, as two calls may
 * come in turn, and some servers send an id with the first delta of a call only.
 */
function* deltasIn(
  value: unknown,
  place = '',
  indexes = '',
  ids = '',
  depth = 0,
): Generator<Delta> {
  if (typeof value === 'string') {
    const keys = new Set([place, place + indexes, place + indexes + ids]);
    yield { keys, place, text: value };
  }
  if (depth > MOST_DELTA_LEVELS) return;
  // The `id` of the whole event is that of the reply, or of the event alone.
  const idName = depth === 0 ? /_id$/ : /(^|_)id$/;
  for (const [name, label] of Object.entries(fieldsOf(value))) {
    if (typeof label === 'number' && /(^|_)index$/.test(name)) indexes += `;${name}=${label}`;
    if (typeof label === 'string' && idName.test(name)) ids += `;${name}=${label}`;
  }
  for (const item of itemsWithPlaces(value, place)) {
    yield* deltasIn(item.value, item.place, indexes, ids, depth + 1);
  }
}
