import { closingFence } from './fences.ts';
import { formatNote } from './notes.ts';
import { createQuoter } from './reasoning.ts';

/** Lays out one reply: reasoning as quoted blocks, the answer, and the agent's notes, each apart from the others. */
export interface Writer {
  text(delta: string): void;
  reasoning(delta: string): void;
  /** A block of its own, outside any code fence that the answer left open. */
  note(sign: string, text: string): void;
}

/**
 * @param emit - takes the reply's Markdown, piece by piece
 * @param title - heads the reasoning
 */
export function createWriter(emit: (text: string) => void, title: string): Writer {
  let block: 'answer' | 'quote' | 'note' | undefined;
  let answer = '';
  let quote = createQuoter(title);

  function begin(next: typeof block): void {
    if (block !== undefined) emit(`${block === 'answer' ? closingFence(answer) : ''}\n\n`);
    block = next;
    answer = '';
    quote = createQuoter(title);
  }

  return {
    text(delta) {
      if (block !== 'answer') begin('answer');
      answer += delta;
      emit(delta);
    },
    reasoning(delta) {
      if (block !== 'quote') {
        if (delta.trim() === '') return;
        begin('quote');
      }
      emit(quote(delta));
    },
    note(sign, text) {
      begin('note');
      emit(formatNote(sign, text));
    },
  };
}
