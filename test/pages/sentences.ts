/**
 * `npm run fix` writes the pages anew with one sentence a line, so that a change shows as the sentence that it is. A Chinese paragraph is
 * one line: a browser shows the end of a line as a blank, which Chinese has neither between characters nor after a full stop.
 *
 *     a page ─ its blocks: code, tables, HTML and headings stay ─ a paragraph or an item, on one line ─ its sentences, a line each
 */

/** What stays as it is: a heading, a table, HTML, a quotation, a rule. */
const STAYS = /^ *(?:#|\||<|>|---)/;
const ITEM = /^( *(?:[-*]|\d+\.) +)/;
const FENCE = /^ *(?:```|~~~)/;

/** A page with one sentence a line. */
export function oneSentenceALine(page: string): string {
  const written: string[] = [];
  /** The paragraph or item that is being read, and how it begins. */
  let words: string[] = [];
  let start = '';
  let inCode = false;
  const end = () => {
    const indent = ' '.repeat(start.length);
    sentencesOf(words).forEach((sentence, nth) => {
      written.push((nth === 0 ? start : indent) + sentence);
    });
    words = [];
  };
  for (const line of page.split('\n')) {
    const isFence = FENCE.test(line);
    const isCode = inCode || isFence || (words.length === 0 && /^ {4}/.test(line));
    if (isFence) inCode = !inCode;
    if (isCode || STAYS.test(line) || line.trim() === '') {
      end();
      written.push(line);
      continue;
    }
    const [item] = ITEM.exec(line) ?? [];
    if (item !== undefined) end();
    if (words.length === 0) start = item ?? /^ */.exec(line)?.[0] ?? '';
    words.push(line.slice(item?.length ?? 0).trim());
  }
  end();
  return written.join('\n');
}

const CHINESE = /[\p{Script=Han}，。、；：！？（）「」『』“”…]/u;

/** The sentences of some lines, which may be broken anywhere. */
function sentencesOf(lines: readonly string[]): string[] {
  const text = lines.reduce((text, line) => {
    const isChinese = CHINESE.test(text.at(-1) ?? '') && CHINESE.test(line[0] ?? '');
    return text === '' ? line : `${text}${isChinese ? '' : ' '}${line}`;
  }, '');
  const codes: string[] = [];
  const withoutCode = text.replace(
    /`[^`]*`|\]\([^)]*\)/g,
    (code) => `\u0000${codes.push(code) - 1}\u0000`,
  );
  return withoutCode
    .replace(
      /(?<!\b(?:e\.g|i\.e|etc|vs))([.!?…]["”’)\]*_]*) +(?=["“‘([*_]*[\p{Lu}\p{Nd}\u0000])/gu,
      '$1\n',
    )
    .split('\n')
    .map((sentence) => sentence.replace(/\u0000(\d+)\u0000/g, (_, nth) => codes[Number(nth)] ?? ''))
    .filter(Boolean);
}
