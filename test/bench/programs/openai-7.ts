import OpenAI from 'openai';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  const client = new OpenAI({ baseURL, apiKey: 'not-needed', fetch });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  let text = '';
  for await (const chunk of stream) {
    const content = chunk.choices[0]?.delta?.content;
    if (!content) continue;
    text += content;
    onText?.(content);
  }
  return text;
};
