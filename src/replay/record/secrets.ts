import { createWordSearch, partsOf, TELLING_LENGTH } from '../../client/errors/secrets.ts';
import { joinDeltas } from '../exchange/join-deltas.ts';
import { leavesOf } from '../match/places.ts';
import { base64Readings, base64Writings, readingsOf } from './readings.ts';

/** Where a secret stands in a text, and what it is: `$MY_TOKEN`. */
interface Found {
  readonly index: number;
  readonly what: string;
}

/** What is searched for. */
export interface Clues {
  readonly patterns: readonly RegExp[];
  /** Finds the first of the values that are known to be secret. */
  readonly findKnown: (text: string) => Found | undefined;
}

/**
 * What keys look like: OpenAI's and those shaped like it, GitHub's, Hugging Face's, …; keys in a URL; a JWT. None of
 * them looks at a character more than a few times, however the text is made.
 */
const patterns = [
  /\bsk-[\w-]{8,}/,
  /\b(?:gh[opsur]|gsk|npm|hf)_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_\w{20,}/,
  /\bglpat-[\w-]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{35}/,
  /\bxox[abeprs]-[\w-]{10,}/,
  /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/,
  /\b(?:Bearer|Basic) +(?=\S*\d)[\w.~+/-]{16,}/i,
  /[?&](?:api[-_]?key|access[-_]?token|key|token)=[^&\s"]+/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

const secretVariable =
  /(^|_)(api_?key|key|token|secret|password|passwd|pass|credentials?|auth)s?(_|$)/i;
const secretHeader = /auth|key|token|secret|cookie/i;

/** So many characters of base64 hold {@link TELLING_LENGTH} bytes at least. */
const TELLING_LENGTH_BASE64 = 11;

/**
 * Says what to search for: what looks like a key, the values of the environment variables that are named like secrets,
 * and every 8 characters in a row of the secrets in a request's headers, as servers echo keys in part. Each also as
 * base64 writes it.
 */
export function cluesOf(env: NodeJS.ProcessEnv, headers = new Headers()): Clues {
  const whatByWord = new Map<string, string>();
  for (const [name, value = ''] of Object.entries(env)) {
    if (!secretVariable.test(name) || value.length < TELLING_LENGTH) continue;
    for (const writing of [value, ...base64Writings(value)]) whatByWord.set(writing, `$${name}`);
  }
  for (const [name, value] of headers) {
    const what = `a part of the request's ${name}`;
    for (const word of secretHeader.test(name) ? value.split(/[\s;=,]+/) : []) {
      for (const part of partsOf(word, TELLING_LENGTH)) whatByWord.set(part, what);
      for (const writing of word.length < TELLING_LENGTH ? [] : base64Writings(word)) {
        for (const part of partsOf(writing, TELLING_LENGTH_BASE64)) whatByWord.set(part, what);
      }
    }
  }
  const search = createWordSearch(whatByWord.keys(), TELLING_LENGTH);
  function findKnown(text: string): Found | undefined {
    let first: Found | undefined;
    search(text, (index, word) => {
      first ??= { index, what: whatByWord.get(word) ?? '' };
    });
    return first;
  }
  return { patterns, findKnown };
}

/**
 * Searches every string in a JSON value, and every name.
 * @param at - what the value is called: `request`
 * @returns where the first secret is, and what it is, without showing it: `request.body.user holds $MY_TOKEN`
 */
export function findSecret(value: unknown, clues: Clues, at: string): string | undefined {
  for (const { place, value: leaf } of leavesOf(value, at)) {
    if (findInText(place, clues)) {
      return `a name in ${at} holds ${findInText(place, clues)?.what}`;
    }
    const found = typeof leaf === 'string' ? findInText(leaf, clues) : undefined;
    if (found) return `${place}${found.line} holds ${found.what}`;
  }
  return undefined;
}

/**
 * Searches the body of a response: its text, and what its deltas are when they are joined.
 * @param at - what the body is called: `response.body`
 */
export function findSecretInBody(text: string, clues: Clues, at: string): string | undefined {
  const whole = findSecret(text, clues, at);
  if (whole) return whole;
  for (const [place, joined] of joinDeltas(text)) {
    const found = findInText(joined, clues);
    if (found) return `${at}, its deltas joined at ${place}, holds ${found.what}`;
  }
  return undefined;
}

function findInText(text: string, clues: Clues): { what: string; line: string } | undefined {
  for (const reading of [...readingsOf(text), ...base64Readings(text)]) {
    const found = clues.findKnown(reading) ?? findPattern(reading, clues.patterns);
    if (found) return { what: found.what, line: lineOf(reading, found.index) };
  }
  return undefined;
}

function findPattern(text: string, patterns: readonly RegExp[]): Found | undefined {
  for (const pattern of patterns) {
    const index = text.search(pattern);
    if (index !== -1) return { index, what: 'what looks like a key' };
  }
  return undefined;
}

/** Where in a text of more than one line: `, line 3,`. */
function lineOf(text: string, index: number): string {
  if (!text.includes('\n')) return '';
  return `, line ${text.slice(0, index).split('\n').length},`;
}
