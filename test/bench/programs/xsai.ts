import { streamText } from '@xsai/stream-text';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  const { textStream } = streamText({ baseURL, model, messages, fetch });
  let text = '';
  for await (const piece of textStream) {
    text += piece;
    onText?.(piece);
  }
  return text;
};
