import { FenceTracker } from '../page/fences.ts';

/**
 * What stays in the document at the end: if the answer has exactly one code block, which need not be closed, only what is in
 * it; else all of it.
 */
export function textToKeep(answer: string): string {
  const fences = new FenceTracker();
  const blocks: string[][] = [];
  let wasOpen = false;
  for (const line of answer.split('\n')) {
    fences.push(`${line}\n`);
    const isOpen = fences.open !== undefined;
    if (isOpen && wasOpen) blocks.at(-1)?.push(line);
    else if (isOpen) blocks.push([]);
    wasOpen = isOpen;
  }
  const [block, ...others] = blocks;
  return block && others.length === 0 ? block.join('\n').trimEnd() : answer.trim();
}

/** What the document shows while the answer comes: the same of what is there, without a line that may become a fence. */
export function textSoFar(answer: string): string {
  const lastLine = answer.lastIndexOf('\n') + 1;
  const mayBeFence = /^[ \t]*([`~]{0,2}|(`{3,}|~{3,})[^\n`]*)$/.test(answer.slice(lastLine));
  return textToKeep(mayBeFence ? answer.slice(0, lastLine) : answer);
}
