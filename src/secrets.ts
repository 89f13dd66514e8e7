/** So many characters of a secret in a row give it away: servers echo keys in part. */
export const TELLING_LENGTH = 8;

/** A secret that is shorter would blank ordinary words. */
const SHORTEST = 4;

/** The parts of a secret that have so many characters; none where it is shorter. */
export function partsOf(secret: string, length: number): string[] {
  const count = Math.max(0, secret.length - length + 1);
  return Array.from({ length: count }, (_, at) => secret.slice(at, at + length));
}

/** Tells each place in a text where a word begins, from the first to the last. */
export type WordSearch = (text: string, onFound: (index: number, word: string) => void) => void;

/** The factor of the rolling hash; any large odd number does. */
const FACTOR = 0x01000193;

/** How many bits of a hash the first look takes. */
const FILTER_BITS = 16;

/**
 * Makes a search for thousands of words that reads a text once, however many they are (Rabin and Karp's): the hash of
 * the `length` characters before each place is kept up to date, and only where it is that of a word's beginning is
 * the text compared. An error may hold 64 MiB of an answer, and nothing else runs meanwhile.
 * @param words - those that are shorter than `length` are left out
 */
export function createWordSearch(words: Iterable<string>, length: number): WordSearch {
  const wordsByHash = new Map<number, string[]>();
  const filter = new Uint8Array(1 << FILTER_BITS);
  let factorOfFirst = 1;
  for (let i = 1; i < length; i++) factorOfFirst = Math.imul(factorOfFirst, FACTOR);

  for (const word of new Set(words)) {
    if (word.length < length) continue;
    let hash = 0;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, FACTOR) + word.charCodeAt(i)) | 0;
    const sameHash = wordsByHash.get(hash) ?? [];
    sameHash.push(word);
    wordsByHash.set(hash, sameHash);
    filter[hash >>> (32 - FILTER_BITS)] = 1;
  }

  return (text, onFound) => {
    if (wordsByHash.size === 0) return;
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      if (i >= length) hash -= Math.imul(text.charCodeAt(i - length), factorOfFirst);
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(i)) | 0;
      if (filter[hash >>> (32 - FILTER_BITS)] === 0 || i + 1 < length) continue;
      const index = i + 1 - length;
      for (const word of wordsByHash.get(hash) ?? []) {
        if (text.startsWith(word, index)) onFound(index, word);
      }
    }
  };
}

/** From where to where a text has to be blanked. */
interface Span {
  readonly start: number;
  end: number;
}

/** Adds a span that begins not before the last one; of two that touch one is made. */
function addSpan(spans: Span[], start: number, end: number): void {
  const last = spans.at(-1);
  if (last && start <= last.end) last.end = Math.max(last.end, end);
  else spans.push({ start, end });
}

/**
 * Makes the function that blanks secrets in a text. Blanked is every run of 8 or more characters of one; a secret of 4
 * to 7 is blanked whole. The time is linear in the text, however many secrets there are.
 */
export function createTextBlanker(secrets: readonly string[]): (text: string) => string {
  const shortSecrets = secrets.filter(
    ({ length }) => length >= SHORTEST && length < TELLING_LENGTH,
  );
  const parts = secrets.flatMap((secret) => partsOf(secret, TELLING_LENGTH));
  const search = createWordSearch(parts, TELLING_LENGTH);

  function spansIn(text: string): Span[] {
    const found: Span[] = [];
    // Every run of a secret's characters consists of parts that overlap.
    search(text, (index) => addSpan(found, index, index + TELLING_LENGTH));
    for (const secret of shortSecrets) {
      const ofThis: Span[] = [];
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        addSpan(ofThis, at, at + secret.length);
      }
      for (const span of ofThis) found.push(span);
    }
    const merged: Span[] = [];
    for (const { start, end } of found.sort((a, b) => a.start - b.start)) {
      addSpan(merged, start, end);
    }
    return merged;
  }

  return (text) => {
    let shown = '';
    let from = 0;
    for (const { start, end } of spansIn(text)) {
      shown += `${text.slice(from, start)}***`;
      from = end;
    }
    return shown + text.slice(from);
  };
}
