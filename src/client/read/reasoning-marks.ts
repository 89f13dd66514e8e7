/** The two things that a content can be. */
export type Channel = 'text' | 'reasoning';

/** Gets the pieces of a content. */
export interface Pieces {
  add(channel: Channel, piece: string): void;
  /** All text up to here was reasoning: its opening mark stood in the prompt. */
  textWasReasoning(): void;
}

interface Mark {
  open: string;
  close: string;
}

/** The marks around reasoning, by the models that were seen to send them. */
const marks: readonly Mark[] = [
  // DeepSeek, Qwen and most others.
  { open: '<think>', close: '</think>' },
  // Qwen Code's models.
  { open: '<thinking>', close: '</thinking>' },
  // Magistral.
  { open: '[THINK]', close: '[/THINK]' },
  // Gemma 4.
  { open: '<|channel>thought', close: '<channel|>' },
];

/**
 * The tokens of gpt-oss's harmony format, where a server leaves them in:
 * `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>`
 * @see https://cookbook.openai.com/articles/openai-harmony
 */
const HARMONY_STARTS = ['<|channel|>', '<|start|>'];
const HARMONY_TOKENS = [...HARMONY_STARTS, '<|message|>', '<|end|>', '<|return|>', '<|call|>'];

/** How a content in that format begins. */
const HARMONY_OPENINGS = [
  '<|start|>assistant',
  '<|channel|>analysis',
  '<|channel|>commentary',
  '<|channel|>final',
];

const OPENINGS = [...marks.map(({ open }) => open), ...HARMONY_OPENINGS];
const CLOSINGS = marks.map(({ close }) => close);

