import { LANGUAGES, type Language } from '../../advice/index.ts';
import { chinese } from './phrases-chinese.ts';
import { english } from './phrases-english.ts';

/**
 * Everything that the agent says, in one language. The English file is the list of what there is: TypeScript refuses a
 * Chinese one in which a phrase is missing. What is said about a failure stands in src/advice, for the command line, too.
 */
export type Phrases = typeof english;

const phrases: Readonly<Record<Language, Phrases>> = { en: english, zh: chinese };

export function phrasesIn(language: Language): Phrases {
  return phrases[language];
}

/** The texts that a phrase has, in every language: what was said in one is known again in another. */
export function inEveryLanguage(pick: (phrases: Phrases) => string): string[] {
  return LANGUAGES.map((language) => pick(phrases[language]));
}
