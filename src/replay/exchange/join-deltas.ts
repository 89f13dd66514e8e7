import { isObject } from '../../client/json.ts';
import { eventsOf } from './events.ts';

/** What all events hold at one place, and the places in it. */
interface Place {
  readonly texts: string[];
  readonly inside: Map<string, Place>;
}

const newPlace = (): Place => ({ texts: [], inside: new Map() });

/** Deeper than any API writes its deltas. */
const DEEPEST = 20;

/**
 * What the events of a stream hold at each place, joined: the answer's text, its reasoning, the arguments of a call;
 * in whatever shape the API has.
 * @returns the texts by place: `choices[0].delta.content`
 */
export function joinDeltas(text: string): Map<string, string> {
  const root = newPlace();
  for (const { value } of eventsOf(text)) collect(value, root, 0);
  const joined = new Map<string, string>();
  list(root, '', joined);
  return joined;
}

function collect(value: unknown, place: Place, depth: number): void {
  if (typeof value === 'string') place.texts.push(value);
  else if (depth > DEEPEST) return;
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collectAt(`[${index}]`, item, place, depth);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) collectAt(key, value[key], place, depth);
  }
}

function collectAt(step: string, value: unknown, outer: Place, depth: number): void {
  const place = outer.inside.get(step) ?? newPlace();
  outer.inside.set(step, place);
  collect(value, place, depth + 1);
}

function list(place: Place, name: string, joined: Map<string, string>): void {
  if (place.texts.length > 0) joined.set(name, place.texts.join(''));
  for (const [step, inner] of place.inside) {
    const isFirst = name === '' || step.startsWith('[');
    list(inner, isFirst ? name + step : `${name}.${step}`, joined);
  }
}
