import { fieldsOf } from '../../client/json.ts';
import { eventsIn, isLastEvent } from '../exchange/frames.ts';
import { itemsWithPlaces, leavesOf } from '../exchange/leaves.ts';
import { type Clues, LONGEST_WRITING } from './clues.ts';

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
  return search.push(body) ?? search.end();
}

/** A body is searched whenever so many characters have come. */
const BATCH = 2 ** 16;

/** A longer frame, in characters, is searched in parts, and its deltas are not joined: no model writes such deltas. */
const LONGEST_FRAME = 2 ** 19;

/** Searches a body while it comes: its text, and what its deltas are when they are joined. */
export class BodySearch {
  /** Whether the server has said all that there is to say, in what has been searched. */
  hasLastEvent = false;
  readonly #clues: Clues;
  readonly #at: string;
  readonly #batch: number;
  readonly #decoder = new TextDecoder();
  readonly #text = new TextSearch();
  readonly #joined = new Map<string, JoinedDeltas>();
  /** What has come and has not been searched: it begins with a frame. */
  #rest = '';
  /** The length of the rest at which it is searched. */
  #due: number;

  /** @param at - what the body is called: `response.body` */
  constructor(clues: Clues, at: string, batch = BATCH) {
    this.#clues = clues;
    this.#at = at;
    this.#batch = batch;
    this.#due = batch;
  }

  /** @returns where the first secret is, and what it is, if it has been found by now */
  push(bytes: Uint8Array): string | undefined {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const { length } = this.#rest;
    if (length < this.#due) return undefined;
    return this.#search(length > LONGEST_FRAME ? length : lastFrameEnd(this.#rest), false);
  }

  /** Searches all that has come. More may follow. */
  end(): string | undefined {
    return this.#search(this.#rest.length, true);
  }

  #search(to: number, isEnd: boolean): string | undefined {
    const frames = this.#rest.slice(0, to);
    this.#rest = this.#rest.slice(to);
    this.#due = this.#rest.length + this.#batch;
    this.#text.push(frames);
    const inText = this.#text.find(this.#clues, isEnd);
    if (inText) return `${this.#at}${inText.line} holds ${inText.what}`;
    const changed = this.#join(frames);
    for (const { place, search } of isEnd ? this.#joined.values() : changed) {
      const inDeltas = search.find(this.#clues, isEnd);
      if (inDeltas) return `${this.#at}, its deltas joined at ${place}, holds ${inDeltas.what}`;
    }
    return undefined;
  }

  /** @returns what has become longer by the deltas in these frames */
  #join(frames: string): Iterable<JoinedDeltas> {
    const changed = new Set<JoinedDeltas>();
    for (const event of eventsIn(frames)) {
      this.hasLastEvent ||= isLastEvent(event);
      for (const { keys, place, text } of deltasIn(event.value)) {
        for (const key of keys) {
          const deltas = this.#joined.get(key) ?? { place, search: new TextSearch() };
          this.#joined.set(key, deltas);
          changed.add(deltas);
          deltas.search.push(text);
        }
      }
    }
    return changed;
  }
}

/** Texts that may be parts of a longer one. */
interface JoinedDeltas {
  /** `choices[0].delta.content` */
  readonly place: string;
  readonly search: TextSearch;
}

/** Where the last frame in a text ends, but for the blank line behind it; 0 if none does. A line of NDJSON begins with a brace. */
const lastFrameEnd = (text: string): number =>
  1 + Math.max(...['\n\n', '\n\r\n', '\r\r', '\n{'].map((end) => text.lastIndexOf(end)));

/** Searches a text that comes in pieces. Of what was searched it keeps the end, in which a secret may begin. */
class TextSearch {
  /** What was kept, and what has come since. */
  #text = '';
  #kept = 0;
  #newlinesBefore = 0;

  push(text: string): void {
    this.#text += text;
  }

  /** Searches if as much has come as was kept, so that no character is read more than about twice; or if this is the end. */
  find(clues: Clues, isEnd: boolean): { readonly line: string; readonly what: string } | undefined {
    const { length } = this.#text;
    if (!isEnd && length < 2 * this.#kept) return undefined;
    // The last character, and the first behind a cut, only show what is beside a word.
    const from = this.#kept > LONGEST_WRITING ? 1 : 0;
    const found = clues.find(this.#text, from, isEnd ? length : length - 1);
    if (found) {
      return { line: lineOf(this.#text, found.index, this.#newlinesBefore), what: found.what };
    }
    const cut = Math.max(0, length - LONGEST_WRITING - 1);
    this.#newlinesBefore += newlinesIn(this.#text, cut);
    this.#text = this.#text.slice(cut);
    this.#kept = length - cut;
    return undefined;
  }
}

/** The line of a place in a text that has more than one: `, line 3,`. */
function lineOf(text: string, index: number, newlinesBefore = 0): string {
  if (newlinesBefore === 0 && !text.includes('\n')) return '';
  return `, line ${1 + newlinesBefore + newlinesIn(text, index)},`;
}

function newlinesIn(text: string, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
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
