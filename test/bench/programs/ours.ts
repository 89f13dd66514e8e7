import { streamChat } from '../../../src/index.ts';
import { baseURL, messages, model, type Program } from './program.ts';

/** This project. */
export const program: Program = async (fetch, onText) => {
  let text = '';
  for await (const piece of streamChat({ model, messages }, { baseURL, fetch })) {
    text += piece;
    onText?.(piece);
  }
  return text;
};
