import { isObject } from '../chat/guards.ts';

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

/** The values of the environment variables that are named like secrets, with their names. */
export function secretsOf(env: NodeJS.ProcessEnv): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const [name, value = ''] of Object.entries(env)) {
    if (secretVariable.test(name) && value.length >= TELLING) secrets.set(value, `$${name}`);
  }
  return secrets;
}

/** Every 8 characters in a row of the secrets that a request's headers carry: servers echo keys in part. */
export function secretsSent(headers: Iterable<readonly [string, string]>): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const [name, value] of headers) {
    if (!secretHeader.test(name)) continue;
    for (const word of value.split(/[\s;=,]+/)) {
      for (let i = 0; i + TELLING <= word.length; i++) {
        secrets.set(word.slice(i, i + TELLING), `a part of the request's ${name}`);
      }
    }
  }
  return secrets;
}

/**
 * Searches every string in a value for what looks like a key, and for known secrets.
 * @param at - what the value is called: `request`
 * @returns where the first one is, and what it is, without showing it: `request.body.user holds $MY_TOKEN`
 */
export function findSecret(
  value: unknown,
  known: ReadonlyMap<string, string>,
  at: string,
): string | undefined {
  if (typeof value === 'string') {
    for (const [secret, what] of known) {
      const escaped = JSON.stringify(secret).slice(1, -1);
      for (const text of new Set([secret, escaped])) {
        const index = value.indexOf(text);
        if (index !== -1) return `${at}${lineOf(value, index)} holds ${what}`;
      }
    }
    for (const pattern of patterns) {
      const index = value.search(pattern);
      if (index !== -1) return `${at}${lineOf(value, index)} holds what looks like a key`;
    }
    return undefined;
  }
  if (!Array.isArray(value) && !isObject(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
    const found = findSecret(key, known, `a name in ${at}`) ?? findSecret(item, known, place);
    if (found) return found;
  }
  return undefined;
}

function lineOf(text: string, index: number): string {
  return text.includes('\n') ? `, line ${text.slice(0, index).split('\n').length},` : '';
}
