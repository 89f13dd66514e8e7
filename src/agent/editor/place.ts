import type { TextChange } from './vscode.ts';

/** A stretch of a document, by the offsets of its characters. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
}

/**
 * Where a stretch is after somebody has changed the document. What is typed at its borders stays outside of it.
 * @returns `undefined` if the change has removed all of it, as undo does
 */
export function placeAfter(
  { start, length }: Stretch,
  { rangeOffset, rangeLength, text }: TextChange,
): Stretch | undefined {
  const end = start + length;
  const rangeEnd = rangeOffset + rangeLength;
  const growth = text.length - rangeLength;
  if (rangeEnd <= start) return { start: start + growth, length };
  if (rangeOffset >= end) return { start, length };
  const coversAll = rangeOffset <= start && rangeEnd >= end;
  if (coversAll && text === '') return undefined;
  if (coversAll) return { start: rangeOffset + text.length, length: 0 };
  // It takes away the beginning, the end, or a part in the middle, to which the new text then belongs.
  if (rangeOffset < start) return { start: rangeOffset + text.length, length: end - rangeEnd };
  if (rangeEnd > end) return { start, length: rangeOffset - start };
  return { start, length: length + growth };
}
