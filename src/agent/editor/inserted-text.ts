import { FenceTracker } from '../page/fences.ts';

/** A line that opens or closes a code block, and one that may still become such a line. */
const MAY_BE_FENCE = /^[ \t]*([`~]{0,2}|(`{3,}|~{3,})[^\n`]*)$/;

/**
 * What stays in the document at the end: if the answer has exactly one code block, which need not be closed, only what is in
 * it; else all of it.
 */
export function textToKeep(answer: string): string {
  const [block, ...others] = codeBlocks(answer);
  return block !== undefined && others.length === 0 ? block : answer.trim();
}

/**
 * What the document shows while the answer comes. It only grows: what is before a code block goes at the end, when it is known
 * that there is no second one. Of an answer that begins with a code block it is what is in that block.
 */
export function textSoFar(answer: string): string {
  const begun = answer.trimStart();
  const lastLine = begun.lastIndexOf('\n') + 1;
  const shown = MAY_BE_FENCE.test(begun.slice(lastLine)) ? begun.slice(0, lastLine) : begun;
  if (!/^(`{3,}|~{3,})[^\n`]*\n/.test(shown)) return shown.trimEnd();
  const [block = ''] = codeBlocks(shown);
  return block;
}

/** What is in each code block of a text. */
function codeBlocks(text: string): string[] {
  const fences = new FenceTracker();
  const blocks: string[][] = [];
  let wasOpen = false;
  for (const line of text.split('\n')) {
    fences.push(`${line}\n`);
    const isOpen = fences.open !== undefined;
    if (isOpen && wasOpen) blocks.at(-1)?.push(line);
    else if (isOpen) blocks.push([]);
    wasOpen = isOpen;
  }
  return blocks.map((lines) => lines.join('\n').trimEnd());
}
