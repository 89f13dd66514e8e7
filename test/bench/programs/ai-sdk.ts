import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  const provider = createOpenAICompatible({ baseURL, name: 'local', fetch });
  const { textStream } = streamText({ model: provider.chatModel(model), messages });
  let text = '';
  for await (const piece of textStream) {
    text += piece;
    onText?.(piece);
  }
  return text;
};
