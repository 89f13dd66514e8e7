/*
 * From an error to the two sentences that a person reads: what happened, and what to do about it.
 *
 *   an error's `reason` and `kind` → the row of that name → `{ happened, advice }`
 *
 *   rows.ts   the table that the agent and the command line share: one row a reason, both languages side by side
 *   index.ts  `createExplain` puts a program's own names into the rows: what it calls the base URL, how to ask again
 *
 * This room knows the client's words for errors, and nothing else.
 */
import type { ErrorKind, ErrorReason } from '../client/errors/errors.ts';
import { rows } from './rows.ts';

/** The languages in which failures are explained. */
export const LANGUAGES = ['en', 'zh'] as const;

export type Language = (typeof LANGUAGES)[number];

/** What the sentences about a failure name. */
export interface Details {
  /** The server's base URL, without user, password and query. */
  url: string;
  /** The model that was asked for, if one was named. */
  model: string | undefined;
  /** How long the program waited, for a reader: `30 min`. */
  patience: string;
  /** The error's own message. */
  message: string;
  /** The HTTP status, if there was a response. */
  status: number | undefined;
  /** An API token was sent. */
  hasKey: boolean;
}

/** What happened, and what to do about it: whole sentences, each a paragraph. */
export interface Explanation {
  happened: string;
  advice: string;
}

/** What one program calls its own things, in one language. */
export interface Voice {
  /** The setting that holds the base URL, inside a sentence. */
  baseURL: string;
  /** How to ask again: a sentence in English, the end of one in Chinese. */
  askAgain: string;
  /** How to choose the model: a sentence. */
  chooseModel: string;
  /** Where the API token goes: a sentence. */
  setToken: string;
  /** The program whose trusted certificates count. */
  truster: string;
}

/** What an error is explained by: its reason, or else its kind. `nodeFetch`, which both programs use, has no limit of its own. */
export type Cause = Exclude<ErrorReason, 'runtime-limit'> | ErrorKind | 'unknown';

/** Explains a failure. Another build's error may have a reason or a kind that no row knows. */
export type Explain = (
  failure: { reason?: string | undefined; kind?: string | undefined },
  details: Details,
) => Explanation;

/** The table in one language, with a program's own names in it. */
export function createExplain(language: Language, voice: Voice): Explain {
  return ({ reason, kind }, details) =>
    rows[[reason, kind].find(isCause) ?? 'unknown'][language](details, voice);
}

const isCause = (name: string | undefined): name is Cause =>
  name !== undefined && Object.hasOwn(rows, name);

/** An address without user, password and query, which may be secrets. */
export const shownURL = ({ origin, pathname }: URL): string =>
  `${origin}${pathname}`.replace(/\/+$/, '');

/** The most characters of a server's words that are repeated to a reader. */
const MOST_WORDS = 600;

/** Words on one line. The middle of long ones is left out, because the point often comes last. */
export function abridge(words: string, most = MOST_WORDS): string {
  const line = words.trim().replace(/\s+/g, ' ');
  const half = Math.floor(most / 2);
  return line.length <= most ? line : `${line.slice(0, half)} … ${line.slice(-half)}`;
}

/**
 * Whether two names mean the same model: a server that answers with another one than was asked for is named. Servers and people write
 * a name as a path, with and without the file's ending, the quantisation and LM Studio's `:2` for a second instance.
 */
export function isSameModel(one: string, other: string): boolean {
  return bareName(one) === bareName(other);
}

function bareName(name: string): string {
  return name
    .toLowerCase()
    .replace(/.*[\\/]|[:@].*|\.gguf$/g, '')
    .replace(/([-_.](gguf|mlx|ud|i?q\d\w*|[bf]+p?\d+|\d+-?bit))+$/, '');
}
