import {
  createWordSearch,
  escapeForRegExp,
  partsOf,
  TELLING_LENGTH,
} from '../../client/errors/secrets.ts';

/** Where a secret begins in a text, and what it is: `$MY_TOKEN`. */
interface Sighting {
  readonly index: number;
  readonly what: string;
}

/** What is searched for. */
export interface Clues {
  /** Finds a secret in a text. What stands before `from`, or from `to` on, only shows what is beside a word. */
  find(text: string, from?: number, to?: number): Sighting | undefined;
}

/**
 * What keys look like: OpenAI's and those shaped like it, GitHub's, Hugging Face's, …; keys in a URL; a JWT. None of
 * these expressions looks at a character more than a few times, however the text is made. Each ends as soon as it is sure.
 */
const keyPatterns = [
  /\bsk-[\w-]{8}/g,
  /\b(?:gh[opsur]|gsk|npm|hf)_[A-Za-z0-9]{20}/g,
  /\bgithub_pat_\w{20}/g,
  /\bglpat-[\w-]{16}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bxox[abeprs]-[\w-]{10}/g,
  /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10}/g,
  /\b(?:Bearer|Basic) +(?=\S*\d)[\w.~+/-]{16}/gi,
  /[?&](?:api[-_]?key|access[-_]?token|key|token)=[^&\s"]/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
];

const secretVariable =
  /(^|_)(api_?key|key|token|secret|password|passwd|pass|credentials?|auth)s?(_|$)/i;
const secretHeader = /auth|key|token|secret|cookie/i;

/** A shorter password would be found in ordinary words. */
const SHORTEST_PASSWORD = 4;

/** So many characters of base64 hold {@link TELLING_LENGTH} bytes at least. */
const TELLING_LENGTH_BASE64 = 11;

/** The beginning of a long secret gives it away as well. */
const ENOUGH = 256;

/**
 * No writing of a secret has more characters: one of a secret becomes up to four backslashes and three bytes, each as `%25255C`.
 * A key of an unknown kind is found if it becomes sure within as many.
 */
export const LONGEST_WRITING = ENOUGH * (4 + 3) * 7;

/**
 * Says what to search for:
 * - what looks like a key;
 * - the values of the environment variables that are named like secrets;
 * - every 8 characters in a row of the secrets in a request's headers, as servers echo keys in part, and of the
 *   password that Basic authentication sends.
 *
 * Each in the ways in which JSON, URLs and base64 write it.
 */
export function cluesOf(env: NodeJS.ProcessEnv, headers = new Headers()): Clues {
  const whatByWord = new Map<string, string>();
  const patterns = keyPatterns.map((pattern) => ({ pattern, what: 'what looks like a key' }));
  for (const [name, value = ''] of Object.entries(env)) {
    if (!secretVariable.test(name) || value.length < TELLING_LENGTH) continue;
    patterns.push({ pattern: anyWritingOf(value.slice(0, ENOUGH)), what: `$${name}` });
    for (const writing of base64Writings(value.slice(0, ENOUGH))) {
      whatByWord.set(writing, `$${name}`);
    }
  }
  for (const [name, value] of headers) {
    if (!secretHeader.test(name)) continue;
    const what = `a part of the request's ${name}`;
    const password = basicPassword(value);
    for (const word of [...value.split(/[\s;=,]+/), password]) {
      for (const part of partsOf(word, TELLING_LENGTH)) {
        for (const writing of [part, ...shortWritings(part)]) whatByWord.set(writing, what);
      }
      for (const writing of word.length < TELLING_LENGTH ? [] : base64Writings(word)) {
        for (const part of partsOf(writing, TELLING_LENGTH_BASE64)) whatByWord.set(part, what);
      }
    }
    if (password.length >= SHORTEST_PASSWORD && password.length < TELLING_LENGTH) {
      patterns.push({ pattern: anyWritingOf(password, '(?<!\\w)', '(?!\\w)'), what });
    }
  }
  const search = createWordSearch(whatByWord.keys(), TELLING_LENGTH);
  return {
    find(text, from = 0, to = text.length) {
      let first: Sighting | undefined;
      search(text, (index, word) => {
        first ??= { index, what: whatByWord.get(word) ?? '' };
      });
      for (const { pattern, what } of first ? [] : patterns) {
        pattern.lastIndex = from;
        const match = pattern.exec(text);
        if (match && pattern.lastIndex <= to) return { index: match.index, what };
      }
      return first;
    },
  };
}

/** The password in a header of Basic authentication; empty if it is none. (RFC 7617) */
function basicPassword(header: string): string {
  const [, encoded = ''] = /^Basic +(\S+)$/i.exec(header) ?? [];
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return password;
}

/** A part of a secret as JSON and URLs write it. */
function shortWritings(part: string): string[] {
  const json = JSON.stringify(part).slice(1, -1);
  const url = [...part].map((it) => (/[\w.~-]/.test(it) ? it : hexBytes(it, '%'))).join('');
  return [json, json.replaceAll('/', '\\/'), url];
}

/** The bytes of a text in UTF-8, each as two hex digits behind a mark. */
const hexBytes = (text: string, mark: string): string =>
  [...Buffer.from(text)].map((byte) => mark + hex(byte, 2)).join('');

const hex = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, '0');

/** A backslash, in clear and in a URL, which may be a part of another URL. */
const backslash = String.raw`(?:\\|%(?:25){0,2}5C)`;
const percent = '%(?:25){0,2}';

/**
 * Finds a text in clear, as JSON writes it, as URLs and forms do, and as one in the other: the arguments of a tool call
 * are JSON in JSON, and a URL in a form is encoded twice. The case does not count, as hex digits come in both.
 */
function anyWritingOf(secret: string, before = '', after = ''): RegExp {
  return new RegExp(before + [...secret].map(anyWritingOfCharacter).join('') + after, 'gi');
}

function anyWritingOfCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const [, short] = /^"\\([bfnrt])"$/.exec(JSON.stringify(character)) ?? [];
  const writings = [
    escapeForRegExp(character),
    hexBytes(character, percent),
    units.map((unit) => `u${hex(unit, 4)}`).join(`${backslash}{1,4}`),
    ...(short === undefined ? [] : [short]),
    ...(character === ' ' ? ['\\+'] : []),
  ];
  return `${backslash}{0,4}(?:${writings.join('|')})`;
}

/**
 * How base64 writes a word, wherever it stands in what is encoded: three bytes become four characters, so there are
 * three ways. The characters at the edges, which depend on what is beside the word, are left out.
 */
function base64Writings(word: string): string[] {
  const writings = [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(word)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((bytes.length * 8) / 6);
    const sure = whole.slice(first, last);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set(writings)];
}
