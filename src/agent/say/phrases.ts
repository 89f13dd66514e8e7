import { chinese } from './phrases-chinese.ts';
import { english } from './phrases-english.ts';

/** What of a failure its sentences name. */
export interface Failure {
  /** Where the server is, as it may be shown. */
  url: string;
  /** The model that was asked for, where one was. */
  model: string | undefined;
  /** How long was waited, as a clock shows it: `30:00`. */
  patience: string;
  /** What the error says itself, where nobody has said it better. */
  message: string;
  /** The HTTP status, where there was one. */
  status: number | undefined;
}

/** What happened, and what to do about it: each one paragraph. */
export interface Explanation {
  happened: string;
  advice: string;
}

/** Everything that the agent says, in one language. */
export type Phrases = typeof english;

/** The languages that the agent speaks. */
export const LANGUAGES = ['en', 'zh'] as const;

export type Language = (typeof LANGUAGES)[number];

const phrases: Readonly<Record<Language, Phrases>> = { en: english, zh: chinese };

export function phrasesIn(language: Language): Phrases {
  return phrases[language];
}

/** The texts that a phrase has, in every language: what was said in one is known again in another. */
export function inEveryLanguage(pick: (phrases: Phrases) => string): string[] {
  return LANGUAGES.map((language) => pick(phrases[language]));
}
