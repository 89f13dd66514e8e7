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

/** What looks like a key, and the values of the environment variables that are named like secrets. */
export function cluesOf(env: NodeJS.ProcessEnv): Map<string | RegExp, string> {
  const clues = new Map<string | RegExp, string>();
  for (const [name, value = ''] of Object.entries(env)) {
    if (!secretVariable.test(name) || value.length < TELLING) continue;
    // As it is, and inside the text of a JSON string.
    clues.set(value, `$${name}`).set(JSON.stringify(value).slice(1, -1), `$${name}`);
  }
  for (const pattern of patterns) clues.set(pattern, 'what looks like a key');
  return clues;
}

/** Every 8 characters in a row of the secrets that a request's headers carry: servers echo keys in part. */
export function cluesSent(headers: Iterable<readonly [string, string]>): Map<string, string> {
  const clues = new Map<string, string>();
  for (const [name, value] of headers) {
    if (!secretHeader.test(name)) continue;
    for (const word of value.split(/[\s;=,]+/)) {
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
  for (const [place, leaf] of leavesOf(value, at)) {
    const texts = [[`a name in ${at}`, place]];
    if (typeof leaf === 'string') texts.push([place, leaf]);
    for (const [where = '', text = ''] of texts) {
      for (const [clue, what] of clues) {
        const index = typeof clue === 'string' ? text.indexOf(clue) : text.search(clue);
        if (index === -1) continue;
        const line = text.slice(0, index).split('\n').length;
        return `${where}${text.includes('\n') ? `, line ${line},` : ''} holds ${what}`;
      }
    }
  }
  return undefined;
}
