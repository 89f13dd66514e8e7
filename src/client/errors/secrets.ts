/** So many characters of a secret in a row give it away: servers echo keys in part. */
export const TELLING_LENGTH = 8;

/** A secret that is shorter would blank ordinary words. */
const SHORTEST = 4;

/** The parts of a secret that have so many characters; none if it is shorter. */
export function partsOf(secret: string, length: number): string[] {
  const count = Math.max(0, secret.length - length + 1);
  return Array.from({ length: count }, (_, at) => secret.slice(at, at + length));
}

/** Calls back for each place in a text at which a word begins, from the first to the last. */
type WordSearch = (text: string, onFound: (index: number, word: string) => void) => void;

/**
 * Makes a search for words, which may overlap; of those that begin at the same place the longest is found. Words that are shorter than
 * `length` are left out.
 */
export function createWordSearch(words: Iterable<string>, length: number): WordSearch {
  const searched = [...new Set(words)]
    .filter((word) => word.length >= length)
    .sort((a, b) => b.length - a.length);
  if (searched.length === 0) return () => {};
  // One expression for all words reads the text once, however many they are.
  const escaped = searched.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const anyWord = new RegExp(`(?=(${escaped.join('|')}))`, 'g');
  return (text, onFound) => {
    for (const { index, 1: word = '' } of text.matchAll(anyWord)) onFound(index, word);
  };
}

/**
 * Makes the function that blanks secrets in a text. Blanked is every run of 8 or more characters of one; a secret of 4
 * to 7 is blanked whole.
 */
export function createTextBlanker(secrets: readonly string[]): (text: string) => string {
  const words = secrets.flatMap((secret) =>
    secret.length < TELLING_LENGTH ? [secret] : partsOf(secret, TELLING_LENGTH),
  );
  const search = createWordSearch(words, SHORTEST);
  return (text) => {
    const spans: { start: number; end: number }[] = [];
    search(text, (start, { length }) => {
      const last = spans.at(-1);
      if (last && start <= last.end) last.end = Math.max(last.end, start + length);
      else spans.push({ start, end: start + length });
    });
    const shown = spans.map(({ start }, i) => `${text.slice(spans[i - 1]?.end ?? 0, start)}***`);
    return shown.join('') + text.slice(spans.at(-1)?.end ?? 0);
  };
}

/** How many values of a foreign error are searched; what has more of them is taken to show a secret. */
const MOST_VALUES = 2000;

/**
 * Whether anything that can be printed of a foreign value shows a secret: a message, a stack, a cause, any field at any
 * depth, the entries of a `Headers` or a `Map`, bytes.
 */
export function showsSecret(value: unknown, secrets: readonly string[]): boolean {
  const blankText = createTextBlanker(secrets);
  // A Set gives out in its loop what is added meanwhile.
  const values = new Set([value]);
  const add = (more: Iterable<unknown>) => {
    for (const one of more) if (values.add(one).size > MOST_VALUES) return;
  };
  try {
    for (const item of values) {
      if (values.size > MOST_VALUES) return true;
      const text = ArrayBuffer.isView(item) ? new TextDecoder().decode(item) : item;
      if (typeof text === 'string' && blankText(text) !== text) return true;
      if (typeof text !== 'object' || text === null) continue;
      const keys = Reflect.ownKeys(text);
      // A Request has its headers and its URL from its prototype.
      for (const key in text) keys.push(key);
      add(keys);
      add(keys.map((key) => Reflect.get(text, key)));
      if (Symbol.iterator in text) add(text as Iterable<unknown>);
    }
  } catch {
    // A field that throws when it is read.
    return true;
  }
  return false;
}

/** Copies a JSON value without the secrets in its texts and names; what is nested deeper than 9 levels is left out. */
type Blanker = <T>(value: T) => T;

/** Makes the function that blanks secrets: see {@link createTextBlanker}. */
export function createBlanker(secrets: readonly string[]): Blanker {
  const blankText = createTextBlanker(secrets);

  function blank(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return blankText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return depth ? value.map((item) => blank(item, depth - 1)) : [];
    const copy: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      if (!depth || inner === undefined) continue;
      // Not by assignment, for which `__proto__` is no name.
      Object.defineProperty(copy, blankText(key), {
        value: blank(inner, depth - 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  }

  return <T>(value: T) => blank(value, 9) as T;
}
