import { isObject, type JsonObject } from '../../client/json.ts';
import { type FrameEvent, FrameReader } from '../exchange/frames.ts';
import { leavesOf } from '../exchange/leaves.ts';
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
 * Searches a whole body.
 * @param at - what it is called: `response.body`
 */
export function findSecretInBody(body: Uint8Array, clues: Clues, at: string): string | undefined {
  const search = new BodySearch(clues, at);
  const frames = new FrameReader();
  search.push(body, frames.push(body));
  search.push(new Uint8Array(), frames.end());
  return search.found();
}

/** The line of a place in a text that has more than one: `, line 3,`. */
function lineOf(text: string, index: number): string {
  return text.includes('\n') ? `, line ${1 + newlinesIn(text.slice(0, index))},` : '';
}

const newlinesIn = (text: string): number => text.split('\n').length - 1;

/** Searches a body while it comes: its text, and what its deltas are when they are joined. */
export class BodySearch {
  readonly #clues: Clues;
  readonly #at: string;
  readonly #decoder = new TextDecoder();
  readonly #text: TextSearch;
  /** By the place of the deltas in their events, and by what else tells them from others. */
  readonly #joined = new Map<string, { readonly place: string; readonly search: TextSearch }>();

  /** @param at - what the body is called: `response.body` */
  constructor(clues: Clues, at: string) {
    this.#clues = clues;
    this.#at = at;
    this.#text = new TextSearch(clues);
  }

  /** @param events - those that have ended with these bytes */
  push(bytes: Uint8Array, events: readonly FrameEvent[]): void {
    this.#text.push(this.#decoder.decode(bytes, { stream: true }));
    for (const { value } of events) {
      for (const { key, place, text } of deltasIn(value)) {
        const joined = this.#joined.get(key) ?? { place, search: new TextSearch(this.#clues) };
        this.#joined.set(key, joined);
        joined.search.push(text);
      }
    }
  }

  /** Where the first secret is in what has come, and what it is. */
  found(): string | undefined {
    const found = this.#text.found();
    if (found) return `${this.#at}${found.line} holds ${found.what}`;
    for (const { place, search } of this.#joined.values()) {
      const inDeltas = search.found();
      if (inDeltas) return `${this.#at}, its deltas joined at ${place}, holds ${inDeltas.what}`;
    }
    return undefined;
  }
}

/** A text is searched when so much of it has come, in characters: less would be searched again and again. */
const BATCH = 65_536;

/** Searches a text that comes in pieces. Of what was searched it keeps the end, in which a secret may begin. */
class TextSearch {
  readonly #clues: Clues;
  #text = '';
  /** Where in the text a secret may begin that has not been found yet. */
  #from = 0;
  #newlinesBefore = 0;
  #found: { readonly what: string; readonly line: string } | undefined;

  constructor(clues: Clues) {
    this.#clues = clues;
  }

  push(text: string): void {
    if (this.#found) return;
    this.#text += text;
    if (this.#text.length > this.#clues.longest + BATCH) this.found();
  }

  found(): { readonly what: string; readonly line: string } | undefined {
    if (this.#found) return this.#found;
    const sighting = this.#clues.find(this.#text, this.#from);
    if (sighting) {
      const line = 1 + this.#newlinesBefore + newlinesIn(this.#text.slice(0, sighting.index));
      const hasLines = this.#newlinesBefore > 0 || this.#text.includes('\n');
      this.#found = { what: sighting.what, line: hasLines ? `, line ${line},` : '' };
      return this.#found;
    }
    // The character before says whether a word begins where the search does.
    const cut = Math.max(0, this.#text.length - this.#clues.longest - 1);
    if (cut > 0) this.#from = 1;
    this.#newlinesBefore += newlinesIn(this.#text.slice(0, cut));
    this.#text = this.#text.slice(cut);
    return undefined;
  }
}

/** A text in an event that may be a part of a longer one. */
interface Delta {
  /** Equal for what is joined. */
  readonly key: string;
  /** `choices[0].delta.content` */
  readonly place: string;
  readonly text: string;
}

/** Deeper than any API writes its deltas. */
const MOST_DELTA_LEVELS = 20;

/** What tells the deltas at one place from others at it: two calls may come in turn. */
interface Labels {
  /** `;index=1` */
  readonly indexes: string;
  /** `;id=call_2` */
  readonly ids: string;
}

/**
 * The texts in an event: the answer's, its reasoning, the arguments of a call; in whatever shape the API has. Each is
 * joined in up to three ways: by its place alone, with the indexes around it, and with the ids as well, as some servers
 * send an id with the first delta of a call only.
 */
function deltasIn(event: unknown): Delta[] {
  const deltas: Delta[] = [];
  function collect(value: unknown, place: string, labels: Labels, depth: number): void {
    const { indexes, ids } = labels;
    if (typeof value === 'string') {
      deltas.push({ key: place, place, text: value });
      if (indexes) deltas.push({ key: `${place}${indexes}`, place, text: value });
      if (ids) deltas.push({ key: `${place}${indexes}${ids}`, place, text: value });
    } else if (depth > MOST_DELTA_LEVELS) return;
    else if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) collect(item, `${place}[${at}]`, labels, depth + 1);
    } else if (isObject(value)) {
      const inner = labelsOf(value, labels, depth === 0);
      for (const key of Object.keys(value)) {
        collect(value[key], place === '' ? key : `${place}.${key}`, inner, depth + 1);
      }
    }
  }
  collect(event, '', { indexes: '', ids: '' }, 0);
  return deltas;
}

/** The labels in an object. The `id` of the whole event is that of the reply, or of the event alone. */
function labelsOf(value: JsonObject, { indexes, ids }: Labels, isWhole: boolean): Labels {
  for (const [name, label] of Object.entries(value)) {
    if (typeof label === 'number' && /(^|_)index$/.test(name)) indexes += `;${name}=${label}`;
    if (typeof label === 'string' && (isWhole ? /_id$/ : /(^|_)id$/).test(name)) {
      ids += `;${name}=${label}`;
    }
  }
  return { indexes, ids };
}
