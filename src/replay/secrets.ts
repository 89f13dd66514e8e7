import { leavesOf } from './leaves.ts';

/** What is searched for, with the words for it. */
export type Clues = ReadonlyMap<string | RegExp, string>;

/** What keys look like: OpenAI's and those shaped like it, GitHub's, Hugging Face's, …; keys in a URL; a JWT. */
const patterns = [
  /\bsk-[\w-]{8,}/,
  /\b(gh[opsur]|gsk|npm|hf)_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_\w{20,}/,
  /\bglpat-[\w-]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{35}/,
  /\bxox[abeprs]-[\w-]{10,}/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/,
  /\b(Bearer|Basic) +(?=\S*\d)[\w.~+/-]{16,}/i,
  /[?&](api[-_]?key|access[-_]?token|key|token)=[^&\s"]+/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

const secretVariable =
  /(^|_)(api_?key|key|token|secret|password|passwd|pass|credentials?|auth)s?(_|$)/i;
const secretHeader = /auth|key|token|secret|cookie/i;

/** So many characters in a row give a secret away; shorter values are words that stand in any text. */
const TELLING = 8;

/**
 * Says what to search for: what looks like a key, the values of the environment variables that are named like secrets,
 * and every 8 characters in a row of the secrets in a request's headers, as servers echo keys in part.
 */
export function cluesOf(env: NodeJS.ProcessEnv, headers = new Headers()): Clues {
  const clues = new Map<string | RegExp, string>();
  for (const pattern of patterns) clues.set(pattern, 'what looks like a key');
  for (const [name, value = ''] of Object.entries(env)) {
    if (!secretVariable.test(name) || value.length < TELLING) continue;
    // As it is, and inside the text of a JSON string.
    for (const text of [value, JSON.stringify(value).slice(1, -1)]) clues.set(text, `$${name}`);
  }
  for (const [name, value] of headers) {
    for (const word of secretHeader.test(name) ? value.split(/[\s;=,]+/) : []) {
      for (let i = 0; i + TELLING <= word.length; i++) {
        clues.set(word.slice(i, i + TELLING), `a part of the request's ${name}`);
      }
    }
  }
  return clues;
}

/**
 * Searches every string in a JSON value, and every name.
 * @param at - what the value is called: `request`
 * @returns where the first secret is, and what it is, without showing it: `request.body.user holds $MY_TOKEN`
 */
export function findSecret(value: unknown, clues: Clues, at: string): string | undefined {
  const texts = leavesOf(value, at).flatMap(([place, leaf]) => [
    [`a name in ${at}`, place],
    [place, typeof leaf === 'string' ? leaf : ''],
  ]);
  for (const [place, text = ''] of texts) {
    for (const [clue, what] of clues) {
      const index = typeof clue === 'string' ? text.indexOf(clue) : text.search(clue);
      if (index === -1) continue;
      const line = text.slice(0, index).split('\n').length;
      return `${place}${text.includes('\n') ? `, line ${line},` : ''} holds ${what}`;
    }
  }
  return undefined;
}
