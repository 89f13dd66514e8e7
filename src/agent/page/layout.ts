import { openFence } from './fences.ts';
import { closingMark, openingMark, quoteLines, withoutMarks } from './marks.ts';

/** Who speaks in a note. */
const SPEAKER = '**local-llm** ·';

/** Lays out one reply: the answer, and what the agent adds to it, each in a block of its own. */
export interface Layout {
  text(delta: string): void;
  /** Quoted, under a heading. */
  reasoning(delta: string): void;
  /**
   * A quoted block, outside any code fence that the answer left open.
   * @param paragraphs - the first begins on the line of the sign
   */
  note(sign: string, paragraphs: readonly string[]): void;
  /** What was the answer so far has turned out to be reasoning: lays everything out anew. */
  answerWasReasoning(isShown: boolean): Promise<void>;
  /** The answer so far, without anything that was added. */
  readonly answer: string;
}

/** Where a layout goes. */
interface Page {
  write(text: string): void;
  /** Puts a text in the place of everything that was written. */
  rewrite(text: string): Promise<void>;
}

/** A note as a reply of its own. */
export function formatNote(sign: string, paragraphs: readonly string[]): string {
  return `> ${openingMark('first')}${noteText(sign, paragraphs)}${closingMark(false)}`;
}

/**
 * @param page - takes the reply's Markdown, piece by piece
 * @param heading - heads the reasoning
 * @param goesOn - what the answer goes on with: a code fence that this leaves open is opened again
 */
export function createLayout(page: Page, heading: string, goesOn = ''): Layout {
  let block: 'answer' | 'reasoning' | 'note' | undefined;
  let answer = '';
  /** White space at the end of the reasoning, held back until something follows it: a block has no empty end. */
  let held = '';

  /** Ends the block that is open, and begins the one that the agent adds. */
  function beginAdded(next: 'reasoning' | 'note'): void {
    const isFirst = block === undefined;
    const fence = block === 'answer' ? openFence(goesOn + answer) : undefined;
    if (block === 'reasoning') page.write(closingMark(false));
    if (fence) page.write(`${answer.endsWith('\n') ? '' : '\n'}${fence.closing}`);
    const place = isFirst ? 'first' : fence ? 'after fence' : 'after text';
    page.write(`${isFirst ? '' : '\n\n'}> ${openingMark(place)}`);
    block = next;
  }

  function beginAnswer(): void {
    const fence = openFence(goesOn + answer);
    if (block === 'reasoning') page.write(closingMark(fence !== undefined));
    // An empty block at the beginning has nothing but its end.
    else if (fence) page.write(`${openingMark('first')}${closingMark(true)}`);
    if (block !== undefined || fence) page.write('\n\n');
    if (fence) page.write(`${fence.opening}\n`);
    block = 'answer';
  }

  return {
    text(delta) {
      if (delta === '') return;
      if (block !== 'answer') beginAnswer();
      const text = withoutMarks(delta);
      answer += text;
      page.write(text);
    },

    reasoning(delta) {
      const text = held + withoutMarks(delta);
      const shown = text.trimEnd();
      held = text.slice(shown.length);
      if (block !== 'reasoning') {
        if (shown.trim() === '') {
          held = '';
          return;
        }
        beginAdded('reasoning');
        page.write(`💭 **${heading}**\n>\n> ${quoteLines(shown.trimStart())}`);
      } else if (shown) page.write(quoteLines(shown));
    },

    note(sign, paragraphs) {
      beginAdded('note');
      page.write(`${noteText(sign, paragraphs)}${closingMark(false)}`);
    },

    async answerWasReasoning(isShown) {
      const thought = answer;
      block = undefined;
      answer = '';
      held = '';
      if (!isShown || thought.trim() === '') return page.rewrite('');
      let text = '';
      const write = (piece: string) => {
        text += piece;
      };
      createLayout({ write, rewrite: async () => {} }, heading).reasoning(thought);
      held = /\s*$/.exec(thought)?.[0] ?? '';
      block = 'reasoning';
      await page.rewrite(text);
    },

    get answer() {
      return answer;
    },
  };
}

/** Each paragraph is one line of Markdown, apart from the others by an empty one. */
function noteText(sign: string, paragraphs: readonly string[]): string {
  const lines = paragraphs.map((text) => withoutMarks(text).trim().replace(/\s+/g, ' '));
  return `${sign} ${SPEAKER} ${lines.filter(Boolean).join('\n>\n> ')}`;
}
