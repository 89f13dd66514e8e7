import type { Channel } from './delta-fields.ts';
import {
  ALL_MARKS,
  CLOSINGS,
  type FoundMark,
  findFirst,
  HEADER_STARTS,
  lengthOfBeginning,
  MESSAGE,
  mayHoldMark,
  OPENINGS,
  pairs,
  TOKEN_OPENINGS,
  TOKENS,
} from './marks.ts';

/** Behind one of these a mark is being talked about. */
const QUOTATION_MARKS = [...'\'"`‘“「'];

/** More white space than this at the start is text: it must not be held without end. */
const LONGEST_START = 64;

/** A longer header is none, and is given out: it must not be kept without end. */
const LONGEST_HEADER = 256;

/** Where in a content the splitter is. */
type Place =
  /** Nothing has come but white space, or what may become an opening mark. */
  | 'start'
  /** Between an opening mark and its closing one. */
  | 'reasoning'
  /** Text, until a closing mark shows that it was none. */
  | 'text'
  /** Behind reasoning that came in a field of its own. */
  | 'after-field'
  /** In a content with tokens that are no part of it. */
  | 'tokens'
  /** Text that no mark can change any more. */
  | 'answer';

/**
 * Takes the reasoning out of a content, if the server does not separate it.
 *
 * It is recognised if the content begins with a mark (white space before it counts as nothing), wherever the mark is
 * cut into deltas; several such blocks may follow each other. A mark later in the text is the text's own. Without a
 * closing mark all of it is reasoning. If only the closing mark comes, because the model's template has written the
 * opening one into the prompt, what came before it was reasoning.
 */
export class ReasoningSplitter {
  /** A mark was there: the empty lines behind it are not the answer's. */
  hasSeenMark = false;
  readonly #add: (channel: Channel, piece: string) => void;
  readonly #textWasReasoning: () => void;
  #place: Place = 'start';
  #channel: Channel = 'text';
  /** What a content is that begins without a mark. */
  #unmarked: 'text' | 'reasoning' | 'answer';
  /** What was not given out yet, because it may be the beginning of a mark. */
  #held = '';
  /** The marks that end the reasoning. */
  #closings = CLOSINGS;
  /** The end of the text that was given out: a mark behind a quotation mark is no mark. */
  #lastCharacter = '';
  /** The words between `<|start|>` or `<|channel|>` and `<|message|>`; `undefined` outside of them. */
  #header: string | undefined;

  /**
   * @param add - gets the pieces of a content
   * @param textWasReasoning - called when all text up to here was reasoning: its opening mark is in the prompt
   * @param startsInReasoning - the prompt has opened the reasoning, so it begins without a mark
   */
  constructor(
    add: (channel: Channel, piece: string) => void,
    textWasReasoning: () => void,
    startsInReasoning: boolean | undefined,
  ) {
    this.#add = add;
    this.#textWasReasoning = textWasReasoning;
    this.#unmarked = startsInReasoning ? 'reasoning' : 'text';
  }

  push(content: string): void {
    let rest = this.#held ? this.#held + content : content;
    this.#held = '';
    while (rest) rest = this.#read(rest);
  }

  /** Reasoning comes in a field of its own, so what the content has is the answer. */
  onReasoningField(): void {
    if (this.#place === 'start' && !this.#held) this.#place = 'after-field';
    else if (this.#place !== 'after-field') this.end();
  }

  /** Gives out what was held for a mark that never came; from now on all is text. */
  end(): void {
    if (this.#place === 'start' && this.#unmarked === 'reasoning') this.#channel = 'reasoning';
    // What belongs to a header is not given out.
    this.#giveOut(this.#held);
    this.#held = '';
    this.#header = undefined;
    this.#goOn('answer');
  }

  /** Reads on in the present place. Returns the rest, which another place begins with. */
  #read(content: string): string {
    switch (this.#place) {
      case 'start':
      case 'after-field':
        return this.#readStart(content);
      case 'reasoning':
        return this.#readReasoning(content);
      case 'text':
        return this.#readText(content);
      case 'tokens':
        return this.#readTokens(content);
      case 'answer':
        return this.#giveOut(content);
    }
  }

  #goOn(place: Place, rest = ''): string {
    this.#place = place;
    this.#channel = place === 'reasoning' ? 'reasoning' : 'text';
    return rest;
  }

  /** Looks for a mark at the start of the content, where some servers leave the closing one after the reasoning came in its field. */
  #readStart(content: string): string {
    const isAfterField = this.#place === 'after-field';
    const marks = isAfterField ? CLOSINGS : OPENINGS;
    const start = content.trimStart();
    const mark = marks.find((one) => start.startsWith(one));
    const mayBecomeOne = !mark && marks.some((one) => one.startsWith(start));
    if (mayBecomeOne && content.length < LONGEST_START) return this.#hold(content);
    if (isAfterField) return this.#goOn('answer', mark ? start.slice(mark.length) : content);
    if (!mark) return this.#goOn(this.#unmarked, content);
    this.hasSeenMark = true;
    if (TOKEN_OPENINGS.includes(mark)) return this.#goOn('tokens', start);
    this.#closings = pairs.filter(([open]) => open === mark).map(([, close]) => close);
    return this.#goOn('reasoning', start.slice(mark.length));
  }

  #readReasoning(content: string): string {
    const closing = this.#find(this.#closings, content);
    if (!closing) return '';
    this.#giveOut(closing.before);
    return this.#goOnBehindReasoning(closing.after);
  }

  #readText(content: string): string {
    const found = this.#find(ALL_MARKS, content);
    if (!found) return '';
    const { before, mark, after } = found;
    // A text with an opening mark in its middle is a text about marks.
    if (OPENINGS.includes(mark)) return this.#goOn('answer', content);
    if (QUOTATION_MARKS.includes(before.at(-1) ?? this.#lastCharacter)) {
      this.#giveOut(before + mark);
      return after;
    }
    this.#giveOut(before);
    this.#textWasReasoning();
    return this.#goOnBehindReasoning(after);
  }

  #goOnBehindReasoning(rest: string): string {
    this.hasSeenMark = true;
    this.#unmarked = 'answer';
    return this.#goOn('start', rest);
  }

  #readTokens(content: string): string {
    const token = this.#find(TOKENS, content);
    if (!token) return '';
    this.#giveOut(token.before);
    if (token.mark === MESSAGE) {
      this.#channel = /\banalysis\b/.test(this.#header ?? '') ? 'reasoning' : 'text';
    }
    this.#header = HEADER_STARTS.includes(token.mark) ? '' : undefined;
    return token.after;
  }

  /** Finds the first of these marks. If there is none, gives out all but what may be the beginning of one. */
  #find(marks: readonly string[], content: string): FoundMark | undefined {
    // Most deltas.
    if (!mayHoldMark(content)) {
      this.#giveOut(content);
      return undefined;
    }
    const found = findFirst(marks, content);
    if (found) return found;
    const cut = content.length - lengthOfBeginning(marks, content);
    this.#giveOut(content.slice(0, cut));
    this.#hold(content.slice(cut));
    return undefined;
  }

  #hold(content: string): string {
    this.#held = content;
    return '';
  }

  #giveOut(piece: string): string {
    if (this.#header !== undefined) return this.#addToHeader(piece);
    if (piece) {
      this.#lastCharacter = piece.slice(-1);
      this.#add(this.#channel, piece);
    }
    return '';
  }

  #addToHeader(piece: string): string {
    const header = this.#header + piece;
    const isNone = header.length > LONGEST_HEADER;
    this.#header = isNone ? undefined : header;
    return isNone ? this.#giveOut(header) : '';
  }
}
