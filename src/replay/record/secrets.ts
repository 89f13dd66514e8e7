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

/** A body is searched whenever so many bytes have come. */
const BATCH = 2 ** 16;

/** A longer frame, in characters, is searched in parts, and not read as an event: no model writes such deltas. */
const LONGEST_FRAME = 2 ** 19;

/** Reads the events of a body while it comes, and searches its text and what its deltas are when they are joined. */
export class BodySearch {
  /** Whether the server has said all that there is to say, in an event that has ended. */
  hasLastEvent = false;
  readonly #clues: Clues;
  readonly #at: string;
  readonly #batch: number;
  readonly #decoder = new TextDecoder();
  readonly #text = new TextSearch();
  readonly #joined = new Map<string, JoinedDeltas>();
  /** What has become longer since the last search. */
  readonly #changed = new Set<JoinedDeltas>();
  /** The beginning of a frame that has not ended. */
  #rest = '';
  #bytesSinceSearch = 0;

  /** @param at - what the body is called: `response.body` */
  constructor(clues: Clues, at: string, batch = BATCH) {
    this.#clues = clues;
    this.#at = at;
    this.#batch = batch;
  }

  /** @returns where the first secret is, and what it is, if it has been found by now */
  push(bytes: Uint8Array): string | undefined {
    const text = this.#decoder.decode(bytes, { stream: true });
    // What ends a frame may have begun before.
    const from = Math.max(0, this.#rest.length - 2);
    this.#rest += text;
    if (/[\r\n]/.test(text)) this.#read(lastFrameEnd(this.#rest, from));
    if (this.#rest.length > LONGEST_FRAME) {
      this.#text.push(this.#rest);
      this.#rest = '';
    }
    this.#bytesSinceSearch += bytes.length;
    return this.#bytesSinceSearch < this.#batch ? undefined : this.#search(false);
  }

  /** Searches all that has come. More may follow. */
  end(): string | undefined {
    this.#read(this.#rest.length);
    return this.#search(true);
  }

  #search(isEnd: boolean): string | undefined {
    this.#bytesSinceSearch = 0;
    const inText = this.#text.find(this.#clues, isEnd);
    if (inText) return `${this.#at}${inText.line} holds ${inText.what}`;
    for (const { place, search } of isEnd ? this.#joined.values() : this.#changed) {
      const inDeltas = search.find(this.#clues, isEnd);
      if (inDeltas) return `${this.#at}, its deltas joined at ${place}, holds ${inDeltas.what}`;
    }
    this.#changed.clear();
    return undefined;
  }

  #read(to: number): void {
    const frames = this.#rest.slice(0, to);
    this.#rest = this.#rest.slice(to);
    this.#text.push(frames);
    for (const event of eventsIn(frames)) {
      this.hasLastEvent ||= isLastEvent(event);
      for (const { keys, place, text } of deltasIn(event.value)) {
        for (const key of keys) {
          const deltas = this.#joined.get(key) ?? { place, search: new TextSearch() };
          this.#joined.set(key, deltas);
          this.#changed.add(deltas);
          deltas.search.push(text);
        }
      }
    }
  }
}

/** Texts that may be parts of a longer one. */
interface JoinedDeltas {
  /** `choices[0].delta.content` */
  readonly place: string;
  readonly search: TextSearch;
}

/**
 * Where the last frame in a text ends, but for the blank line behind it, looked for from a place on; 0 if none does. A line of NDJSON
 * begins with a brace.
 */
function lastFrameEnd(text: string, from: number): number {
  const ends = text.startsWith('{') ? ['\n'] : ['\n\n', '\n\r\n', '\r\r', '\n{'];
  const latest = text.slice(from);
  const last = Math.max(...ends.map((end) => latest.lastIndexOf(end)));
  return last === -1 ? 0 : from + last + 1;
}

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
