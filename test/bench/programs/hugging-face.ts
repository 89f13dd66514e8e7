import { InferenceClient } from '@huggingface/inference';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  const client = new InferenceClient(undefined, { endpointUrl: baseURL });
  let text = '';
  for await (const chunk of client.chatCompletionStream({ model, messages }, { fetch })) {
    const content = chunk.choices[0]?.delta.content;
    if (!content) continue;
    text += content;
    onText?.(content);
  }
  return text;
};