/** Behind one of these a mark is being talked about. */
const QUOTATION_MARK = /['"`‘“「]$/;

/** More white space than this at the start is text: it must not be held without end. */
const LONGEST_START = 64;

/** Where in a content the splitter is. */
type Place =
  /** Nothing has come but white space, or what may become an opening mark. */
  | 'start'
  /** Between an opening mark and its closing one. */
  | 'reasoning'
  /** Text, until a closing mark tells that it was none. */
  | 'text'
  /** Behind reasoning that came in a field of its own. */
  | 'after-field'
  /** In gpt-oss's own format. */
  | 'harmony'
  /** Text that no mark can change any more. */
  | 'answer';

/**
 * Takes the reasoning out of a content, where servers do not separate it.
 *
 * It is recognised where the content begins with a mark (white space before it counts as nothing), wherever the mark is
 * cut into deltas. A mark later in the text is the text's own. Without a closing mark all of it is reasoning. Where only
 * the closing mark comes, because the model's template has written the opening one into the prompt, what came before it
 * was reasoning.
 */
export class ReasoningSplitter {
  /** A mark was there: the empty lines behind it are not the answer's. */
  hasSeenMark = false;
  readonly #pieces: Pieces;
  readonly #startsInReasoning: boolean;
  #place: Place = 'start';
  #channel: Channel = 'text';
  /** What was not given out yet, because it may be the beginning of a mark. */
  #held = '';
  /** The marks that end the reasoning. */
  #closings = CLOSINGS;
  /** The end of the text that was given out: a mark behind a quotation mark is no mark. */
  #lastCharacter = '';
  /** Harmony: the words between `<|start|>` or `<|channel|>` and `<|message|>`; `undefined` outside of them. */
  #header: string | undefined;

  /** @param startsInReasoning - the prompt has opened the reasoning, so it begins without a mark */
  constructor(pieces: Pieces, startsInReasoning: boolean) {
    this.#pieces = pieces;
    this.#startsInReasoning = startsInReasoning;
  }

  push(content: string): void {
    const whole = this.#held ? this.#held + content : content;
    this.#held = '';
    this.#read(whole);
  }

  /** Reasoning comes in a field of its own, so what the content has is the answer. */
  onReasoningField(): void {
    if (this.#place === 'start' && !this.#held) this.#place = 'after-field';
    else if (this.#place !== 'after-field') this.end();
  }

  /** Gives out what was held for a mark that never came; from now on all is text. */
  end(): void {
    const held = this.#held;
    this.#held = '';
    if (this.#place === 'start' && this.#startsInReasoning) this.#channel = 'reasoning';
    if (this.#header === undefined) this.#giveOut(held);
    this.#place = 'answer';
    this.#channel = 'text';
  }

  #read(content: string): void {
    switch (this.#place) {
      case 'start':
        return this.#readStart(content);
      case 'reasoning':
        return this.#readReasoning(content);
      case 'text':
        return this.#readText(content);
      case 'after-field':
        return this.#readAfterField(content);
      case 'harmony':
        return this.#readHarmony(content);
      case 'answer':
        return this.#giveOut(content);
    }
  }

  #goOn(place: Place, content: string): void {
    this.#place = place;
    this.#channel = place === 'reasoning' ? 'reasoning' : 'text';
    this.#read(content);
  }

  #readStart(content: string): void {
    const start = content.trimStart();
    const opening = OPENINGS.find((mark) => start.startsWith(mark));
    if (opening === undefined) {
      const mayBecomeOne = OPENINGS.some((mark) => mark.startsWith(start));
      if (mayBecomeOne && content.length < LONGEST_START) this.#held = content;
      else this.#goOn(this.#startsInReasoning ? 'reasoning' : 'text', content);
      return;
    }
    this.hasSeenMark = true;
    if (HARMONY_OPENINGS.includes(opening)) return this.#goOn('harmony', start);
    this.#closings = marks.filter(({ open }) => open === opening).map(({ close }) => close);
    this.#goOn('reasoning', start.slice(opening.length));
  }

  #readReasoning(content: string): void {
    const closing = findFirst(content, this.#closings);
    if (!closing) return this.#giveOutUpToBeginning(content, this.#closings);
    this.#giveOut(content.slice(0, closing.at));
    this.hasSeenMark = true;
    this.#goOn('answer', content.slice(closing.end));
  }

  #readText(content: string): void {
    // Most deltas: nothing in them can be a mark.
    if (!content.includes('<') && !content.includes('[')) return this.#giveOut(content);
    const opening = findFirst(content, OPENINGS);
    const closing = findFirst(content, CLOSINGS);
    // A text with an opening mark in its middle is a text about marks.
    if (opening && !(closing && closing.at < opening.at)) return this.#goOn('answer', content);
    if (!closing) return this.#giveOutUpToBeginning(content, [...OPENINGS, ...CLOSINGS]);
    const before = content.slice(0, closing.at);
    if (QUOTATION_MARK.test(before || this.#lastCharacter)) {
      this.#giveOut(content.slice(0, closing.end));
      return this.#readText(content.slice(closing.end));
    }
    this.#giveOut(before);
    this.#pieces.textWasReasoning();
    this.hasSeenMark = true;
    this.#goOn('answer', content.slice(closing.end));
  }

  /** Some servers leave the closing mark in the content after the reasoning came in its field. */
  #readAfterField(content: string): void {
    const start = content.trimStart();
    const closing = CLOSINGS.find((mark) => start.startsWith(mark));
    const mayBecomeOne = !closing && CLOSINGS.some((mark) => mark.startsWith(start));
    if (mayBecomeOne && content.length < LONGEST_START) this.#held = content;
    else this.#goOn('answer', closing ? start.slice(closing.length) : content);
  }

  #readHarmony(content: string): void {
    let rest = content;
    for (;;) {
      const token = findFirst(rest, HARMONY_TOKENS);
      if (!token) break;
      this.#giveOutHarmony(rest.slice(0, token.at));
      rest = rest.slice(token.end);
      if (token.mark === '<|message|>') {
        this.#channel = /\banalysis\b/.test(this.#header ?? '') ? 'reasoning' : 'text';
      }
      this.#header = HARMONY_STARTS.includes(token.mark) ? '' : undefined;
    }
    const cut = rest.length - lengthOfBeginning(rest, HARMONY_TOKENS);
    this.#giveOutHarmony(rest.slice(0, cut));
    this.#held = rest.slice(cut);
  }

  #giveOutHarmony(piece: string): void {
    if (this.#header === undefined) this.#giveOut(piece);
    else this.#header += piece;
  }

  #giveOut(piece: string): void {
    if (!piece) return;
    this.#lastCharacter = piece.slice(-1);
    this.#pieces.add(this.#channel, piece);
  }

  /** Gives out all but what may be the beginning of a mark. */
  #giveOutUpToBeginning(content: string, of: readonly string[]): void {
    const cut = content.length - lengthOfBeginning(content, of);
    this.#held = content.slice(cut);
    this.#giveOut(content.slice(0, cut));
  }
}

interface Found {
  mark: string;
  at: number;
  end: number;
}

/** The first of these marks in a content. */
function findFirst(content: string, of: readonly string[]): Found | undefined {
  let first: Found | undefined;
  for (const mark of of) {
    const at = content.indexOf(mark);
    if (at >= 0 && (!first || at < first.at)) first = { mark, at, end: at + mark.length };
  }
  return first;
}

/** How many characters at the end of a content may be the beginning of one of these marks. */
function lengthOfBeginning(content: string, of: readonly string[]): number {
  let longest = 0;
  for (const mark of of) {
    for (let length = Math.min(mark.length - 1, content.length); length > longest; length--) {
      if (content.endsWith(mark.slice(0, length))) longest = length;
    }
  }
  return longest;
}
