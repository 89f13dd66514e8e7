/** Where a word was found, and the words for what it is. */
export interface Found {
  readonly index: number;
  readonly what: string;
}

/** Finds any of many words in a text. */
export interface WordSearch {
  find(text: string): Found | undefined;
}

/** The factor of the rolling hash; any large odd number does. */
const FACTOR = 0x01000193;

/** How many bits of a hash the first look takes. */
const FILTER_BITS = 16;

/**
 * Makes a search for thousands of words that reads a text once, however many they are (Rabin and Karp's): the hash of
 * the `length` characters before each place is kept up to date, and only where it is that of a word's beginning is
 * the text compared.
 * @param words - each with the words for it; those that are shorter than `length` are left out
 */
export function createWordSearch(words: ReadonlyMap<string, string>, length: number): WordSearch {
  const wordsByHash = new Map<number, string[]>();
  const filter = new Uint8Array(1 << FILTER_BITS);
  let factorOfFirst = 1;
  for (let i = 1; i < length; i++) factorOfFirst = Math.imul(factorOfFirst, FACTOR);

  for (const word of words.keys()) {
    if (word.length < length) continue;
    let hash = 0;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, FACTOR) + word.charCodeAt(i)) | 0;
    const sameHash = wordsByHash.get(hash) ?? [];
    sameHash.push(word);
    wordsByHash.set(hash, sameHash);
    filter[hash >>> (32 - FILTER_BITS)] = 1;
  }

  function find(text: string): Found | undefined {
    if (wordsByHash.size === 0) return undefined;
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      if (i >= length) hash -= Math.imul(text.charCodeAt(i - length), factorOfFirst);
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(i)) | 0;
      if (filter[hash >>> (32 - FILTER_BITS)] === 0 || i + 1 < length) continue;
      const index = i + 1 - length;
      const word = wordsByHash.get(hash)?.find((it) => text.startsWith(it, index));
      if (word !== undefined) return { index, what: words.get(word) ?? '' };
    }
    return undefined;
  }
  return { find };
}
