/** The line that opens or closes a code fence. */
const FENCE = /^[ \t]*(`{3,}|~{3,})[^\n`]*$/gm;

/**
 * What stays in the document at the end: if the answer has exactly one code fence, only what is in it; else all of it.
 */
export function textToKeep(answer: string): string {
  const [block, ...others] = fencedBlocks(answer);
  return block !== undefined && others.length === 0 ? block : answer.trim();
}

/** What the document shows while the answer comes: without a fence at its beginning, and the one that closes it. */
export function textSoFar(answer: string): string {
  const begun = answer.trimStart();
  const [opening = '', fence = ''] = /^(`{3,}|~{3,})[^\n`]*(?:\n|$)/.exec(begun) ?? [];
  if (!fence) {
    // The first line may become a fence.
    return /^(`{1,2}|~{1,2})?$/.test(begun) ? '' : begun.trimEnd();
  }
  if (!opening.endsWith('\n')) return '';
  const inside = begun.slice(opening.length);
  const closing = inside.search(new RegExp(`^[ \\t]*${fence}[ \\t]*$`, 'm'));
  if (closing !== -1) return inside.slice(0, closing).trimEnd();
  // The last line may become the end of the fence.
  const last = inside.lastIndexOf('\n') + 1;
  const mayClose = fence.startsWith(inside.slice(last).trim());
  return (mayClose ? inside.slice(0, last) : inside).trimEnd();
}

/** What is in each code fence of a text, the last of which need not be closed. */
function fencedBlocks(text: string): string[] {
  const blocks: string[] = [];
  let open: { fence: string; start: number } | undefined;
  for (const { 0: line, 1: fence = '', index } of text.matchAll(FENCE)) {
    if (!open) open = { fence, start: index + line.length + 1 };
    else if (fence.startsWith(open.fence) && line.trim() === fence) {
      blocks.push(text.slice(open.start, index).trimEnd());
      open = undefined;
    }
  }
  if (open) blocks.push(text.slice(open.start).trimEnd());
  return blocks;
}
