import { createTextBlanker } from '../secrets.ts';

/** Copies a JSON value without the secrets in its texts and names; what is nested deeper than 9 levels is left out. */
export type Blanker = <T>(value: T) => T;

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
<<<<<<< HEAD

/** Where a run of characters stands in a secret. */
interface Place {
  secret: string;
  at: number;
}

/** Makes the function that finds secrets in a text; the spans are in order and may overlap. */
function createFinder(secrets: readonly string[]): (text: string) => Span[] {
  const short = secrets.filter(({ length }) => length >= SHORTEST && length < TELLING);
  const long = secrets.filter(({ length }) => length >= TELLING);
  const places = new Map<string, Place>();
  /** Marks the blocks that are in a secret, so that nearly every other block of a text is passed over at once. */
  const marks = new Uint8Array(2 ** 16);
  for (const secret of long) {
    for (let at = 0; at + TELLING <= secret.length; at++) {
      places.set(secret.slice(at, at + TELLING), { secret, at });
    }
    for (let at = 0; at + BLOCK <= secret.length; at++) marks[blockHash(secret, at)] = 1;
  }

  /** All runs of a secret's characters that have this block in them and are long enough, as one. */
  function findAround(text: string, block: number): Span | undefined {
    let found: Span | undefined;
    for (let start = Math.max(0, block - BLOCK); start <= block; start++) {
      const place = places.get(text.slice(start, start + TELLING));
      if (!place) continue;
      const end = start + TELLING + commonLength(text, start + TELLING, place);
      // A later run reaches at least as far.
      found = [found?.[0] ?? start, end];
      // No other run around this block reaches further.
      if (end >= block + TELLING) break;
    }
    return found;
  }

  return (text) => {
    const spans: Span[] = [];
    for (const secret of short) {
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        addSpan(spans, [at, at + secret.length]);
      }
    }
    for (let block = 0; places.size > 0 && block + BLOCK <= text.length; block += BLOCK) {
      if (!marks[blockHash(text, block)]) continue;
      const span = findAround(text, block);
      if (!span) continue;
      addSpan(spans, span);
      // The next run may begin within this one: its first whole block is looked at.
      block = Math.max(block, Math.floor((span[1] - TELLING) / BLOCK) * BLOCK);
    }
    return spans.sort(([a], [b]) => a - b);
  };
}

/** Adds a span that begins not before the last one; of two that touch one is made. */
function addSpan(spans: Span[], [start, end]: Span): void {
  const last = spans.at(-1);
  if (last && start >= last[0] && start <= last[1]) {
    spans[spans.length - 1] = [last[0], Math.max(last[1], end)];
  } else spans.push([start, end]);
}

/** How far the text goes on as the secret does, behind the run that was found. */
function commonLength(text: string, end: number, { secret, at }: Place): number {
  const rest = at + TELLING;
  let length = 0;
  while (
    rest + length < secret.length &&
    text.charCodeAt(end + length) === secret.charCodeAt(rest + length)
  ) {
    length++;
  }
  return length;
}

/** A number below 2 ** 16 for the four characters from here on. */
function blockHash(text: string, at: number): number {
  const mixed =
    (text.charCodeAt(at) << 9) ^
    (text.charCodeAt(at + 1) << 6) ^
    (text.charCodeAt(at + 2) << 3) ^
    text.charCodeAt(at + 3);
  return mixed & 0xffff;
}
=======
>>>>>>> replay2
