import type { Language } from '../../advice/index.ts';
import { chinese } from './phrases-chinese.ts';
import { english } from './phrases-english.ts';

/*
 * What the agent says, from facts to sentences and buttons:
 *
 *   a result ─ ending.ts ┐                    ┌ notes (phrases-english.ts, phrases-chinese.ts)
 *   an error ─ failure.ts ┴ (facts.ts: what is saved of them) ┴ buttons.ts
 *   the server's models ─ operations.ts ─ the panel's drop-downs and buttons
 *   src/advice has the sentences about failures
 */

/**
 * Everything that the agent says, in one language. The English file is the list of what there is: TypeScript refuses a
 * Chinese one in which a phrase is missing. What is said about a failure is in src/advice, which the command line uses, too.
 */
export type Phrases = typeof english;

const phrases: Readonly<Record<Language, Phrases>> = { en: english, zh: chinese };

export function phrasesIn(language: Language): Phrases {
  return phrases[language];
}
