import { isObject } from '../json.ts';
import { causesOf } from './connection-words.ts';

/** So many characters of a secret in a row give it away: servers echo keys in part. */
export const TELLING_LENGTH = 8;

/** A secret that is shorter would blank ordinary words. */
const SHORTEST = 4;

/** The parts of a secret that have so many characters; none if it is shorter. */
export function partsOf(secret: string, length: number): string[] {
  const count = secret.length - length + 1;
  return Array.from({ length: count }, (_, at) => secret.slice(at, at + length));
}

/** Calls back for each place in a text at which a word begins, from the first to the last. */
type WordSearch = (text: string, onFound: (index: number, word: string) => void) => void;

/** A text as a regular expression that matches it and nothing else. */
export const escapeForRegExp = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * Makes a search for words, which may overlap; of those that begin at the same place the longest is found. Words that are shorter than
 * `length` are left out.
 */
export function createWordSearch(words: Iterable<string>, length: number): WordSearch {
  const searched = [...new Set(words)]
    .filter((word) => word.length >= length)
    .sort((a, b) => b.length - a.length);
  if (searched.length === 0) return () => {};
  // One expression for all words reads the text once, however many they are.
  const escaped = searched.map((word) => escapeForRegExp(word));
  const anyWord = new RegExp(`(?=(${escaped.join('|')}))`, 'g');
  return (text, onFound) => {
    for (const { index, 1: word = '' } of text.matchAll(anyWord)) onFound(index, word);
  };
}

/**
 * Makes the function that blanks secrets in a text. Blanked is every run of 8 or more characters of one; a secret of 4
 * to 7 is blanked whole.
 */
export function createTextBlanker(secrets: readonly string[]): (text: string) => string {
  const words = secrets.flatMap((secret) =>
    secret.length < TELLING_LENGTH ? [secret] : partsOf(secret, TELLING_LENGTH),
  );
  const search = createWordSearch(words, SHORTEST);
  return (text) => {
    let shown = '';
    let end = 0;
    search(text, (start, { length }) => {
      if (start > end || shown === '') shown += `${text.slice(end, start)}***`;
      end = Math.max(end, start + length);
    });
    return shown + text.slice(end);
  };
}

/** Copies a JSON value without the secrets in its texts and names; what is nested deeper than 9 levels is left out. */
type Blanker = <T>(value: T) => T;

/** Makes the function that blanks secrets: see {@link createTextBlanker}. */
export function createBlanker(secrets: readonly string[]): Blanker {
  const blankText = createTextBlanker(secrets);

  function blank(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return blankText(value);
    if (Array.isArray(value)) return depth ? value.map((item) => blank(item, depth - 1)) : [];
    if (!isObject(value)) return value;
    const fields = depth ? Object.entries(value) : [];
    return Object.fromEntries(
      fields.map(([key, inner]) => [blankText(key), blank(inner, depth - 1)]),
    );
  }

  return <T>(value: T) => blank(value, 9) as T;
}

/** A foreign error without secrets: a copy of what it and its causes say. What else it holds, a request perhaps, is left out. */
export function blankError(error: unknown, blank: Blanker): unknown {
  if (typeof error === 'string') return blank(error);
  return causesOf(error).reduceRight<Error | undefined>((cause, { name, message, code, stack }) => {
    const copy = new Error(typeof message === 'string' ? blank(message) : '', cause && { cause });
    return Object.assign(copy, blank({ name, code, stack }));
  }, undefined);
}
