/**
 * What the agent adds to a reply, reasoning and notes, is known by its place: the reply's
 * `meta.added` says from where to where in the text each addition goes. Nothing in the text itself marks it, so no model
 * can forge a mark, and whoever copies the text copies no strange characters. If somebody has edited the text, the places
 * are wrong; then an addition is known by how its first line begins, and goes to the next empty line.
 */
export type Span = [start: number, end: number];

/** Who speaks in a note. */
const SPEAKER = '**local-llm** ·';

/** How the reasoning begins. */
export const THOUGHT = '> 💭 **';

/** How each addition begins. */
const BEGINNING = /^> (?:💭 \*\*|\S+ \*\*local-llm\*\* ·)/;

/** A note: each paragraph is one line of Markdown, apart from the others by an empty one. */
export function formatNote(sign: string, paragraphs: readonly string[]): string {
  const lines = paragraphs.map((text) => text.trim().replace(/\s+/g, ' '));
  return `> ${sign} ${SPEAKER} ${lines.filter(Boolean).join('\n>\n> ')}`;
}

/**
 * What the model wrote of a reply.
 * @param added - the reply's `meta.added`
 */
export function withoutAdded(text: string, added: unknown): string {
  let own = '';
  let from = 0;
  for (const [start, end] of spansIn(text, added)) {
    own += text.slice(from, start);
    from = end;
  }
  return own + text.slice(from);
}

/** A reply without what was added after the model's last word, and the places of what was added before it. */
export function withoutLastAdded(text: string, added: unknown): { text: string; added: Span[] } {
  const spans = spansIn(text, added);
  let length = text.length;
  while (spans.at(-1)?.[1] === length) [length] = spans.pop() ?? [length];
  return { text: text.slice(0, length), added: spans };
}

function spansIn(text: string, added: unknown): Span[] {
  const spans: readonly unknown[] = Array.isArray(added) ? added : [];
  const clipped = spans.filter(isSpan).flatMap(([start, end]): Span[] => {
    return start < text.length ? [[start, Math.min(end, text.length)]] : [];
  });
  const isUnedited = clipped.every((span) => looksAdded(text, span));
  return isUnedited ? clipped : findSpans(text);
}

function isSpan(value: unknown): value is Span {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [start, end]: unknown[] = value;
  return Number.isInteger(start) && Number.isInteger(end) && Number(start) < Number(end);
}

/**
 * Whether every line of it is quoted, but for the code fences at its borders. It begins and ends as an addition does, unless
 * the reply was stopped in it.
 */
function looksAdded(text: string, [start, end]: Span): boolean {
  const lines = text
    .slice(start, end)
    .split('\n')
    .filter((line) => line !== '');
  const others = lines.filter((line) => !line.startsWith('>'));
  const areFences = others.length <= 2 && others.every((line) => /^\s*(`+|~+)/.test(line));
  if (end === text.length) return areFences;
  const first = lines.find((line) => line.startsWith('>')) ?? '';
  return areFences && BEGINNING.test(first) && text[end - 1] === '\n';
}

/** The additions of a text that was edited: each paragraph that begins as one does. */
function findSpans(text: string): Span[] {
  let end = 0;
  return text.split(/(?=\n\n)/).flatMap((paragraph): Span[] => {
    const start = end;
    end += paragraph.length;
    return BEGINNING.test(paragraph.replace(/^\n+/, '')) ? [[start, end]] : [];
  });
}
